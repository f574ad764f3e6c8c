# shellcheck shell=bash
# How the steps speak: outputs for each other, and sentences for people. Sourced by all of them.

# output NAME VALUE: one line; a second one could set an output that nobody meant
output() {
  case $2 in *$'\n'*) fault 2 "the value of $1 has several lines" ;; esac
  printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"
}

# annotate error|warning|notice SENTENCE: what stands in the sentence cannot become a command of its own
annotate() {
  local text=$2
  text=${text//'%'/%25} text=${text//$'\r'/%0D} text=${text//$'\n'/%0A}
  printf '::%s title=llmops::%s\n' "$1" "$text"
}

# fault EXIT_CODE SENTENCE: the end of this step, and what the verdict will be
fault() {
  annotate error "$2"
  printf 'code=%s\n' "$1" >> "$GITHUB_OUTPUT"
  exit "$1"
}

# one_of NAME VALUE ALLOWED...
one_of() {
  local name=$1 value=$2 each
  shift 2
  for each in "$@"; do
    if [ "$value" = "$each" ]; then return; fi
  done
  fault 2 "$name: there is no '$value'; say one of: $*"
}

# quietly COMMAND...: what is printed below is text, whatever it says; the runner takes no commands from it until the end.
# One stream, since the runner reads the two apart: of errors something could come after that end.
quietly() {
  local token code=0
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '::stop-commands::%s\n' "$token"
  "$@" 2>&1 || code=$?
  printf '\n::%s::\n' "$token"
  return "$code"
}

# apart COMMAND...: without the files by which a step speaks to the runner; the code of a project has no business there
apart() {
  env -u GITHUB_ENV -u GITHUB_OUTPUT -u GITHUB_PATH -u GITHUB_STATE -u GITHUB_STEP_SUMMARY "$@"
}

# entries TEXT: its lines without blanks around them; empty ones and remarks (#) are left out
entries() {
  local line
  while read -r line; do
    case $line in '' | '#'*) ;; *) printf '%s\n' "$line" ;; esac
  done <<< "$1"
}
