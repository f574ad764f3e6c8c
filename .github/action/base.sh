# Fetches what the gate looks at: the base, enough history to know where the change left it, release tags and
# environments. A full clone is never cut; in a shallow one history is deepened in steps until both sides meet.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/say.sh"
cd "$GITHUB_WORKSPACE"

shallow() { [ "$(git rev-parse --is-shallow-repository)" = true ]; }

# The token goes along as a header of this one command, and only to this server; an empty value takes away what
# actions/checkout may have left, since two such headers are refused.
git_there() {
  if [ -z "$TOKEN" ]; then
    git "$@"
    return
  fi
  local header="http.$GITHUB_SERVER_URL/.extraheader"
  GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=$header GIT_CONFIG_VALUE_0='' GIT_CONFIG_KEY_1=$header \
    GIT_CONFIG_VALUE_1="AUTHORIZATION: basic $(printf 'x-access-token:%s' "$TOKEN" | base64 | tr -d '\n')" git "$@"
}

# fetch OPTION... < REFSPECS; without any refspec there is nothing to do, which git calls an error in a shallow clone
fetch() {
  local wanted
  wanted=$(cat)
  if [ -z "$wanted" ]; then return; fi
  GIT_TERMINAL_PROMPT=0 git_there -c gc.auto=0 fetch --quiet --no-tags --no-prune --no-recurse-submodules \
    --no-write-fetch-head "$@" --stdin origin <<< "$wanted"
}

# Release tags (NAME@vX.Y.Z) and environments, the other tags and branches of a repository not.
registry() {
  git_there ls-remote --refs origin 'refs/heads/llmops/*' 'refs/tags/*@v*' | cut -f 2 \
    | sed 's#^refs/heads/\(.*\)#+refs/heads/\1:refs/remotes/origin/\1#; s#^refs/tags/.*#+&:&#'
}

# meet COMMIT: deepen until HEAD and the commit meet, and both sides of a merge commit do
meet() {
  local base=$1 head step
  head=$(git rev-parse HEAD)
  for step in --deepen=50 --deepen=200 --deepen=1000 --unshallow; do
    if met "$base"; then return; fi
    if ! shallow; then return 1; fi
    printf '%s\n' "$head" "$(git rev-parse "$base")" | fetch "$step"
  done
  met "$base"
}

met() {
  git merge-base HEAD "$1" > /dev/null || return 1
  ! git rev-parse --quiet --verify 'HEAD^2' > /dev/null || git merge-base 'HEAD^1' 'HEAD^2' > /dev/null
}

# branch NAME: fetch it as origin has it, whatever a local branch of that name holds; 2 when there is none
branch() {
  local found=0
  git check-ref-format "refs/heads/$1" || return 2
  git_there ls-remote --exit-code origin "refs/heads/$1" > /dev/null || found=$?
  if [ "$found" -ne 0 ]; then return "$found"; fi
  echo "+refs/heads/$1:refs/remotes/origin/$1" | fetch ${cut[@]+"${cut[@]}"}
}

# commit NAME: a tag, a branch of the remote by its full name, a commit or what is counted from HEAD; never a local branch
commit() {
  local name
  for name in "refs/tags/$1" "refs/remotes/$1" "$1"; do
    if [ "$name" = "$1" ] && ! [[ $1 =~ ^(HEAD.*|[0-9a-f]{40,64})$ ]]; then return 1; fi
    if git rev-parse --quiet --verify --end-of-options "$name^{commit}" > /dev/null; then return; fi
  done
  echo "$1" | fetch ${cut[@]+"${cut[@]}"}
}

cut=()
if shallow; then cut=(--depth=1); fi
registry | fetch ${cut[@]+"${cut[@]}"} || fault 3 "the releases and environments could not be fetched from origin"

against='' status=0
case $AGAINST:$EVENT in
  auto:pull_request)
    branch "$BASE_REF" || fault 3 "the base, branch '$BASE_REF', could not be fetched from origin"
    against=origin/$BASE_REF
    ;;
  auto:merge_group)
    commit "$QUEUE_BASE" || fault 3 "the base, commit '$QUEUE_BASE', could not be fetched from origin"
    against=$QUEUE_BASE
    ;;
  auto:* | none:*) ;;
  *)
    branch "$AGAINST" || status=$?
    case $status in
      0) against=origin/$AGAINST ;;
      2)
        commit "$AGAINST" || fault 3 "origin has no branch, tag or commit '$AGAINST' to compare with"
        against=$AGAINST
        ;;
      *) fault 3 "branch '$AGAINST', which is compared with, could not be fetched from origin" ;;
    esac
    ;;
esac

if [ -n "$against" ]; then
  meet "$against" || fault 3 "HEAD and $against have no common ancestor, so there is nothing to compare with"
elif shallow; then
  git rev-parse HEAD | fetch --unshallow || fault 3 "the history could not be fetched from origin"
fi
output against "$against"

# read_elsewhere BASE: whether a prompt may read one of the changed files, wherever it lies: some include or schema
# in the repository says its name. A name that is meant otherwise costs a measurement, and hides nothing.
read_elsewhere() {
  local names
  names=$(git diff -z --name-only --no-renames "$1" HEAD | tr '\0\n' '\n?' | sed 's#.*/##')
  git grep -hIE '\{%[[:space:]]*include|schema:' HEAD -- | grep -F "$names" > /dev/null
}

touched=true
paths=()
while IFS= read -r path; do
  case $path in '!'*) fault 2 "paths: '$path' would leave something out, which this input does not know; say what matters" ;; esac
  paths+=(":(top,glob)$path")
done < <(entries "$CHANGED_PATHS")
# no submodule is passed over because .gitmodules, a file of the change, wants it so
if [ -n "$against" ] && [ "${#paths[@]}" -gt 0 ] \
  && git diff --quiet --ignore-submodules=none "$(git merge-base HEAD "$against")" HEAD -- "${paths[@]}" \
  && ! read_elsewhere "$(git merge-base HEAD "$against")"; then
  # globs that mean no file at all would be green for ever
  if git diff --quiet "$(git hash-object -t tree /dev/null)" HEAD -- "${paths[@]}"; then
    fault 2 "paths: nothing in this repository is like any of them, so no change would ever be measured"
  fi
  touched=false
  annotate notice "nothing that the gate looks at was changed, so there is nothing to measure"
fi
output touched "$touched"
