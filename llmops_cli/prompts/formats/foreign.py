"""The files of another tool as prompts of ours and back, whatever the tool: what its format must say, and what is kept.

What has no place in a file of ours, or is spelled in another way there, is kept in `metadata` under the name of the
format. An export puts it back as far as it still says what the prompt says.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from llmops_cli.errors import FileError
from llmops_cli.files.json_value import Json, canonical, read_text
from llmops_cli.files.yaml_text import yaml_text
from llmops_cli.prompts.file import PromptFile, prompt_path, read_prompt
from llmops_cli.prompts.formats.front_matter import Sheet
from llmops_cli.prompts.formats.imported import Exported, Imported
from llmops_cli.prompts.formats.jinja_pieces import pieces_of
from llmops_cli.prompts.formats.note import LeftOutError, Note
from llmops_cli.prompts.formats.schemas import Entries, mapping
from llmops_cli.prompts.formats.settings import Told, refuse_secret, without_secrets
from llmops_cli.prompts.formats.text import FIRST_VERSION, load_all, new_path, version_of
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.template import TemplateError
from llmops_cli.vcs.tree import Overlay, WorkTree

FILES: Final = "files"  # a key that readers give beside those of a prompt: texts of partials by their paths
# below the name of the format: keys of the file, and those that it did not have although we would write them
_FILE: Final = "file"
_ABSENT: Final = "absent"


@dataclass(frozen=True, slots=True)
class Format:
    """A file format of prompts. `read` gives the keys of a prompt file of ours but for name and version, and `FILES`.

    All of them raise LeftOutError where the whole prompt cannot be said on the other side; `parse` raises FileError.
    """

    name: str
    endings: tuple[str, ...]
    parse: Callable[[str, str], Sheet]  # text and path to the two halves of a file
    read: Callable[[Sheet, Told], Entries]
    write: Callable[[Prompt, Told], Sheet]
    text: Callable[[Sheet], str]
    hidden: tuple[str, ...] = (".",)  # how the names of files begin that are no prompts


def import_files(
    kind: Format, files: Sequence[tuple[str, Path]], root: Path, *, folder: str, anew: bool = False
) -> Imported:
    """The files, with the names of their prompts, as files of ours. Nothing is written.

    A prompt that cannot be said here is left out by name. `anew` says that files in the way are going to be replaced;
    they leave their version. Raises FileError with the problems of all files that cannot be read.
    """
    tree = WorkTree(root)
    made: dict[str, str] = {}
    names: list[str] = []
    notes: list[Note] = []
    problems: list[FileError] = []
    for name, file in files:
        told = Told()
        try:
            keys = _keys(kind, name, file, told)
        except LeftOutError as error:
            told.notes.append(error.note(""))
        except FileError as error:
            problems.append(error)
            continue
        else:
            path = prompt_path(tree, name, folder=folder) or new_path(name, folder)
            before = PromptFile(path, read_text(root / path)) if anew and (root / path).exists() else None
            partials = {f"{path.rpartition('/')[0]}/{part}": text for part, text in _partials(keys).items()}
            if clash := next((part for part, text in partials.items() if made.get(part, text) != text), ""):
                told.left_out(
                    "", f"another prompt has a partial {clash} of other content; import it into another folder"
                )
            else:
                made |= partials
                made[path] = yaml_text({"name": name, "version": version_of(before), **_without_partials(keys)})
                names.append(name)
        notes += [replace(note, where=f"{file.name}: {note.where}".removesuffix(": ")) for note in told.notes]
    if problems:
        raise FileError([problem for error in problems for problem in error.problems])
    missing = {path: text for path, text in made.items() if tree.read(path) != text.encode()}
    load_all(Overlay(root, made), [path for path in made if path.endswith((".yaml", ".yml"))], folder=folder)
    unchanged = sum(path.endswith((".yaml", ".yml")) and path not in missing for path in made)
    return Imported(missing, tuple(names), notes=tuple(dict.fromkeys(notes)), unchanged=unchanged)


def export_to(kind: Format, prompt: Prompt) -> Exported:
    """A prompt as a file of the format. Raises LeftOutError where its messages cannot be said in it."""
    told = Told()
    sheet = kind.write(prompt, told)
    kept = prompt.metadata.get(kind.name)
    if isinstance(kept, dict):
        sheet = _put_back(kind, prompt, sheet, kept, told)
    for key in prompt.metadata:
        if key != kind.name:
            told.left_out(f"metadata.{key}", "has no place in this format")
    if prompt.owner:
        told.left_out("owner", "has no place in this format")
    return Exported(kind.text(sheet), tuple(told.notes))


def _keys(kind: Format, name: str, file: Path, told: Told) -> Entries:
    """The keys of our file, with what is kept. Raises FileError and LeftOutError."""
    sheet = replace(kind.parse(read_text(file), str(file)), beside=lambda name: _text_beside(file, name))
    _refuse_secrets(kind.read(sheet, Told()))
    clean = replace(sheet, front=None if sheet.front is None else mapping(without_secrets({**sheet.front}, "", told)))
    if sheet.comments:
        told.differs("the YAML", "its comments are not carried over")
    keys = kind.read(clean, told)
    try:
        prompt = draft(keys, name)
    except FileError as error:
        raise LeftOutError("; ".join(f"{p.key}: {p.message}".removeprefix(": ") for p in error.problems)) from None
    kept = {**mapping(mapping(keys.get("metadata")).get(kind.name)), **_kept(kind, clean, prompt)}
    return {**keys, "metadata": {kind.name: kept}} if kept else keys


def _refuse_secrets(keys: Entries) -> None:
    """Raises LeftOutError where a message, or a partial, holds a key."""
    messages = keys.get("messages")
    spoken = [mapping(one).get("content") for one in messages] if isinstance(messages, list) else []
    for text in [keys.get("template"), *spoken, *_partials(keys).values()]:
        refuse_secret(str(text or ""))


def _kept(kind: Format, sheet: Sheet, prompt: Prompt) -> Entries:
    """What our own writing of the prompt would lose of a file."""
    if sheet.front is None:
        return {}
    try:
        plain = kind.write(prompt, Told()).front or {}
    except LeftOutError:
        plain = {}
    kept = {key: value for key, value in sheet.front.items() if key not in plain or plain[key] != value}
    absent: list[Json] = [key for key in plain if key not in sheet.front]
    return {**({_FILE: kept} if kept else {}), **({_ABSENT: absent} if absent else {})}


def _put_back(kind: Format, prompt: Prompt, sheet: Sheet, kept: Mapping[str, Json], told: Told) -> Sheet:
    """The file with what was kept of it, as far as it reads as the same prompt."""
    front = {**(sheet.front or {})}
    absent = kept.get(_ABSENT)
    known = mapping(kept.get(_FILE))
    without = [key for key in absent if isinstance(key, str)] if isinstance(absent, list) else []
    whole = {**{key: value for key, value in front.items() if key not in without}, **known}
    found = next(
        (one for one in _less_and_less(whole, front, known) if _reads_as(kind, replace(sheet, front=one), prompt)),
        front,
    )
    for key, value in known.items():
        if found.get(key) != value:
            told.differs(key, "is written as the prompt says it now, which is not what was imported")
    return replace(sheet, front=found)


def _less_and_less(whole: Entries, front: Entries, known: Entries) -> Iterator[Entries]:
    """What the file may say: all that was kept, all but one key of it, and all but more and more of them."""

    def ours(without: Collection[str]) -> Entries:
        said = {key: value for key, value in whole.items() if key not in without}
        return {**said, **{key: front[key] for key in without if key in front}}

    yield whole
    yield from (ours([key]) for key in known)
    yield from (ours(list(known)[:count]) for count in range(2, len(known) + 1))


def _reads_as(kind: Format, sheet: Sheet, prompt: Prompt) -> bool:
    try:
        other = draft(kind.read(kind.parse(kind.text(sheet), "export"), Told()), prompt.name)
        return canonical(_meaning(other)) == canonical(_meaning(prompt))
    except (LeftOutError, FileError):
        return False


def _meaning(prompt: Prompt) -> Entries:
    """What two files must agree in to be the same prompt, whatever the syntax of their templates."""
    contract = prompt.contract()
    del contract["messages"], contract["template_format"]
    said: list[Json] = []
    for message in prompt.messages:
        try:
            said.append([message.role, repr(pieces_of(message.content, prompt.template_format))])
        except (LeftOutError, TemplateError):
            said.append([message.role, message.content])
    return {**contract, "said": said, "description": prompt.description}


def draft(keys: Mapping[str, Json], name: str) -> Prompt:
    """The prompt of these keys. Raises FileError."""
    text = yaml_text({"name": name, "version": FIRST_VERSION, **_without_partials(keys)})
    path = f"prompts/{name}.yaml"
    folder = path.rpartition("/")[0]
    parts = {f"{folder}/{part}": text for part, text in _partials(keys).items()}
    return read_prompt(text, _Parts(parts), path, folder="prompts")


def _partials(keys: Mapping[str, Json]) -> dict[str, str]:
    return {path: str(text) for path, text in mapping(keys.get(FILES)).items()}


def _without_partials(keys: Mapping[str, Json]) -> Entries:
    return {key: value for key, value in keys.items() if key != FILES}


def _text_beside(file: Path, name: str) -> str | None:
    """The text of a file in the folder of another, which cannot lead out of it. Raises FileError."""
    there = file.parent / name
    if "/" in name or "\\" in name or not there.is_file() or there.is_symlink():
        return None
    return read_text(there)


@dataclass(frozen=True, slots=True)
class _Parts:
    """A tree that holds nothing but partials."""

    parts: Mapping[str, str]
    label: str = ""

    def read(self, path: str) -> bytes | None:
        return self.parts[path].encode() if path in self.parts else None

    def paths(self, folder: str) -> list[str]:
        del folder
        return []
