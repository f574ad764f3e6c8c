"""Prompt files: where they lie, what they are called, and the one small edit that we make in them ourselves.

Every .yaml and .yml file below the prompts folder is a prompt, except hidden files and what lies in a folder called
`schemas`. The name of a prompt is its path below the folder, without the ending.
"""

from dataclasses import dataclass
from functools import cached_property

from llmops_cli.errors import FileError, Problem
from llmops_cli.files.json_value import Json, canonical
from llmops_cli.files.yaml_source import Document, parse_yaml
from llmops_cli.prompts.legacy import modernise
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.reading import ENDINGS, PromptShape, Reading
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.version import Version
from llmops_cli.vcs.tree import Tree, read_text

__all__ = [
    "PromptFile", "PromptShape", "load_prompt", "load_prompts", "prompt_names", "prompt_path", "read_prompt",
]  # fmt: skip


@dataclass(frozen=True)
class PromptFile:
    """The text of a prompt file, line ends and byte order mark as they are, and what it parses to."""

    path: str
    text: str

    @cached_property
    def document(self) -> Document:
        """Raises FileError where the text is not valid YAML."""
        return parse_yaml(self.text, path=self.path)

    @property
    def data(self) -> Json:
        """The parsed YAML, older keys as the user wrote them."""
        return self.document.data

    def with_version(self, version: Version) -> "PromptFile":
        """The file with another version and not one other character changed.

        Raises FileError when the version is not a plain or quoted text on one line, without anchor or alias.
        """
        data, span = self.data, self.document.spans.get(("version",))
        known = data.get("version") if isinstance(data, dict) else None
        if span is None or not isinstance(data, dict) or not isinstance(known, str):
            raise self._problem("is missing or not text", "write a line such as: version: 1.0.0")
        source = self.text[span.start : span.end]
        quote = source[:1] if source[:1] in ("'", '"') else ""
        if source != quote + known + quote:  # a block, an anchor, an escape
            raise self._problem("cannot be changed in place", f"write it on one line: version: {version}")
        changed = self.text[: span.start] + quote + str(version) + quote + self.text[span.end :]
        result = PromptFile(self.path, changed)
        if canonical(result.data) != canonical({**data, "version": str(version)}):
            raise self._problem(
                "cannot be changed without changing another key", "write the version without anchor and alias"
            )
        return result

    def _problem(self, message: str, hint: str) -> FileError:
        return FileError([Problem(self.path, self.document.line(("version",)), "version", message, hint)])


def prompt_names(tree: Tree, *, folder: str) -> list[str]:
    """The names of all prompts below a folder, sorted, whether or not their files are valid."""
    return sorted(prompt_paths(tree, folder))


def prompt_path(tree: Tree, name: str, *, folder: str) -> str | None:
    """The path of a prompt's file, None when there is none.

    Raises InputError when no prompt can have this name, FileError when both NAME.yaml and NAME.yml are there.
    """
    stem = f"{folder.rstrip('/')}/{check_name(name)}"
    if "schemas" in name.split("/")[:-1]:
        return None
    found = [stem + ending for ending in ENDINGS if tree.read(stem + ending) is not None]
    if len(found) > 1:
        raise FileError([Problem(found[1], 0, "", f"{found[0]} is there too", "remove one of the two")])
    return found[0] if found else None


def load_prompt(tree: Tree, path: str, *, folder: str) -> Prompt:
    """The prompt of a file that must be there.

    Raises FileError with every problem of the file and of its schema, each at its line.
    """
    return read_prompt(read_text(tree, path), tree, path, folder=folder)


def load_prompts(tree: Tree, *, folder: str) -> list[Prompt]:
    """All prompts below a folder, by name. Raises one FileError with the problems of all files."""
    prompts: list[Prompt] = []
    problems: list[Problem] = []
    for _, paths in sorted(prompt_paths(tree, folder).items()):
        if len(paths) > 1:
            problems.append(Problem(paths[1], 0, "", f"{paths[0]} is there too", "remove one of the two"))
        try:
            prompts.append(load_prompt(tree, paths[0], folder=folder))
        except FileError as error:
            problems += error.problems
    if problems:
        raise FileError(problems)
    return prompts


def read_prompt(text: str, tree: Tree, path: str, *, folder: str) -> Prompt:
    """The prompt that `text` would be as the file `path`; schema files are read from the tree. Raises FileError."""
    shown = f"{path} at {tree.label}" if tree.label else path
    document = parse_yaml(text, path=shown)
    if not isinstance(document.data, dict):
        raise FileError([Problem(shown, 1, "", "a prompt file is a mapping of keys to values")])
    return Reading(modernise(document), tree, path).prompt(_name_of(path, folder))


def prompt_paths(tree: Tree, folder: str) -> dict[str, list[str]]:
    """The files of every prompt below a folder by its name; more than one where NAME.yaml and NAME.yml are there."""
    found: dict[str, list[str]] = {}
    for path in tree.paths(folder):
        parts = path.removeprefix(folder.rstrip("/") + "/").split("/")
        hidden = any(part.startswith(".") for part in parts)
        if path.endswith(ENDINGS) and not hidden and "schemas" not in parts[:-1]:
            found.setdefault(_name_of(path, folder), []).append(path)
    return found


def _name_of(path: str, folder: str) -> str:
    return path.removeprefix(folder.rstrip("/") + "/").rpartition(".")[0]
