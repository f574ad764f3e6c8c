#!/bin/sh
# What llmops relies on, kept by the server: a version that is released stays what it is, what was said of it stays
# said, and the log of an environment only grows. git itself forbids none of this for tags, nor, as it comes, for branches.
#
# Install it as hooks/update of the bare repository, executable. git runs it once for every ref of a push:
#     update REF OLD NEW
# It refuses by ending with 1; all other refs of the push go on (with `git push --atomic`: none of them).

ref=$1 old=$2 new=$3

refuse() {
    echo "llmops: $ref: $1" >&2
    exit 1
}

# an id of zeros, however long ids are here, says that there is no such ref before, or after
nothing() {
    case $1 in
        *[!0]*) return 1 ;;
        *) return 0 ;;
    esac
}

case $ref in
    refs/tags/*@v[0-9]* | refs/tags/*@deprecated*)
        nothing "$old" || refuse "a release, a yank and a deprecation are for ever; make a further version"
        nothing "$new" && exit 0 # it was not there before either
        [ "$(git cat-file -t "$new")" = tag ] || refuse "a lightweight tag says nothing; use: llmops prompt release"
        head=$(git cat-file tag "$new" | sed '/^$/q') || refuse "the tag cannot be read"
        printf '%s\n' "$head" | grep -qx 'type commit' || refuse "it points at another tag; tag the commit"
        printf '%s\n' "$head" | grep -qxF "tag ${ref#refs/tags/}" || refuse "its own object has another name"
        ;;
    @BRANCHES@)
        nothing "$new" && refuse "an environment is not deleted: its log says what was live when"
        nothing "$old" && exit 0
        git merge-base --is-ancestor "$old" "$new" ||
            refuse "not on top of what is there; take somebody's move back with: llmops rollback"
        ;;
esac
exit 0
