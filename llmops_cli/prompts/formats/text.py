"""Plain text as prompts: taken literally, to the byte, unless the syntax of its variables is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.files.json_value import Json, canonical, read_text
from llmops_cli.files.yaml_text import text_scalar, yaml_text
from llmops_cli.prompts.file import PromptFile, load_prompt, prompt_path
from llmops_cli.prompts.formats.imported import Exported, Imported
from llmops_cli.prompts.formats.note import Note
from llmops_cli.prompts.partials import own_text
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.template import TemplateError, TemplateFormat, infer_format, literal_dollar, parse_template
from llmops_cli.vcs.tree import Overlay, Tree, WorkTree

ENDINGS = (".txt", ".md")
FIRST_VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a text is to be read: literally, or as a template of the given format."""

    template_format: TemplateFormat | None = None

    def template(self, text: str, *, usual: TemplateFormat | None = None) -> tuple[str, TemplateFormat]:
        """The text as a template and its format; a literal one stays in the `usual` format, and as it is if it can."""
        if self.template_format:
            return text, self.template_format
        if usual in ("dollar", "braces"):
            return literal(text, usual), usual
        template_format: TemplateFormat = "braces" if "$" in text and not {"{", "}"} & set(text) else "dollar"
        return literal(text, template_format), template_format


def literal(text: str, template_format: TemplateFormat) -> str:
    """A template of the `dollar` or `braces` format that renders to exactly this text."""
    if template_format == "dollar":
        return literal_dollar(text)
    return text.replace("{", "{{").replace("}", "}}")


def import_texts(
    texts: Sequence[tuple[str, str]], root: Path, *, folder: str, syntax: Syntax, model: str = "", anew: bool = False
) -> Imported:
    """Texts with the names of their prompts: a file for each name, or another text in the file that is there.

    What else is in a file that is there stays, its version too; with `anew` only the version does. Nothing is written.
    Raises FileError and InputError with what cannot be a prompt, or cannot be changed in place.
    """
    tree = WorkTree(root)
    files: dict[str, str] = {}
    updated: list[str] = []
    notes: list[Note] = []
    for name, text in texts:
        there = prompt_path(tree, name, folder=folder)
        path = there or new_path(name, folder)
        before = PromptFile(path, read_text(root / path, shown=path)) if there else None
        if before and not anew:
            if model:
                raise InputError(f"{path} is there already and names its own model", hint="leave out --model")
            after = _with_text(before, text, syntax).text
        else:
            after = yaml_text(_new(name, text, syntax, model, version_of(before)))
        if before is None or after != before.text:
            files[path] = after
            updated += [path] if before and not anew else []
        notes += _told(name, text, syntax)
    load_all(Overlay(root, files), files, folder=folder)
    names = tuple(name for name, _ in texts)
    return Imported(files, names, notes=tuple(notes), updated=tuple(updated), unchanged=len(texts) - len(files))


def new_path(name: str, folder: str) -> str:
    """Where the file of a new prompt goes. Raises InputError where it would not be found."""
    if "schemas" in name.split("/")[:-1]:
        raise InputError(f"{name!r}: a folder called schemas holds no prompts", hint="choose another name: --name")
    return f"{folder}/{name}.yaml"


def version_of(file: PromptFile | None) -> str:
    """The version that a file states, for the one that takes its place; that of a first one when it states none."""
    try:
        data = file.data if file else None
    except FileError:
        data = None
    version = data.get("version") if isinstance(data, dict) else None
    return version if isinstance(version, str) else FIRST_VERSION


def load_all(tree: Tree, paths: Sequence[str] | dict[str, str], *, folder: str) -> list[Prompt]:
    """The prompts of these files. Raises one FileError with the problems of all."""
    loaded: list[Prompt] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            loaded.append(load_prompt(tree, path, folder=folder))
        except FileError as error:
            problems += error.problems
    if problems:
        raise FileError(problems)
    return loaded


