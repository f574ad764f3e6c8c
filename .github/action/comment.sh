# Tells the pull request. The gate has decided already: what goes wrong here is a warning.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/say.sh"
cd "$GITHUB_WORKSPACE/$WORKING_DIRECTORY"

arguments=(--mode "$MODE")
if [ -n "$CONFIG_ID" ]; then arguments+=(--config-id "$CONFIG_ID"); fi
if [ -n "$REPORT_URL" ]; then arguments+=(--report-url "$REPORT_URL"); fi
quietly llmops report comment "$RESULTS" "${arguments[@]}" || annotate warning "the pull request could not be told (exit code $?)"
