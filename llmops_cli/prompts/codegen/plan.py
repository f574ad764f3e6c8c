"""Which prompts become which files, and how those on disk stand to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from llmops_cli.errors import InputError
from llmops_cli.files.atomic import write_atomic
from llmops_cli.files.json_value import Json, read_text
from llmops_cli.prompts.codegen.module import MARK, module_text
from llmops_cli.prompts.codegen.python_text import module_name
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.reference import Reference
from llmops_cli.prompts.registry import Registry

State = Literal["current", "missing", "different", "left over"]
_PACKAGE = '"""Typed wrappers of prompts."""\n'


@dataclass(frozen=True, slots=True)
class Generated:
    """One file: what it must hold (None: it must not be there), and how what is on disk stands to that."""

    path: Path
    text: str | None
    state: State

    def sentence(self) -> str:
        """What is wrong with the file on disk; empty when nothing is."""
        return {
            "current": "",
            "missing": f"{self.path} is missing",
            "different": f"{self.path} is not what the prompts say now",
            "left over": f"{self.path} belongs to a prompt that is gone",
        }[self.state]

    def as_json(self) -> dict[str, Json]:
        return {"path": self.path.as_posix(), "state": self.state.replace(" ", "-")}


def chosen_prompts(
    registry: Registry, names: Sequence[str], *, environment: str = "", released: bool = False
) -> list[Prompt]:
    """The named prompts, or all, by name: of the working tree, of an environment, or each one's latest release.

    Raises InputError for an unknown name, and where there is no prompt at all.
    """
    if environment:
        known = list(registry.live(environment))
    elif released:
        known = [name for name in registry.names() if registry.releases(name)]
    else:
        known = registry.authored()
    wanted = sorted(set(names) or known)
    if not wanted:
        raise InputError("there is no prompt to write a wrapper for", hint="run: llmops prompt list")
    return [_prompt(registry, name, environment, released) for name in wanted]


def plan(prompts: Sequence[Prompt], output: Path, command: str) -> list[Generated]:
    """What `output` must hold: one module for a path that ends with .py, else a folder with a module for each prompt.

    A file in the folder that the same command wrote for a prompt that is gone is left over. Raises InputError where two
    prompts would be one class or one file, and where a file that no command of ours wrote is in the way.
    """
    if output.suffix == ".py" and not output.is_dir():
        return [_compared(output, module_text(prompts, command))]
    texts: dict[Path, str] = {}
    for prompt in prompts:
        path = output / f"{module_name(prompt.name)}.py"
        if path in texts:
            raise InputError(f"{prompt.name} would be a second {path}", hint="write one of them into a file of its own")
        texts[path] = module_text([prompt], command)
    first = next(iter(texts.values())).partition("\n")[0] + "\n"
    gone = [path for path in sorted(output.glob("*.py")) if path not in texts and _begins(path, first)]
    package = output / "__init__.py"  # whatever a team writes into it is theirs
    found = [_compared(path, text) for path, text in texts.items()]
    if not package.exists():
        found.append(Generated(package, _PACKAGE, "missing"))
    return [*found, *(Generated(path, None, "left over") for path in gone)]


def write(files: Sequence[Generated]) -> None:
    """Make the files on disk what they must be. Raises InputError."""
    for file in files:
        try:
            if file.text is None:
                file.path.unlink()
            elif file.state != "current":
                write_atomic(file.path, file.text.encode())
        except OSError as error:
            raise InputError(f"{file.path} could not be written: {error.strerror}") from None


def _prompt(registry: Registry, name: str, environment: str, released: bool) -> Prompt:
    latest = registry.latest(name) if released else None
    if latest is not None:
        return registry.released_prompt(latest)
    if released:
        raise InputError(f"{name} is not released", hint=registry.known(name))
    return registry.resolve(Reference(name, environment))


def _compared(path: Path, text: str) -> Generated:
    if not path.exists():
        return Generated(path, text, "missing")
    known = _text(path)
    if known and not known.startswith(MARK):
        raise InputError(
            f"{path} was not written by this command, so it was left alone",
            hint="give another path with -o, or remove the file",
        )
    return Generated(path, text, "current" if known == text else "different")


def _begins(path: Path, line: str) -> bool:
    """Whether a file, whatever it is, begins with this line."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(line.encode()) + 2).replace(b"\r\n", b"\n").startswith(line.encode())
    except OSError:
        return False


def _text(path: Path) -> str:
    """The text on disk; a checkout with CRLF line ends is no difference."""
    return read_text(path).replace("\r\n", "\n")
