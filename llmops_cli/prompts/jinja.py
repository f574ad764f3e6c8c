"""Jinja for prompts: variables, conditions, loops and a list of safe filters; no attributes, no calls, no imports."""

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2 import Template as JinjaTemplate
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.template import MAX_RENDERED, TemplateError, as_text

FILTERS = frozenset(
    [
        "abs",
        "capitalize",
        "count",
        "default",
        "first",
        "float",
        "indent",
        "int",
        "join",
        "last",
        "length",
        "list",
        "lower",
        "replace",
        "reverse",
        "round",
        "sort",
        "string",
        "title",
        "tojson",
        "trim",
        "truncate",
        "unique",
        "upper",
        "wordcount",
    ]
)
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For, nodes.Assign,
    nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr,
    nodes.Concat, nodes.Getitem, nodes.Add, nodes.Sub, nodes.Neg, nodes.List, nodes.Tuple, nodes.Keyword,
)  # fmt: skip


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with item access that never falls back to an attribute."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, dict | list | str) and isinstance(argument, int | str):
            try:
                return obj[argument]  # type: ignore[index]
            except (LookupError, TypeError):
                return self.undefined(obj=obj, name=argument)
        raise SecurityError("only items of lists and objects can be reached")


_ENVIRONMENT = _Environment(
    undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, finalize=lambda value: as_text(value)
)
_ENVIRONMENT.globals.clear()


class JinjaPrompt:
    """A parsed jinja template."""

    def __init__(self, template: JinjaTemplate, names: frozenset[str]) -> None:
        self._template = template
        self.names = names

    def render(self, values: Mapping[str, Json]) -> str:
        """The rendered text. Raises TemplateError for an undefined part, a forbidden step, or a runaway size."""
        pieces: list[str] = []
        size = 0
        try:
            for piece in self._template.generate({name: values[name] for name in values if name in self.names}):
                size += len(piece)
                if size > MAX_RENDERED:
                    raise TemplateError(f"renders to more than {MAX_RENDERED:,} characters")
                pieces.append(piece)
        except TemplateError:
            raise
        except (UndefinedError, SecurityError, TypeError, ValueError, OverflowError) as error:
            raise TemplateError(f"cannot be rendered: {error}") from None
        return "".join(pieces)


def parse_jinja(text: str) -> JinjaPrompt:
    """Parse jinja text and refuse whatever could reach beyond its variables. Raises TemplateError with the line."""
    try:
        tree = _ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        raise TemplateError(f"not valid jinja: {error.message}", line=error.lineno) from None
    for node in _walk(tree):
        if reason := _refused(node):
            raise TemplateError(reason, line=node.lineno, hint="prompts use variables, if, for and filters")
    names = meta.find_undeclared_variables(tree)
    return JinjaPrompt(_ENVIRONMENT.from_string(text), frozenset(names))


def _walk(node: nodes.Node) -> list[nodes.Node]:
    found = [node]
    for child in node.iter_child_nodes():
        found += _walk(child)
    return found


def _refused(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return f"attribute access .{node.attr} is not allowed"
    if isinstance(node, nodes.Call):
        return "calls are not allowed"
    if isinstance(node, nodes.Filter):
        if node.name not in FILTERS:
            return f"filter {node.name!r} is not allowed"
        by_attribute = any(keyword.key == "attribute" for keyword in node.kwargs)
        if by_attribute or node.dyn_args or node.dyn_kwargs or (node.name == "join" and len(node.args) > 1):
            return f"filter {node.name!r} may not reach attributes"
        if node.name == "sort" and len(node.args) > 2:
            return "filter 'sort' may not reach attributes"
        if node.name == "unique" and len(node.args) > 1:
            return "filter 'unique' may not reach attributes"
    if not isinstance(node, _ALLOWED):
        return f"{type(node).__name__.lower()} is not allowed"
    return ""
