"""Templates of ours in pieces."""

from collections.abc import Sequence

from jinja2 import nodes

from llmops_cli.prompts.formats.note import LeftOutError
from llmops_cli.prompts.formats.pieces import Condition, Each, If, Piece, Pieces, Place, Print, Step, Text, merged
from llmops_cli.prompts.jinja import syntax_tree
from llmops_cli.prompts.template import Substitution, TemplateFormat, parse_template


def pieces_of(template: str, template_format: TemplateFormat) -> Pieces:
    """A template of ours in pieces. Raises TemplateError, and LeftOutError with the line of what pieces cannot say."""
    parsed = parse_template(template, template_format)
    if not isinstance(parsed, Substitution):
        return _read(syntax_tree(template).body)
    found: list[Piece] = []
    for text, name in parsed.parts:
        found += [Text(text), *([Print(Place(name))] if name else [])]
    return merged(found)


def _read(body: Sequence[nodes.Node]) -> Pieces:
    return merged(piece for node in body for piece in _pieces(node))


def _pieces(node: nodes.Node) -> list[Piece]:
    match node:
        case nodes.Output():
            return [_printed(each) for each in node.nodes]
        case nodes.If():
            otherwise = _read(node.else_)
            for other in reversed(node.elif_):
                otherwise = (If(_test(other.test), _read(other.body), otherwise),)
            return [If(_test(node.test), _read(node.body), otherwise)]
        case nodes.For(target=nodes.Name() as item, test=None, recursive=False):
            return [Each(item.name, _place(node.iter), _read(node.body), _read(node.else_))]
    raise _refused(node)


def _printed(node: nodes.Expr) -> Piece:
    match node:
        case nodes.TemplateData():
            return Text(node.data)
        case nodes.Const(value=str() as text):
            return Text(text)
        case nodes.Filter(name="tojson", node=nodes.Expr() as inner):
            return Print(_place(inner), json=True, indent=_indent(node))
    return Print(_place(node))


def _indent(node: nodes.Filter) -> int | None:
    """The indent that a `tojson` is told; None for none."""
    given = [*node.args, *(keyword.value for keyword in node.kwargs)]
    match given:
        case []:
            return None
        case [nodes.Const(value=int() as indent)]:
            return indent
    raise _refused(node)


def _test(node: nodes.Node) -> Condition:
    match node:
        case nodes.Not(node=nodes.Name() | nodes.Getitem() as inner):
            return Condition(_place(inner), negated=True)
        case nodes.Compare(expr=left, ops=[nodes.Operand(op="eq" | "ne" as operator, expr=right)]):
            match right:
                case nodes.Const(value=str() | bool() | int() | float() as value):
                    return Condition(_place(left), operator == "ne", value)
            return Condition(_place(left), operator == "ne", _place(right))
    return Condition(_place(node))


def _place(node: nodes.Node) -> Place:
    steps: list[Step] = []
    inner = node
    while isinstance(inner, nodes.Getitem):
        match inner.arg:
            case nodes.Const(value=str() | int() as step) if not isinstance(step, bool):
                steps.append(step)
            case _:
                raise _refused(node)
        inner = inner.node
    if not isinstance(inner, nodes.Name):
        raise _refused(node)
    return Place(inner.name, tuple(reversed(steps)))


def _refused(node: nodes.Node) -> LeftOutError:
    kind = type(node).__name__.lower()
    what = f"the filter {node.name!r}" if isinstance(node, nodes.Filter) else f"{kind} of jinja"
    return LeftOutError(f"line {node.lineno}: {what} cannot be said in this format")
