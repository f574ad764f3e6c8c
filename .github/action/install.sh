# Installs llmops into an environment of its own, and puts it, and nothing else of that, on the PATH of this job.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/say.sh"

home=$RUNNER_TEMP/llmops/venv
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || fault 3 "llmops needs Python 3.11 or later; say python-version"
"$PYTHON" -m venv "$home"
pip() { "$home/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }
uv() { "$home/bin/uv" --quiet --no-progress pip install --python "$home/bin/python" "$@"; }

# uv, and what builds llmops, by hash; then all that llmops needs, by hash; then llmops alone, without asking any index
pip install --require-hashes --only-binary :all: -r "$here/tools.txt"
if [ "$INSTALL" = action ]; then
  uv --require-hashes -r "$here/requirements.txt"
  uv --no-deps --no-build-isolation "$(cd "$here/../.." && pwd)"
else
  annotate notice "llmops is installed from '$INSTALL', with dependencies as they come: only install: action locks them"
  uv -- "$INSTALL"
fi
mkdir -p "$RUNNER_TEMP/llmops/bin"
ln -sf "$home/bin/llmops" "$RUNNER_TEMP/llmops/bin/llmops"
echo "$RUNNER_TEMP/llmops/bin" >> "$GITHUB_PATH"
"$home/bin/llmops" --version
