# Step summary, annotations and the HTML report, from what was measured. The gate has decided already: what cannot be
# written here is a warning.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/say.sh"
cd "$GITHUB_WORKSPACE/$WORKING_DIRECTORY"

# written FILE ARGUMENT...: the runs in a format; the exit code is the gate's, so only the file says whether it is there
written() {
  local file=$1
  shift
  llmops eval report "$RESULTS/runs" "$@" -o "$file" > "$RUNNER_TEMP/llmops/report.log" 2>&1 || true
  if [ ! -s "$file" ]; then
    annotate warning "$(basename "$file") could not be written: $(tail -n 1 "$RUNNER_TEMP/llmops/report.log")"
    return 1
  fi
}

if compgen -G "$RESULTS/runs/*.json" > /dev/null; then
  if written "$RESULTS/report.md" --format markdown; then cat "$RESULTS/report.md" >> "$GITHUB_STEP_SUMMARY"; fi
  written "$RESULTS/report.json" --format json || true
fi
python3 "$here/statuses.py" "$RESULTS" >> "$GITHUB_OUTPUT"
