"""`llmops init` and `llmops demo`: a first project, and the whole story told by the commands themselves."""

import os
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.errors import InputError
from llmops_cli.files.atomic import write_atomic

IGNORED = ".llmops/"
# what the workflows name until somebody says where the action of this team is: nobody knows its commit beforehand
NO_ACTION = ("your-org/llmops", "@" + "0" * 40)


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command("init", epilog="Example: llmops init && llmops eval run")(init)
    app.command("demo", epilog="Example: llmops demo --keep /tmp/llmops-demo")(demo)


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the project begins (default: here).", show_default=False)
    ] = Path(),
    action: Annotated[
        str,
        typer.Option(
            "--action",
            metavar="OWNER/REPO@COMMIT",
            help="The repository and commit whose GitHub Action the workflows use; can be filled in later.",
        ),
    ] = "",
) -> None:
    """Write a first prompt, golden set and suite.

    They come with a recording, so that `llmops eval run` works without a key, and with workflows for GitHub: the gate
    of pull requests, their comment, releases, promotion.
    Nothing is overwritten: when a file is already there, all such files are named and nothing is written.
    """
    from llmops_cli.config import load_config

    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.is_dir())
    load_config(there, on_broken=lambda _: None).need_work_tree()
    new = _with_action(_scaffold(), action)
    taken = _taken(folder, new)
    if taken:
        raise InputError(
            "these are in the way, so nothing was written:\n" + "\n".join(taken),
            hint="move them aside, or give another folder: llmops init DIR",
        )
    ignored = _ignore(folder)
    if ignored is not None:
        new[".gitignore"] = ignored  # the last one: it may be older than this, and is not to be taken back
    _write(folder, new)
    for name in sorted(new):
        console.out((folder / name).as_posix())
    _say_what_next(folder, action)


def demo(
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Build it in this new folder and keep it.", show_default=False)
    ] = None,
) -> None:
    """Play a prompt's life in a temporary repository.

    A careless change meets the gate, a good one is released, an incident is rolled back. Every line that begins with
    a dollar sign is run for real. No key is needed: recorded, made-up answers speak.
    """
    from llmops_cli.cli.demo import play

    play(keep)


def _scaffold() -> dict[str, bytes]:
    """The files of a new project by POSIX path. Names that begin with a dot are kept as `dot-` in the package."""

    def below(folder: Traversable, prefix: str) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for entry in folder.iterdir():
            name = prefix + entry.name.replace("dot-", ".", 1) if entry.name.startswith("dot-") else prefix + entry.name
            found |= below(entry, name + "/") if entry.is_dir() else {name: entry.read_bytes()}
        return found

    return dict(sorted(below(files("llmops_cli") / "scaffold", "").items()))


def _with_action(new: dict[str, bytes], action: str) -> dict[str, bytes]:
    """The workflows with the team's own action in them. Raises InputError for what is no full commit: tags can move."""
    if not action:
        return new
    found = re.fullmatch(r"([\w.-]+/[\w.-]+)(@[0-9a-f]{40})", action)
    if found is None:
        raise InputError(
            f"--action {action!r} is not OWNER/REPO@COMMIT",
            hint="with all 40 digits of the commit: git rev-parse v0.1.0",
        )
    repository, commit = (part.encode() for part in NO_ACTION)
    line = re.compile(rb"uses: " + re.escape(repository) + rb"(\S*)" + re.escape(commit) + rb"[^\n]*")
    uses = rb"uses: " + found[1].encode() + rb"\1" + found[2].encode()
    return {name: line.sub(uses, data) if "/workflows/" in name else data for name, data in new.items()}


def _taken(folder: Path, new: dict[str, bytes]) -> list[str]:
    """What already stands where a file, or a folder for one, would have to be."""
    found: set[str] = set()
    for name in new:
        target = folder / name
        if os.path.lexists(target):
            found.add(target.as_posix())
        for parent in target.parents:
            if os.path.lexists(parent) and not parent.is_dir():
                found.add(f"{parent.as_posix()} (not a folder)")
    return sorted(found)


def _ignore(folder: Path) -> bytes | None:
    """The .gitignore with our state folder in it; None when it is there already."""
    path = folder / ".gitignore"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    except OSError as error:
        raise InputError(f"{path.as_posix()} cannot be read: {error.strerror}") from None
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    if any(line.strip().strip(b"/") == b".llmops" for line in data.splitlines()):
        return None
    return data + (newline if data and not data.endswith(b"\n") else b"") + IGNORED.encode() + newline


def _write(folder: Path, new: dict[str, bytes]) -> None:
    """All files or none: what was written before a failure is taken back."""
    done: list[Path] = []
    for name, data in new.items():
        path = folder / name
        try:
            write_atomic(path, data)
        except OSError as error:
            for written in done:
                written.unlink()
            reason = f"{path.as_posix()} cannot be written: {error.strerror}"
            raise InputError(reason, hint="the files written before it were removed again") from None
        done.append(path)


def _say_what_next(folder: Path, action: str) -> None:
    from llmops_cli.config import load_config

    config = load_config(folder)
    if config.git_root is not None and config.git_root != folder.resolve():
        console.say(
            f"note: GitHub reads workflows at the top of the repository only: move {(folder / '.github').as_posix()}"
            f" to {config.git_root.as_posix()}, and say `working-directory` and `paths` in llmops-eval.yml"
        )
    if not action:
        console.say(
            f"note: the workflows use the action {NO_ACTION[0]} at no commit yet: say in them which repository and"
            " commit holds llmops for you (llmops init --action does that)"
        )
    where = "" if folder.resolve() == Path.cwd() else f"cd {folder.as_posix()} && "
    console.say(f"next:  {where}llmops eval run")
