# Holds the versions against the rules and measures the suites. Both always run; the codes are for the verdict.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/say.sh"
cd "$GITHUB_WORKSPACE/$WORKING_DIRECTORY"

against=()
if [ -n "$AGAINST" ]; then against=(--against "$AGAINST"); fi

check=0
if [ "$PROMPT_CHECK" = true ]; then
  quietly apart llmops prompt check ${against[@]+"${against[@]}"} || check=$?
  apart llmops prompt check ${against[@]+"${against[@]}"} --json > "$RESULTS/check.json" 2> /dev/null || true
fi
output check-code "$check"

run=(--results "$RESULTS" --cases 0)
if [ -n "$ANCHOR" ]; then run+=(--anchor "$ANCHOR"); fi
if [ -n "$REPEATS" ]; then run+=(--repeats "$REPEATS"); fi
if [ -n "$BUDGET" ]; then run+=(--budget "$BUDGET"); fi
if [ "$ALLOW_REMOVED" = true ]; then run+=(--allow-removed); fi
run+=(--)
while IFS= read -r suite; do
  if [ -n "${suite//[[:space:]]/}" ]; then run+=("$suite"); fi
done <<< "$SUITES"

eval=0
quietly apart llmops eval run ${against[@]+"${against[@]}"} "${run[@]}" || eval=$?
output eval-code "$eval"
