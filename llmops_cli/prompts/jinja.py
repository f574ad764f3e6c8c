"""Jinja for prompts: variables, conditions, loops and a list of safe filters; no attributes, no calls, no imports.

Three fences, each enough for what it is for: a list of allowed syntax (refused when the prompt is loaded), jinja's own
sandbox without globals, and a budget of work for every rendering, so that no template can eat the time or memory of
the machine that merely renders it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, TemplateRuntimeError, TemplateSyntaxError, Undefined, meta, nodes, pass_context
from jinja2 import Template as JinjaTemplate
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.template import MAX_RENDERED, TemplateError, as_text, too_long

FILTERS = frozenset([
    "abs", "capitalize", "count", "default", "first", "float", "indent", "int", "join", "last", "length", "list",
    "lower", "replace", "reverse", "round", "sort", "string", "title", "tojson", "trim", "truncate", "unique",
    "upper", "wordcount",
])  # fmt: skip
TESTS = frozenset([
    "boolean", "defined", "divisibleby", "eq", "even", "false", "float", "ge", "gt", "in", "integer", "iterable",
    "le", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sequence", "string", "true", "undefined", "upper",
])  # fmt: skip
MAX_STEPS = 100_000  # iterations of all loops of one rendering together
MAX_WORK = 20 * MAX_RENDERED  # characters and items that filters and sums may touch in one rendering
_MAX_DIGITS = 20

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For, nodes.Assign,
    nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr,
    nodes.Concat, nodes.Getitem, nodes.Add, nodes.Sub, nodes.Neg, nodes.List, nodes.Tuple, nodes.Keyword,
)  # fmt: skip
# names that jinja gives a meaning of its own: they lead to objects that are not JSON
_RESERVED = frozenset({"self", "super", "loop", "caller", "varargs", "kwargs", "context", "environment"})
_BUDGET = " budget"  # no template can say a name with a space in it
_WHITE = "\x1c\x1d\x1e\x1f\x0b\x0c"
_LOOP, _CONCAT = " loop", " concat"
_FAULTS = (
    TemplateRuntimeError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, AssertionError,
    RecursionError,
)  # fmt: skip


@dataclass(slots=True)
class _Budget:
    """What is left of the work one rendering may do."""

    steps: int = MAX_STEPS
    work: int = MAX_WORK

    def step(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise TemplateError(f"loops more than {MAX_STEPS:,} times", hint="pass shorter lists")

    def spend(self, amount: int) -> None:
        self.work -= amount
        if amount > MAX_RENDERED or self.work < 0:
            raise TemplateError("builds too much text on the way", hint="pass shorter values")


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with item access that never falls back to an attribute, and sums that are paid for."""

    intercepted_binops = frozenset(["+", "-"])

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj[argument]  # raises, and says which name is undefined
        if isinstance(obj, dict | list | tuple | str) and isinstance(argument, int | str):
            try:
                return obj[argument]  # type: ignore[index]
            except (LookupError, TypeError):
                return self.undefined(hint=f"there is no item {argument!r}", obj=obj, name=str(argument))
        raise SecurityError("only items of lists and objects can be reached")

    def getattr(self, obj: Any, attribute: str) -> Any:
        raise SecurityError(f"attribute access .{attribute} is not allowed")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        context[_BUDGET].spend(_size(left) + _size(right))
        return super().call_binop(context, operator, left, right)


def _finalize(value: Any) -> str:
    return str(value) if isinstance(value, Undefined) else as_text(value)  # str() of an undefined one raises


def _size(value: Any) -> int:
    """Characters of a text, characters and items of what a list or object holds."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(1 + len(key) + _size(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return sum(1 + _size(item) for item in value)
    return 1


def _grown(name: str, value: Any, arguments: list[Any]) -> int:
    """At least the size of what a filter will return, known before it runs."""
    size = _size(value)
    if name == "replace" and len(arguments) >= 2:
        sought, instead = str(arguments[0]), str(arguments[1])
        return size + as_text(value).count(sought) * len(instead)
    if name == "join":
        return size + len(value) * (1 + sum(map(_size, arguments)))
    if name == "indent":
        width = arguments[0] if arguments else 4
        return size + (as_text(value).count("\n") + 1) * (width if isinstance(width, int) else _size(width))
    return 2 * size + (6 * size if name == "tojson" else 0)


def _filter(name: str, plain: ImmutableSandboxedEnvironment) -> Callable[..., Any]:
    @pass_context
    def bounded(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, tuple):
            value = list(value)
        arguments = [*args, *kwargs.values()]
        if not isinstance(value, Undefined):
            context[_BUDGET].spend(_grown(name, value, arguments))
        if name == "round" and any(isinstance(each, int | float) and abs(each) > _MAX_DIGITS for each in arguments):
            raise TemplateError(f"filter {name!r}: at most {_MAX_DIGITS} digits")
        if name == "tojson":
            return _tojson(value, *args, **kwargs)
        result = plain.call_filter(name, value, args, kwargs, context=context)
        return list(result) if isinstance(result, Iterator | tuple) else result

    return bounded


def _tojson(value: Any, indent: int | None = None) -> str:
    """JSON as it is; jinja's own filter writes `<` as an escape, which is for HTML and would reach the model."""
    if isinstance(value, Undefined):
        return str(value)
    if indent is not None and not 0 <= indent <= _MAX_DIGITS:
        raise TemplateError(f"filter 'tojson': at most {_MAX_DIGITS} spaces of indent")
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)


