"""`llmops prompt new | show | render | diff`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.evidence import evidence_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.text import Text

    from llmops_cli.files.json_value import Json
    from llmops_cli.prompts.prompt import Prompt
    from llmops_cli.prompts.reference import Reference
    from llmops_cli.prompts.registry import Registry
    from llmops_cli.reports.prompt_text import Piece

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The name of the prompt: its path below prompts/ without .yaml.")
]
Meant = Annotated[
    str,
    typer.Argument(
        metavar="PROMPT",
        help="NAME, or NAME@WHERE with a version, range (^3.1), latest, environment, branch or commit.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the `prompt` app."""
    app.command("new", epilog="Example: llmops prompt new rag-answer --model openai/gpt-4.1-mini")(new)
    app.command("show", epilog="Example: llmops prompt show rag-answer@production")(show)
    app.command("render", epilog="Example: llmops prompt render rag-answer --var question='Why?' --vars case.json")(
        render
    )
    app.command("diff", epilog="Example: llmops prompt diff rag-answer 3.1.0 production")(diff)


def new(
    name: Name,
    model: Annotated[str, typer.Option("--model", help="LiteLLM's name of the model.")] = "anthropic/claude-haiku-4-5",
    description: Annotated[str, typer.Option("--description", help="What the prompt is for.")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")] = "",
) -> int:
    """Write a first prompt file. An existing file is never touched."""
    from llmops_cli.config import load_config
    from llmops_cli.prompts.writing import create_prompt, new_prompt_text

    config = load_config()
    config.need_work_tree()
    text = new_prompt_text(name, model=model, description=description, owner=owner)
    path = create_prompt(config.root, name, folder=config.settings.prompts, text=text, files=config.files())
    console.out(path)
    console.say(f"next:  edit it, then: llmops prompt show {name}")
    return 0


def show(prompt: Meant, as_json: AsJson = False) -> int:
    """Show a prompt: its messages, variables, model and digest."""
    from llmops_cli.prompts.promotable import said_of
    from llmops_cli.reports.prompt_text import prompt_pieces

    registry = _registry(prompt.partition("@")[0])
    found = registry.resolve(_parsed(prompt))
    yanked, deprecated = said_of(registry, found)
    for name in found.unused:
        console.warn(f"variable {name!r} is declared, but no message mentions it")
    if yanked:
        console.warn(f"{found.reference} is yanked: {yanked}")
    if deprecated:
        console.warn(f"{found.reference} is deprecated: {deprecated}")
    if as_json:
        console.out_json({**as_json_document(found), "yanked": yanked, "deprecated": deprecated})
    else:
        _print(prompt_pieces(found))
    return 0


def render(
    prompt: Meant,
    var: Annotated[
        list[str] | None,
        typer.Option("--var", metavar="NAME=VALUE", help="A variable; JSON when it is not a string. Repeatable."),
    ] = None,
    vars_file: Annotated[
        Path | None, typer.Option("--vars", metavar="FILE", help="A JSON or YAML file with variables.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Print the messages with all variables filled in (with --json exactly as the model would see them)."""
    from llmops_cli.prompts.values import parse_values, read_values
    from llmops_cli.reports.prompt_text import message_pieces

    found = resolve(prompt)
    values = {**(read_values(vars_file) if vars_file else {}), **parse_values(var or [], found.variables)}
    messages = found.render(values)
    if as_json:
        console.out_json(
            {
                "format": "llmops.rendered/1",
                "prompt": found.reference,
                "digest": found.digest,
                "model": found.model,
                "params": dict(found.params),
                "messages": [message.as_json() for message in messages],
            }
        )
    else:
        _print(message_pieces(messages))
    return 0


def diff(
    prompt: Meant,
    before: Annotated[
        str, typer.Argument(metavar="A", help="The earlier side: a version, environment, branch, or NAME@WHERE.")
    ] = "",
    after: Annotated[str, typer.Argument(metavar="B", help="The later side; the working tree by default.")] = "",
    as_json: AsJson = False,
) -> int:
    """Show what changed, to the word, and which level of version that needs.

    Without A the latest release is compared with the working tree; before the first release, HEAD is.
    """
    from llmops_cli.prompts.diff import diff_prompts
    from llmops_cli.prompts.level import needed_level
    from llmops_cli.reports.prompt_text import diff_pieces

    registry = _registry()
    old, new_prompt, labels = _sides(registry, prompt, before, after)
    moved = evidence_of(registry.config)(old.digest, new_prompt.digest)
    found, needed = diff_prompts(old, new_prompt), needed_level(old, new_prompt, behaviour_moved=moved)
    if as_json:
        sides = {"before_label": labels[0], "after_label": labels[1]}
        console.out_json({"format": "llmops.diff/1", **sides, **found.as_json(), "needed": needed.as_json()})
        return 0
    console.say(f"{labels[0]} against {labels[1]}")
    print_two(lambda marks: diff_pieces(found, needed, marks=marks))
    return 0


def _registry(name: str = "") -> "Registry":
    """The registry; what is odd about its tags is told, with a `name` only of that prompt's."""
    from llmops_cli.config import load_config
    from llmops_cli.prompts.registry import open_registry

    registry = open_registry(load_config())
    for warning in registry.warnings_of(name) if name else registry.warnings:
        console.warn(warning)
    return registry


def resolve(text: str) -> "Prompt":
    """The prompt that a person means; what is odd about the registry is told. Raises InputError and FileError."""
    return _registry(text.partition("@")[0]).resolve(_parsed(text))


def _parsed(text: str) -> "Reference":
    from llmops_cli.prompts.reference import Reference

    return Reference.parse(text)


def _sides(registry: "Registry", prompt: str, before: str, after: str) -> "tuple[Prompt, Prompt, tuple[str, str]]":
    """The two prompts of a diff and how people call them.

    `NAME A B`: A and B are what stands behind the @, or whole references; `NAME@X NAME@Y` are two references.
    """
    from llmops_cli.errors import InputError
    from llmops_cli.prompts.bump import origin_prompt
    from llmops_cli.prompts.reference import Reference

    first = Reference.parse(prompt)
    if first.at and not after:
        # two references, or one and the working tree
        left, right = first, _reference(before, first.name) if before else Reference(first.name)
    elif first.at:
        raise InputError(f"{prompt} is one side already", hint="write NAME A B, or NAME@A NAME@B")
    elif not before:
        new_prompt = registry.resolve(first)
        origin = origin_prompt(registry, first.name)
        if origin is None:
            raise InputError(f"{first.name} is new: nothing is released or committed to compare it with")
        return origin[0], new_prompt, (origin[1], "the working tree")
    else:
        left, right = _reference(before, first.name), _reference(after, first.name) if after else first
    labels = tuple(str(side) if side.at else f"{side} in the working tree" for side in (left, right))
    return registry.resolve(left), registry.resolve(right), (labels[0], labels[1])


def _reference(text: str, name: str) -> "Reference":
    """One side of a diff: a whole reference, the name alone for the working tree, or what stands behind the @."""
    from llmops_cli.prompts.reference import Reference

    return Reference.parse(text if "@" in text or text == name else f"{name}@{text}")


def _print(pieces: "Sequence[Piece]") -> None:
    print_two(lambda _: pieces)


def print_two(build: "Callable[[bool], Sequence[Piece]]") -> None:
    """Pieces on stdout; `build` is told whether words must carry marks because there is no colour."""
    import sys

    from llmops_cli.reports.prompt_text import plain

    if console.is_terminal(sys.stdout):
        console.show(lambda _: _styled(build(False)))
    else:
        console.out_text(plain(build(True)))


def _styled(pieces: "Sequence[Piece]") -> "Text":
    """The pieces as rich text; nothing in them is taken for markup."""
    from rich.text import Text

    drawn = Text(end="")
    for text, style in pieces:
        drawn.append(text, style or None)
    return drawn


def as_json_document(prompt: "Prompt") -> "dict[str, Json]":
    """The document `llmops.prompt/1` of a prompt."""
    return {
        "format": "llmops.prompt/1",
        "name": prompt.name,
        "version": str(prompt.version),
        "digest": prompt.digest,
        "path": prompt.path,
        "parts": list(prompt.parts),
        "description": prompt.description,
        "owner": prompt.owner,
        **prompt.contract(),
        "metadata": dict(prompt.metadata),
    }
