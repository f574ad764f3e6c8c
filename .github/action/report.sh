# Annotations, step summary and the HTML report, from what was measured. The gate has decided already: what cannot be
# written here is a warning.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/say.sh"
cd "$GITHUB_WORKSPACE/$WORKING_DIRECTORY"

# The codes of these commands are the gate's once more; whether they did their work, only their output says.
shown() { apart llmops "$@" 2> "$RUNNER_TEMP/llmops/report.log" || true; }

# made FILE: whether the command before wrote it
made() {
  if [ -s "$1" ]; then return; fi
  annotate warning "$(basename "$1") could not be written: $(tail -n 1 "$RUNNER_TEMP/llmops/report.log")"
  rm -f "$1"
  return 1
}

versions=$RUNNER_TEMP/llmops/versions.txt gate=$RUNNER_TEMP/llmops/gate.txt
: > "$versions"
: > "$gate"
if [ "$PROMPT_CHECK" = true ] && [ "$CHECK_CODE" != 0 ]; then
  against=()
  if [ -n "$AGAINST" ]; then against=(--against "$AGAINST"); fi
  shown prompt check ${against[@]+"${against[@]}"} --format annotations > "$versions"
fi
# what code of the change may have left there is no report
rm -f "$RESULTS/report.json" "$RESULTS/report.html"
# the folder, not the runs in it: it says as well what was not measured
if [ -e "$RESULTS/outcome.json" ]; then
  # one process for all: starting it takes longer than writing
  shown eval report "$RESULTS" --format annotations \
    --write json="$RESULTS/report.json" --write html="$RESULTS/report.html" > "$gate"
  if compgen -G "$RESULTS/runs/*.json" > /dev/null; then
    made "$RESULTS/report.json" || true
    if made "$RESULTS/report.html"; then output report "$RESULTS/report.html"; fi
  else
    # nothing at all was measured, and there is no report of that
    failure=$(sed -n '1s/^error: //p' "$RUNNER_TEMP/llmops/report.log")
    if [ -n "$failure" ]; then annotate error "$failure"; fi
  fi
fi
python3 "$here/ten_of_a_kind.py" "$gate" "$versions" || cat "$gate" "$versions"
if [ -e "$RESULTS/outcome.json" ]; then
  summary=$RUNNER_TEMP/llmops/summary.md
  shown report comment "$RESULTS" --print --config-id "${CONFIG_ID:-summary}" > "$summary"
  if made "$summary"; then cat "$summary" >> "$GITHUB_STEP_SUMMARY"; fi
fi
python3 "$here/statuses.py" "$RESULTS" >> "$GITHUB_OUTPUT"
