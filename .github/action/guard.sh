# Refuses what cannot be safe or cannot be meant, and says what this event may do.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/say.sh"

case $EVENT in
  pull_request_target | workflow_run)
    fault 2 "this action runs the code and the prompts of a change, and $EVENT hands secrets and a token that writes to \
whoever opened it; trigger the workflow with: pull_request"
    ;;
esac
if [ "${RUNNER_OS:-Linux}" = Windows ]; then fault 2 "this action needs a runner with Linux or macOS"; fi

one_of cache "$CACHE" auto read-only off
one_of comment "$COMMENT" update new on-change off
one_of on-no-secrets "$ON_NO_SECRETS" inconclusive skip
one_of prompt-check "$PROMPT_CHECK" true false
one_of allow-removed "$ALLOW_REMOVED" true false
case $AGAINST in
  '') fault 2 "against is empty; say auto, none, or a branch or commit" ;;
  -*) fault 2 "against: '$AGAINST' is no branch or commit" ;;
esac
if [ -n "$SHARD" ] && [ -n "$SHARDS" ]; then fault 2 "shard measures a part, shards merges all of them: say one"; fi
case /$WORKING_DIRECTORY/ in
  //*/ | */../*) fault 2 "working-directory: '$WORKING_DIRECTORY' is not a folder of the repository" ;;
esac
if [ ! -d "$GITHUB_WORKSPACE/$WORKING_DIRECTORY" ]; then
  fault 2 "working-directory: there is no folder '$WORKING_DIRECTORY'; is the repository checked out?"
fi

# GitHub gives neither secrets nor a token that writes to forks and to Dependabot. A fork that is gone has no name.
gets_secrets=true
if [ "$EVENT" = pull_request ]; then
  if [ "$HEAD_REPOSITORY" != "$GITHUB_REPOSITORY" ] || [ "$AUTHOR" = 'dependabot[bot]' ]; then gets_secrets=false; fi
fi
output gets-secrets "$gets_secrets"
case $CACHE:$gets_secrets in
  auto:true) output cache-mode write ;;
  off:*) output cache-mode off ;;
  *) output cache-mode read ;;
esac
if [ "$EVENT" = pull_request ] && [ "$COMMENT" != off ]; then
  output may-comment "$gets_secrets"
else
  output may-comment false
fi

# Outside the work tree, where no commit can put anything beforehand.
mkdir -p "$RUNNER_TEMP/llmops"
output state "$RUNNER_TEMP/llmops/state"
output results "$(mktemp -d "$RUNNER_TEMP/llmops/results.XXXXXX")"
