# The one place that decides how the action ends, from what the steps before have written down.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/say.sh"

# worst CODE CODE: 1 wins, because a regression is one whatever else happened; 3 yields to every mistake
worst() {
  if [ "$1" = 1 ] || [ "$2" = 1 ]; then echo 1; return; fi
  if [ "$1" = 0 ] || [ "$1" = 3 ]; then
    if [ "$2" = 0 ]; then echo "$1"; else echo "$2"; fi
    return
  fi
  if [ "$2" -gt "$1" ]; then echo "$2"; else echo "$1"; fi
}

code=3 verdict=''
if [ "$GUARD" != success ]; then
  code=${GUARD_CODE:-3}
elif [ "$BASE" != success ]; then
  code=${BASE_CODE:-3}
elif [ "$TOUCHED" = false ]; then
  code=0 verdict=untouched
elif [ -z "$EVAL_CODE" ]; then
  annotate error "nothing was measured: a step before did not come to its end"
else
  code=$(worst "$CHECK_CODE" "$EVAL_CODE")
fi

if [ "$code" = 3 ] && [ "$GETS_SECRETS" = false ]; then
  annotate notice "this pull request comes from a fork or from Dependabot and gets no secrets, so what needs a key could \
not be measured; that says nothing against it. Somebody who may push can measure it from a branch of this repository"
  if [ "$ON_NO_SECRETS" = skip ] && [ "$ONLY_A_KEY" = true ] && [ "$CHECK_CODE" = 0 ]; then code=0 verdict=skipped; fi
fi

if [ -z "$verdict" ]; then
  case $code in
    # without the report nobody knows whether it is pass or inconclusive, and neither is claimed
    0) if [ -n "$SHARD" ]; then verdict=measured; else verdict=${STATUS:-unknown}; fi ;;
    1) verdict=fail ;;
    3) verdict=invalid ;;
    *) verdict=error ;;
  esac
fi
output verdict "$verdict"
output exit-code "$code"
echo "verdict: $verdict (exit code $code)"
exit "$code"
