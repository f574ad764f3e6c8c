"""The words of a prompt: its messages with every include resolved, their syntax, and the variables they mention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from llmops_cli.errors import Problem
from llmops_cli.files.shape import nearest
from llmops_cli.files.yaml_source import Document, Key, dotted
from llmops_cli.prompts.partials import Partials, Place, Source, own_text
from llmops_cli.prompts.prompt import Message
from llmops_cli.prompts.template import Template, TemplateError, TemplateFormat, infer_format, parse_template
from llmops_cli.vcs.tree import Tree

_IF_LITERAL = "if that is no include, but what the model should see: say template_format, and escape it"
_FORMATS: tuple[TemplateFormat, ...] = ("dollar", "braces", "jinja")


@dataclass(frozen=True, slots=True)
class Written:
    """A message as the prompt file holds it, and the key of its content."""

    key: Key
    message: Message


@dataclass(slots=True)
class Wording:
    """What was read. `names` are the mentioned variables in order of appearance, `partials` texts by path.

    `template_format` is None where nobody can say it; then, and where there are `problems`, the rest is of no use.
    """

    template_format: TemplateFormat | None
    messages: tuple[Message, ...] = ()
    partials: Mapping[str, str] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_wording(
    document: Document, tree: Tree, path: str, written: Sequence[Written], declared: frozenset[str] | None
) -> Wording:
    """The words of the prompt file at `path`; `declared` are its variables, None when they come from the words."""
    reader = _Reader(document, tree, path, written)
    given = document.data.get("template_format") if isinstance(document.data, dict) else None
    if given is not None:
        known = next((known for known in _FORMATS if known == given), None)
        return reader.read(known, declared) if known else Wording(None)  # an unknown one: the shape says so
    found = reader.resolved("dollar")[0]  # but for escapes, an include is the same in all three
    if found.problems:
        found.problems = [replace(one, hint=one.hint or _IF_LITERAL) for one in found.problems]
        return found
    try:
        inferred = infer_format([message.content for message in found.messages], declared or frozenset())
    except TemplateError as error:
        key: Key = written[0].key if written else ("template_format",)
        problem = Problem(document.path, document.line(key), dotted(key), error.message, error.hint)
        return Wording(None, problems=[problem])
    return reader.read(inferred, declared)


@dataclass(frozen=True, slots=True)
class _Reader:
    document: Document
    tree: Tree
    path: str
    written: Sequence[Written]

    def resolved(self, template_format: TemplateFormat) -> tuple[Wording, list[Source]]:
        """With all includes resolved, and the partials on their own; no template was looked at."""
        partials = Partials(self.tree, template_format, self.path)
        resolved = [partials.resolve(each.message.content, self._place(each)) for each in self.written]
        messages = tuple(
            replace(each.message, content=one.text, parts=one.parts)
            for each, one in zip(self.written, resolved, strict=True)
        )
        texts = {path: source.written for path, source in partials.sources.items()}
        return Wording(template_format, messages, texts, problems=partials.problems), list(partials.sources.values())

    def read(self, template_format: TemplateFormat, declared: frozenset[str] | None) -> Wording:
        """All of it, with the problems of every template at the line where they stand."""
        found, partials = self.resolved(template_format)
        if found.problems:
            return found
        own = [Source(self._place(each), own_text(each.message.content, template_format)) for each in self.written]
        templates = [_parsed(source, template_format, found.problems) for source in [*own, *partials]]
        for each, message, source, template in zip(self.written, found.messages, own, templates, strict=False):
            if not message.content.strip():
                line = self.document.line(each.key)
                text = "write what the model should see"
                found.problems.append(Problem(self.document.path, line, dotted(each.key), "is empty", text))
            if template is not None and message.content != source.text:  # which is not all of the message
                whole = Source(source.place, message.content)
                template = None if found.problems else _parsed(whole, template_format, found.problems)
            found.names |= dict.fromkeys(_in_order(template) if template else [])
        for source, template in zip([*own, *partials], templates, strict=True):
            if template is not None and declared is not None:
                found.problems += _undeclared(source, template, found.names, declared)
        return found

    def _place(self, written: Written) -> Place:
        first, second = (self.document.text_line(written.key, line) for line in (1, 2))
        return Place(self.document.path, dotted(written.key), first, exact=first != second)


def _parsed(source: Source, template_format: TemplateFormat, problems: list[Problem]) -> Template | None:
    """The template of a text on its own; what is wrong with it becomes a problem at its line."""
    try:
        template = parse_template(source.text, template_format)
    except TemplateError as error:
        problems.append(source.place.problem(error.line, error.message, error.hint))
        return None
    if source.named_by and template_format == "dollar" and source.text.replace("$$", "").endswith("$"):
        line = source.text.count("\n") + 1
        problems.append(
            source.place.problem(line, "a $ at the end would join what follows", "write $$ for a literal $")
        )
        return None
    return template


def _in_order(template: Template) -> list[str]:
    return sorted(template.names, key=lambda name: (template.line_of(name), name))


def _undeclared(
    source: Source, template: Template, mentioned: dict[str, None], declared: frozenset[str]
) -> list[Problem]:
    """The variables of a text that its prompt does not declare; a loop around an include may set some of a partial."""
    problems: list[Problem] = []
    for name in _in_order(template):
        if name in declared or name not in mentioned:
            continue
        hint = nearest(name, sorted(declared)) if declared else "declare it under variables:"
        where = f" in {source.named_by}" if source.named_by else ""
        problems.append(source.place.problem(template.line_of(name), f"variable {name!r} is not declared{where}", hint))
    return problems