@pass_context
def _looped(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    budget: _Budget = context[_BUDGET]
    for item in items:
        budget.step()
        yield item


@pass_context
def _joined(context: Context, items: list[Any]) -> str:
    context[_BUDGET].spend(_size(items))
    return "".join(_finalize(item) for item in items)


def _environment() -> _Environment:
    plain = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    made = _Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, finalize=_finalize)
    made.globals.clear()
    # a filter that wants the context is never run while the template is compiled (constant folding)
    made.filters = {name: _filter(name, plain) for name in FILTERS} | {_LOOP: _looped, _CONCAT: _joined}
    made.tests = {name: test for name, test in made.tests.items() if name in TESTS}
    return made


_ENVIRONMENT = _environment()


class JinjaPrompt:
    """A parsed jinja template."""

    def __init__(self, template: JinjaTemplate, mentions: Mapping[str, int]) -> None:
        self._template = template
        self._mentions = mentions
        self.names = frozenset(mentions)

    def line_of(self, name: str) -> int:
        return self._mentions.get(name, 1)

    def render(self, values: Mapping[str, Json]) -> str:
        """The rendered text. Raises TemplateError for an undefined part, a forbidden step, or a runaway size."""
        pieces: list[str] = []
        size = 0
        known: dict[str, Any] = {name: values[name] for name in values if name in self.names}
        try:
            for piece in self._template.generate({**known, _BUDGET: _Budget()}):
                size += len(piece)
                if size > MAX_RENDERED:
                    raise too_long()
                pieces.append(piece)
        except TemplateError:
            raise
        except _FAULTS as error:
            raise TemplateError(f"cannot be rendered: {error or type(error).__name__}") from None
        return "".join(pieces)


def parse_jinja(text: str) -> JinjaPrompt:
    """Parse jinja text and refuse whatever could reach beyond its variables. Raises TemplateError with the line."""
    try:
        tree = syntax_tree(text)
        for node in _walk(tree):
            reason, hint = _refused(node)
            if reason:
                raise TemplateError(reason, line=node.lineno, hint=hint)
        names = meta.find_undeclared_variables(tree)
        mentions: dict[str, int] = {}
        for node in tree.find_all(nodes.Name):
            if node.name in names:
                mentions.setdefault(node.name, node.lineno)
        template = JinjaTemplate.from_code(
            _ENVIRONMENT, _ENVIRONMENT.compile(_budgeted(tree)), dict(_ENVIRONMENT.globals), None
        )
    except TemplateSyntaxError as error:
        raise TemplateError(f"not valid jinja: {error.message}", line=error.lineno) from None
    except (RecursionError, SyntaxError, MemoryError):  # of Python's own compiler, which the template becomes code for
        raise TemplateError("is nested too deeply", hint="use fewer parentheses, conditions and loops") from None
    return JinjaPrompt(template, mentions)


def syntax_tree(text: str) -> nodes.Template:
    """The text as jinja's own tree, carriage returns kept. Raises TemplateSyntaxError and RecursionError.

    jinja turns every line end into one and the same. Each carriage return is therefore read as another white space
    that the text does not hold, and put back where text is.
    """
    mark = next((white for white in _WHITE if white not in text), "") if "\r" in text else ""
    tree = _ENVIRONMENT.parse(text.replace("\r", mark) if mark else text)
    if mark:
        for node in _walk(tree):
            if isinstance(node, nodes.TemplateData):
                node.data = node.data.replace(mark, "\r")
            elif isinstance(node, nodes.Const) and isinstance(node.value, str):
                node.value = node.value.replace(mark, "\r")
    return tree


def _budgeted(tree: nodes.Template) -> nodes.Template:
    """The same template, with every loop and every `~` going through the budget."""
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, _LOOP, [], [], None, None, lineno=loop.lineno, environment=_ENVIRONMENT)
    _replace_concats(tree)
    return tree


def _replace_concats(node: nodes.Node) -> None:
    for name, value in node.iter_fields():
        if isinstance(value, nodes.Concat):
            setattr(node, name, _paid_concat(value))
        elif isinstance(value, list):
            value[:] = [_paid_concat(each) if isinstance(each, nodes.Concat) else each for each in value]
    for child in node.iter_child_nodes():
        _replace_concats(child)


def _paid_concat(node: nodes.Concat) -> nodes.Filter:
    parts = nodes.List(node.nodes, lineno=node.lineno, environment=_ENVIRONMENT)
    return nodes.Filter(parts, _CONCAT, [], [], None, None, lineno=node.lineno, environment=_ENVIRONMENT)


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _refused(node: nodes.Node) -> tuple[str, str]:
    """Why a node may not stand in a prompt and what to write instead; empty when it may."""
    plain = "prompts use variables, if, for and filters"
    match node:
        case nodes.Getattr():
            return f"attribute access .{node.attr} is not allowed", f"write ['{node.attr}'] for an item of an object"
        case nodes.Call():
            return "calls are not allowed", plain
        case nodes.Name() if node.name in _RESERVED or node.name.startswith("_"):
            return f"the name {node.name!r} is not allowed", "choose another name for the variable"
        case nodes.Filter():
            return _refused_filter(node), plain
        case nodes.Test() if node.name not in TESTS:
            return f"test {node.name!r} is not allowed", "known: " + ", ".join(sorted(TESTS))
    if not isinstance(node, _ALLOWED):
        return f"{type(node).__name__.lower()} is not allowed", plain
    return "", ""


def _refused_filter(node: nodes.Filter) -> str:
    if node.name not in FILTERS:
        return f"filter {node.name!r} is not allowed"
    by_attribute = any(keyword.key == "attribute" for keyword in node.kwargs)
    most = {"join": 1, "sort": 2, "unique": 1}.get(node.name, 3)  # the next positional argument would be `attribute`
    if by_attribute or node.dyn_args or node.dyn_kwargs or len(node.args) > most:
        return f"filter {node.name!r} may not reach attributes"
    return ""
