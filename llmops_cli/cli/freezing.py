"""`llmops env freeze`, `llmops env unfreeze`."""

from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.environment import AsJson, NoPush

if TYPE_CHECKING:
    from llmops_cli.prompts.freeze import Thawing

Place = Annotated[str, typer.Argument(metavar="ENV", help="The environment.")]


def register(environment_app: typer.Typer) -> None:
    """Add the commands to the `env` app."""
    example = 'Example: llmops env freeze production --reason "audit until Monday"'
    environment_app.command("freeze", epilog=example)(freeze)
    environment_app.command("unfreeze", epilog="Example: llmops env unfreeze production")(unfreeze)


def freeze(
    environment: Place,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; whoever is refused reads it.")],
    no_push: NoPush = False,
    as_json: AsJson = False,
) -> int:
    """Let nothing be promoted to an environment until it is unfrozen; rollbacks go on."""
    from llmops_cli.config import load_config
    from llmops_cli.prompts.freeze import freeze as run_freeze
    from llmops_cli.prompts.registry import open_registry

    done = run_freeze(open_registry(load_config()), environment, reason, push=not no_push, tell=console.say)
    return _say(done, as_json)


def unfreeze(
    environment: Place,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the log for ever.")] = "",
    no_push: NoPush = False,
    as_json: AsJson = False,
) -> int:
    """Let promotions to an environment go on."""
    from llmops_cli.config import load_config
    from llmops_cli.prompts.freeze import unfreeze as run_unfreeze
    from llmops_cli.prompts.registry import open_registry

    done = run_unfreeze(open_registry(load_config()), environment, reason, push=not no_push, tell=console.say)
    return _say(done, as_json)


def _say(done: "Thawing", as_json: bool) -> int:
    if as_json:
        console.out_json({"format": "llmops.freeze/1", **done.as_json()})
        return 0
    state = f"{done.environment} is {done.frozen.sentence}" if done.frozen else f"{done.environment} is not frozen"
    how = f"({done.commit[:7]}, {'pushed' if done.pushed else 'here only'})" if done.commit else "already"
    console.out(f"{state} {how}")
    return 0
