# Annotations, step summary and the HTML report, from what was measured. The gate has decided already: what cannot be
# written here is a warning.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/say.sh"
cd "$GITHUB_WORKSPACE/$WORKING_DIRECTORY"

# The codes of these commands are the gate's once more; whether they did their work, only their output says.
shown() { apart llmops "$@" 2> "$RUNNER_TEMP/llmops/report.log" || true; }

written() {
  local file=$1
  shift
  shown "$@" > "$file"
  if [ ! -s "$file" ]; then
    annotate warning "$(basename "$file") could not be written: $(tail -n 1 "$RUNNER_TEMP/llmops/report.log")"
    rm -f "$file"
    return 1
  fi
}

versions=$RUNNER_TEMP/llmops/versions.txt gate=$RUNNER_TEMP/llmops/gate.txt
: > "$versions"
: > "$gate"
if [ "$PROMPT_CHECK" = true ] && [ "$CHECK_CODE" != 0 ]; then
  against=()
  if [ -n "$AGAINST" ]; then against=(--against "$AGAINST"); fi
  shown prompt check ${against[@]+"${against[@]}"} --format annotations > "$versions"
fi
# the folder, not the runs in it: it says as well what was not measured
if [ -e "$RESULTS/outcome.json" ]; then
  shown eval report "$RESULTS" --format annotations > "$gate"
  # nothing at all was measured, and there is no report of that
  failure=$(sed -n '1s/^error: //p' "$RUNNER_TEMP/llmops/report.log")
  if [ -n "$failure" ]; then annotate error "$failure"; fi
fi
python3 "$here/ten_of_a_kind.py" "$gate" "$versions" || cat "$gate" "$versions"
if compgen -G "$RESULTS/runs/*.json" > /dev/null; then
  if written "$RESULTS/report.html" eval report "$RESULTS" --format html; then
    output report "$RESULTS/report.html"
  fi
  written "$RESULTS/report.json" eval report "$RESULTS" --format json || true
fi
if [ -e "$RESULTS/outcome.json" ] \
  && written "$RUNNER_TEMP/llmops/summary.md" report comment "$RESULTS" --print --config-id "${CONFIG_ID:-summary}"; then
  cat "$RUNNER_TEMP/llmops/summary.md" >> "$GITHUB_STEP_SUMMARY"
fi
python3 "$here/statuses.py" "$RESULTS" >> "$GITHUB_OUTPUT"
