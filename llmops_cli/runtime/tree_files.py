"""The files of a commit, out of the objects of a pack."""

from collections.abc import Iterator, Mapping

from llmops_cli.errors import ServeError
from llmops_cli.runtime.limits import MAX_DEPTH, MAX_OBJECTS, MAX_UNPACKED
from llmops_cli.runtime.pack import GitObject

FOLDERS = ("prompts/", "releases/")  # all that is read of an environment
_FOLDER_MODE, _FILE_MODES = "40000", ("100644", "100755", "100664")


def files_of(objects: Mapping[str, GitObject], commit: str) -> dict[str, bytes]:
    """Every regular file below `prompts/` and `releases/` of a commit, by path.

    Links and submodules are none, and neither is what has a name that is not UTF-8: no prompt can own it.
    Raises ServeError when the pack does not hold what the commit consists of, or a tree is none.
    """
    width = len(commit) // 2
    root = _tree_of(_object(objects, commit, "commit"))
    found: dict[str, bytes] = {}
    room = MAX_UNPACKED
    for path, blob in _walk(objects, root, width):
        data = _object(objects, blob, "blob")
        room -= len(data)
        if room < 0:
            raise ServeError("the files of the environment are larger than the limit")
        found[path] = data
    return found


def _walk(objects: Mapping[str, GitObject], root: str, width: int) -> Iterator[tuple[str, str]]:
    """Path and blob id of every file. The same tree can stand in many places, so what is counted is visits."""
    waiting = [("", root)]
    visits = 0
    while waiting:
        prefix, tree = waiting.pop()
        if prefix.count("/") > MAX_DEPTH:
            raise ServeError("the folders of the environment are nested too deeply")
        for mode, raw, target in _entries(_object(objects, tree, "tree"), width):
            visits += 1
            if visits > MAX_OBJECTS:
                raise ServeError("the environment has more files than the limit")
            try:
                path = prefix + raw.decode()
            except UnicodeDecodeError:
                continue
            if mode == _FOLDER_MODE and (path + "/").startswith(FOLDERS):
                waiting.append((path + "/", target))
            elif mode in _FILE_MODES and path.startswith(FOLDERS):
                yield path, target


def _entries(tree: bytes, width: int) -> Iterator[tuple[str, bytes, str]]:
    """Mode, name and id of what a tree lists (`MODE SP NAME NUL ID`, again and again)."""
    position = 0
    while position < len(tree):
        end = tree.find(b"\0", position)
        mode, space, name = tree[position : max(end, 0)].partition(b" ")
        target = tree[end + 1 : end + 1 + width]
        if end < 0 or not space or name in (b"", b".", b"..") or b"/" in name or len(target) != width:
            raise ServeError("a folder of the environment is damaged")
        yield mode.decode("ascii", "replace"), name, target.hex()
        position = end + 1 + width


def _tree_of(commit: bytes) -> str:
    first = commit.split(b"\n", 1)[0].decode("ascii", "replace")
    if not first.startswith("tree "):
        raise ServeError("the commit of the environment is damaged")
    return first.removeprefix("tree ")


def _object(objects: Mapping[str, GitObject], wanted: str, kind: str) -> bytes:
    found = objects.get(wanted)
    if found is None:
        raise ServeError(f"the server did not send {kind} {wanted[:12]}, which the environment consists of")
    if found.kind != kind:
        raise ServeError(f"{wanted[:12]} should be a {kind} and is a {found.kind}")
    return found.data
