"""A git repository as we read it: names to commits, blobs in batches, ancestry. Nothing here writes the user's refs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from llmops_cli.errors import InputError, MeasureError
from llmops_cli.vcs.partial import fetch_ahead, is_left_out, is_partial, left_out
from llmops_cli.vcs.plumbing import READ_TIMEOUT_S, SLOW_TIMEOUT_S, Answer, run_git

# what git itself forbids in a name, and what would make an option or a path of it
_NOT_A_REVISION = re.compile(r"\A-|[\x00-\x20\x7f\\?*\[:]|\.\.|\A\Z")
_ID = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\Z")


class Repo:
    """A repository. Works detached, before the first commit, bare, in linked work trees, with SHA-1 and SHA-256.

    `root` is the top of the work tree, of a bare repository its own folder; `env` is what git must be told to find it.
    """

    def __init__(
        self, root: Path, git_dir: Path | None = None, *, bare: bool = False, env: Mapping[str, str] | None = None
    ) -> None:
        self.root = root
        self.git_dir = git_dir or root / ".git"
        self.bare = bare
        self._env = dict(env or {})

    @classmethod
    def find(cls, start: Path, *, env: Mapping[str, str] | None = None) -> "Repo | None":
        """The repository around a folder, or the one that `env` names (`GIT_DIR`, `GIT_WORK_TREE`); None without one.

        Raises InputError when there is one that git refuses to read: somebody else's, a broken one, one of a later git;
        and in a folder of its own files, where there is no work tree.
        """
        answer = run_git(start, "rev-parse", "--is-bare-repository", "--absolute-git-dir", "--show-toplevel", env=env)
        if answer.ok:
            _, git_dir, *top = answer.lines
            return cls(Path("\n".join(top)), Path(git_dir), env=env)
        if answer.lines[:1] == ["true"]:
            git_dir = answer.lines[1]
            return cls(Path(git_dir), Path(git_dir), bare=True, env=env)
        if "dubious ownership" in answer.err:
            hint = re.search(r"git config --global --add safe\.directory .*", answer.err)
            raise InputError(answer.complaint, hint=f"if you trust it: {hint.group()}" if hint else "")
        if "safe.bareRepository" in answer.err:
            raise InputError(answer.complaint, hint=f"if you trust it: GIT_DIR={start} llmops ...")
        if answer.lines[:1] == ["false"]:
            raise InputError(f"{start} lies in git's own files, in no work tree", hint="change to the work tree")
        if "not a git repository" in answer.err:
            return None
        raise InputError(f"git cannot read this repository: {answer.complaint}", hint="run: git status")

    def git(
        self,
        *arguments: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        hooks: bool = False,
        timeout: float = READ_TIMEOUT_S,
    ) -> Answer:
        """Run git at the top of the work tree; see `run_git`."""
        return run_git(self.root, *arguments, stdin=stdin, env={**self._env, **(env or {})}, hooks=hooks,
                       timeout=timeout)  # fmt: skip

    def ask(self, *arguments: str, stdin: bytes = b"", timeout: float = READ_TIMEOUT_S) -> Answer:
        """Run a reading command that must succeed. Raises MeasureError with git's own words."""
        answer = self.git(*arguments, stdin=stdin, timeout=timeout)
        if is_left_out(answer):
            raise left_out(answer)
        if not answer.ok:
            raise MeasureError(f"git {arguments[0]}: {answer.complaint}")
        return answer

    def commit_of(self, name: str) -> str | None:
        """The full id of the commit that a branch, tag, id or `HEAD~2` names; None when there is none."""
        if _NOT_A_REVISION.search(name):
            return None
        return self._objects([f"{name}^{{commit}}"])[0]

    def head(self) -> str | None:
        """The commit that is checked out, None before the first one."""
        return self.commit_of("HEAD")

    def branch(self) -> str | None:
        """The branch that is checked out, None when HEAD is detached."""
        return self.git("symbolic-ref", "--quiet", "--short", "HEAD").text or None

    def is_shallow(self) -> bool:
        """Whether history is cut off, as in most CI checkouts."""
        return self.git("rev-parse", "--is-shallow-repository").text == "true"

    def merge_base(self, a: str, b: str) -> str | None:
        """The best common ancestor of two commits, None when they have none (that we have)."""
        return self.git("merge-base", check_id(a), check_id(b)).text or None

    def is_ancestor(self, earlier: str, later: str) -> bool:
        """Whether `later` contains `earlier`; a commit contains itself."""
        return earlier == later or self.git("merge-base", "--is-ancestor", check_id(earlier), check_id(later)).ok

    def read_blobs(self, specs: Sequence[str]) -> list[bytes | None]:
        """The bytes of every `<commit>:<path>` or object id, in order, in one process; None for what is no file."""
        return self._read_objects(specs, b"blob")

    def read_tags(self, tag_ids: Sequence[str]) -> list[bytes | None]:
        """The bytes of every annotated tag by its id, in order, in one process; None for what is none."""
        return self._read_objects(tag_ids, b"tag")

    def _read_objects(self, specs: Sequence[str], kind: bytes) -> list[bytes | None]:
        if not specs:
            return []
        known = [spec for spec in specs if "\n" not in spec]
        self._fetch_ahead(known)
        out = self.ask("cat-file", "--batch", stdin="".join(f"{spec}\n" for spec in known).encode()).out
        found: dict[str, bytes | None] = {}
        position = 0
        for spec in known:
            end = out.index(b"\n", position)
            header = out[position:end].rsplit(b" ", 2)
            position = end + 1
            if len(header) == 3 and header[2].isdigit() and header[1] in (b"blob", b"tree", b"commit", b"tag"):
                size = int(header[2])
                found[spec] = out[position : position + size] if header[1] == kind else None
                position += size + 1
            else:
                found[spec] = None
        return [found.get(spec) for spec in specs]

    def tag_object(self, tag_id: str) -> bytes:
        """The bytes of an annotated tag, its signature included. Raises MeasureError when there is none of this id."""
        return self.ask("cat-file", "tag", check_id(tag_id)).out

    def object_ids(self, specs: Sequence[str]) -> list[str | None]:
        """The object id of every `<commit>:<path>`, in their order, in one process; None for what does not exist."""
        return self._objects(list(specs)) if specs else []

    def list_files(self, commit: str, folder: str) -> list[str]:
        """All plain files below a folder of a commit (or below its top when the folder is empty), sorted."""
        return sorted(path for path, (mode, _) in self.entries(commit, folder).items() if mode.startswith("100"))

    def entries(self, commit: str, path: str = "") -> dict[str, tuple[str, str]]:
        """Path -> (mode, object id) of every file, link and submodule at or below a path of a commit."""
        where = ["--", path.rstrip("/")] if path.strip("/") else []
        return listed(self.ask("ls-tree", "-r", "-z", "--full-tree", check_id(commit), *where), id_at=2)

    def remotes(self) -> list[str]:
        """The names of the remotes. Raises MeasureError when git cannot be asked."""
        return self.ask("remote").lines

    def fetch_history(self, remote: str, *refspecs: str, deepen: int | None = None, unshallow: bool = False) -> Answer:
        """Fetch the refspecs; in a shallow clone by `deepen` more commits, or all of them with `unshallow`.

        Neither is used in a full clone, where `--depth` and its kin would cut history off.
        """
        depth: list[str] = []
        if (deepen or unshallow) and self.is_shallow():
            depth = ["--unshallow"] if unshallow else [f"--deepen={deepen}"]
        return self.fetch(remote, *refspecs, options=depth)

    def fetch(self, remote: str, *refspecs: str, options: Sequence[str] = ()) -> Answer:
        """Fetch exactly these refspecs: no tags on the side, no submodules, no FETCH_HEAD.

        Nothing is pruned, whatever `fetch.prune` says: it would delete releases that were not pushed yet.
        """
        return self.git(
            "fetch", "--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--no-recurse-submodules", *options,
            "--end-of-options", check_remote(remote), *refspecs,
            timeout=SLOW_TIMEOUT_S,
        )  # fmt: skip

    def is_dirty(self, paths: Iterable[str] = ()) -> bool:
        """Whether any of these paths (from the top of the work tree; all when none is given) differs from HEAD.

        In a bare repository nothing can.
        """
        if self.bare:
            return False
        arguments = ["--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", *paths]
        return bool(self.ask("status", *arguments).out)

    def is_tracked(self, path: str) -> bool:
        """Whether git knows the file, or what is below the folder (in its index), or a link on the way to it.

        Behind a link or in a submodule that a commit brought along lies what its author wanted there. Raises
        MeasureError when git cannot be asked.
        """
        if self.bare:
            return False
        parts = Path(path).relative_to(self.root).parts if Path(path).is_absolute() else Path(path).parts
        known = self.ask("ls-files", "-z", "--full-name", "--", parts[0]).text.split("\0")
        way = {"/".join(parts[: count + 1]) for count in range(len(parts))}
        return any(one in way or one.startswith("/".join(parts) + "/") for one in known)

    @cached_property
    def _is_partial(self) -> bool:
        return is_partial(self.git)

    def _fetch_ahead(self, specs: Sequence[str]) -> None:
        """In a partial clone fetch together what would be fetched one by one."""
        if len(specs) > 1 and self._is_partial:
            fetch_ahead(self.git, specs)

    def _objects(self, specs: Sequence[str]) -> list[str | None]:
        """The object id of every spec, through stdin: no spec can be taken for an option."""
        self._fetch_ahead(specs)
        stdin = "".join(spec.replace("\n", "?") + "\n" for spec in specs).encode()
        lines = self.ask("cat-file", "--batch-check=%(objectname)", stdin=stdin).lines
        return [line if _ID.match(line) else None for line in lines]


def listed(answer: Answer, *, id_at: int, after: str = "") -> dict[str, tuple[str, str]]:
    """Path -> (mode, object id) from what `ls-tree -z` or `ls-files --stage -z` says; the id is word `id_at`.

    With `after`, of the records that begin with it, without it.
    """
    found: dict[str, tuple[str, str]] = {}
    for record in answer.out.decode("utf-8", "surrogateescape").split("\0"):
        about, _, name = record.partition("\t")
        if name and about.startswith(after):
            words = about.removeprefix(after).split(" ")
            found[name] = (words[0], words[id_at])
    return found


def check_id(text: str) -> str:
    """A full object id. Raises ValueError for anything else: ids come from `commit_of`, never from a person."""
    if not _ID.match(text):
        raise ValueError(f"{text!r} is not a full object id")
    return text


def check_remote(name: str) -> str:
    """The name of a remote. Raises InputError for what could be an option or an address."""
    if not re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z", name):
        raise InputError(
            f"{name!r} is not the name of a remote", hint="set remote: in llmops.yaml to one of: git remote"
        )
    return name
