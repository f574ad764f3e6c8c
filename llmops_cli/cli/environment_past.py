"""`llmops env at`, `llmops env diff`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.environment import AsJson

if TYPE_CHECKING:
    from llmops_cli.prompts.diff import PromptDiff
    from llmops_cli.prompts.environment_diff import Difference, Side
    from llmops_cli.prompts.level import Needed
    from llmops_cli.reports.prompt_text import Piece

_SIDE = "An environment, also at a moment: production, 'production@2h ago', production@2026-11-20T10:00Z."


def register(environment_app: typer.Typer) -> None:
    """Add the commands to the `env` app."""
    environment_app.command("at", epilog="Example: llmops env at '2h ago' production")(at)
    environment_app.command("diff", epilog="Example: llmops env diff production staging --text")(diff)


def at(
    time: Annotated[
        str,
        typer.Argument(metavar="TIME", help="2026-11-20T10:00Z, without zone that of this machine, a date, or 2h ago."),
    ],
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment; all when none is named.")] = "",
    name: Annotated[str, typer.Argument(metavar="NAME", help="Only this prompt.")] = "",
    as_json: AsJson = False,
) -> int:
    """Show what was live at a moment, by the logs of the environments, as of the last git fetch."""
    from datetime import UTC, datetime

    from llmops_cli.config import load_config
    from llmops_cli.prompts.past import backwards, live_then, parse_moment, past_of, written
    from llmops_cli.prompts.reference import check_name
    from llmops_cli.prompts.registry import open_registry

    now = datetime.now(UTC)
    when = parse_moment(time, now=now)
    registry = open_registry(load_config())
    repo = registry.need_git("an environment is a branch")
    if name:
        check_name(name)
    chosen = [registry.environment(environment)] if environment else registry.environments()
    pasts = [past_of(repo, one, when) for one in chosen]
    served = [(past, live_then(repo, past, name)) for past in pasts]
    for sentence in backwards(pasts):
        console.warn(sentence)
    if as_json:
        environments = [past.as_json(live) for past, live in served]
        console.out_json({"format": "llmops.environments-at/1", "time": written(when), "environments": environments})
        return 0
    console.say(f"at {written(when)}{', which is still to come: what is live now' if when > now else ''}")
    rows = [
        [past.environment, one.name, str(one.version), past.commit[:7], past.date]
        for past, live in served
        for one in live.values()
    ]
    console.table(["environment", "prompt", "version", "commit", "of"], rows)
    for one, (_, live) in zip(chosen, served, strict=True):
        if not live:
            console.say(registry.silence(one, (f"{name} was not" if name else "nothing was") + " live on {} then"))
    return 0


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help=_SIDE)],
    b: Annotated[str, typer.Argument(metavar="B", help="The other side, likewise.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Only this prompt.")] = "",
    text: Annotated[bool, typer.Option("--text", help="What changes in each prompt, to the word.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show which prompts two environments serve differently, and what callers notice who go from A to B."""
    from datetime import UTC, datetime

    from llmops_cli.config import load_config
    from llmops_cli.prompts.environment_diff import compare, side_of
    from llmops_cli.prompts.past import backwards
    from llmops_cli.prompts.registry import open_registry

    now = datetime.now(UTC)
    registry = open_registry(load_config())
    sides = [side_of(registry, each, now=now) for each in (a, b)]
    found = compare(registry, sides[0], sides[1], name)
    for sentence in backwards([side.past for side in sides]):
        console.warn(sentence)
    for side in sides:
        if not side.past.commit:
            console.say(registry.silence(registry.environment(side.past.environment), "nothing was live on {} then"))
    if as_json:
        prompts = [one.as_json(text=text) for one in found]
        console.out_json(
            {
                "format": "llmops.environment-diff/1",
                "a": sides[0].as_json(),
                "b": sides[1].as_json(),
                "prompts": prompts,
            }
        )
        return 0
    _show(sides, found, text=text)
    return 0


def _show(sides: "list[Side]", found: "list[Difference]", *, text: bool) -> None:
    from llmops_cli.cli.prompt import print_two

    console.say(f"{sides[0].label} against {sides[1].label}")
    if not found:
        console.say("both serve the same")
        return
    rows = [[one.name, one.before or "-", one.after or "-", one.level or one.kind] for one in found]
    console.table(["prompt", "from", "to", "level"], rows)
    for one in found:
        if one.problem:
            console.warn(f"{one.name} could not be compared: {one.problem}")
        for sentence in one.notices:
            console.say(f"{one.name}: callers must heed: {sentence}")
    for one in found if text else []:
        if one.diff and one.needed:
            print_two(partial(_pieces, one.diff, one.needed))


def _pieces(diff: "PromptDiff", needed: "Needed", marks: bool) -> "list[Piece]":
    from llmops_cli.reports.prompt_text import diff_pieces

    return diff_pieces(diff, needed, marks=marks)
