# Holds the versions against the rules and measures the suites. Both always run; the codes are for the verdict.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/say.sh"
cd "$GITHUB_WORKSPACE/$WORKING_DIRECTORY"

flags=()
if [ -n "$AGAINST" ]; then flags+=(--against "$AGAINST"); fi

check=0
if [ "$PROMPT_CHECK" = true ] && [ -z "$SHARD" ]; then
  : > "$RESULTS/check.json" # stays empty where the versions could not be checked
  quietly apart llmops prompt check ${flags[@]+"${flags[@]}"} --json -o "$RESULTS/check.json" || check=$?
  echo "prompt check: exit code $check"
fi
output check-code "$check"

if [ -n "$ANCHOR" ]; then flags+=(--anchor "$ANCHOR"); fi
if [ -n "$REPEATS" ]; then flags+=(--repeats "$REPEATS"); fi
if [ -n "$BUDGET" ]; then flags+=(--budget "$BUDGET"); fi
if [ "$ALLOW_REMOVED" = true ]; then flags+=(--allow-removed); fi

suites=()
while IFS= read -r suite; do suites+=("$suite"); done < <(entries "$SUITES")

# no answer is shown in the log: they are in the report
if [ -n "$SHARD" ]; then
  command=(run --shard "$SHARD" --shards-dir "$RESULTS" -- ${suites[@]+"${suites[@]}"})
elif [ -n "$SHARDS" ]; then
  case $SHARDS in /*) ;; *) SHARDS=$GITHUB_WORKSPACE/$SHARDS ;; esac
  command=(merge --results "$RESULTS" --cases 0 -- "$SHARDS")
else
  command=(run --results "$RESULTS" --cases 0 -- ${suites[@]+"${suites[@]}"})
fi
code=0
quietly apart llmops eval "${command[0]}" ${flags[@]+"${flags[@]}"} "${command[@]:1}" || code=$?
output eval-code "$code"