def export_text(prompt: Prompt) -> Exported:
    """The text of a prompt of one message: what the model sees, or the template where it has variables.

    Raises InputError for a prompt of several messages.
    """
    if len(prompt.messages) != 1:
        raise InputError(
            f"{prompt.reference} has {len(prompt.messages)} messages, and a text is one",
            hint="choose a format that has roles: --format dotprompt, prompty, langchain, promptfoo or json",
        )
    if prompt.variables:
        return Exported(prompt.messages[0].content)
    return Exported(prompt.templates[0].render({}))


def _new(name: str, text: str, syntax: Syntax, model: str, version: str) -> dict[str, Json]:
    template, template_format = syntax.template(text)
    data: dict[str, Json] = {"name": name, "version": version}
    if model:
        data["model"] = model
    return {**data, "template_format": template_format, "template": template}


def _told(name: str, text: str, syntax: Syntax) -> list[Note]:
    """What looks like a variable in a text that is taken literally."""
    if syntax.template_format:
        return []
    try:
        looks: TemplateFormat | None = infer_format([text], frozenset())
        mentioned = sorted(parse_template(text, looks).names) if looks else []
    except TemplateError:
        return []
    if not mentioned or looks == "dollar":  # `$HOME` and `$5` are what people write; `{{x}}` is a placeholder
        return []
    shown = ", ".join(mentioned)
    how = f"taken literally, although {shown} looks like a variable; if it is one: --template-format {looks}"
    return [Note("differs", name, how)]


def _with_text(file: PromptFile, text: str, syntax: Syntax) -> PromptFile:
    """The file with another text and nothing else changed. Raises FileError and InputError."""
    data = file.data
    if not isinstance(data, dict) or not isinstance(data.get("template"), str):
        raise _not_in_place(file, "is no prompt of one `template`")
    usual = _usual(file, data, syntax)
    template, template_format = syntax.template(text, usual=usual)
    wanted: dict[str, Json] = {**data, "template": template, "template_format": template_format}
    if canonical(wanted) == canonical(data):
        return file
    after = _edited(file, wanted)
    try:
        same = canonical(after.data) == canonical(wanted)
    except FileError:
        same = False
    if not same:
        raise _not_in_place(file, "cannot be changed without changing something else in it")
    return after


def _usual(file: PromptFile, data: dict[str, Json], syntax: Syntax) -> TemplateFormat:
    """The template format of the file. Raises InputError when a literal text would lose the variables of it."""
    template = str(data["template"])
    given = data.get("template_format")
    declared = data.get("variables")
    names = frozenset(declared) if isinstance(declared, dict) else frozenset[str]()
    try:
        usual = next((one for one in ("dollar", "braces", "jinja") if one == given), None)
        usual = usual or infer_format([template], names)
        names |= parse_template(own_text(template, usual), usual).names
    except TemplateError as error:
        raise _not_in_place(file, f"is not a valid prompt: {error.message}") from None
    if names and not syntax.template_format:
        raise InputError(
            f"{file.path} has variables ({', '.join(sorted(names))}), and a literal text has none",
            hint=f"say --template-format {usual} where the text mentions them, or --force to begin anew",
        )
    return usual


def _edited(file: PromptFile, wanted: dict[str, Json]) -> PromptFile:
    """The spans of both keys replaced; the line ends of the file stay what they are."""
    document, text = file.document, file.text
    end = "\r\n" if "\r\n" in text else "\n"
    template_format = str(wanted["template_format"])
    changes: list[tuple[int, int, str]] = []
    if known := document.spans.get(("template_format",)):
        changes.append((known.start, known.end, template_format))
    else:
        start = _line_start(text, document.line(("template",)))
        changes.append((start, start, f"template_format: {template_format}{end}"))
    span = document.spans[("template",)]
    block = text[span.end - 1 : span.end] == "\n" or span.end == len(text)
    scalar = text_scalar(str(wanted["template"]))
    changes.append((span.start, span.end, (scalar if block else scalar.removesuffix("\n")).replace("\n", end)))
    for start, stop, replacement in sorted(changes, reverse=True):
        text = text[:start] + replacement + text[stop:]
    return PromptFile(file.path, text)


def _line_start(text: str, line: int) -> int:
    """Where a line (from 1) begins."""
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start


def _not_in_place(file: PromptFile, why: str) -> InputError:
    return InputError(f"{file.path} {why}", hint="edit it by hand, or replace it as a whole: --force")
