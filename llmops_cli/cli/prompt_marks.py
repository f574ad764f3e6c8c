"""`llmops prompt yank | deprecate`."""

from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console

if TYPE_CHECKING:
    from llmops_cli.prompts.marking import Marked, Order

Name = Annotated[str, typer.Argument(metavar="NAME", help="The prompt.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; others see it wherever they meet it.")]
Push = Annotated[bool, typer.Option("--push/--no-push", help="Push the tag where there is a remote, or keep it here.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the `prompt` app."""
    app.command("yank", epilog='Example: llmops prompt yank rag-answer 3.2.0 --reason "cites what is not there"')(yank)
    app.command(
        "deprecate", epilog='Example: llmops prompt deprecate rag-answer --reason "one prompt for both" --use answer'
    )(deprecate)


def yank(
    name: Name,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The released version.")],
    reason: Reason,
    push: Push = True,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Withdraw a released version for ever: nobody can promote it any more, and no range chooses it.

    It stays where it is live until somebody goes back from it; the command for that is shown.
    """
    from llmops_cli.prompts.marking import Order

    return _mark(Order("yanked", name, version, reason, push=push, dry_run=dry_run), as_json)


def deprecate(
    name: Name,
    reason: Reason,
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="One released version; the prompt as a whole by default.")
    ] = "",
    use: Annotated[
        str, typer.Option("--use", metavar="PROMPT", help="What to take instead: NAME, or NAME@VERSION.")
    ] = "",
    push: Push = True,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Advise against a prompt or one version of it: whoever promotes or shows it is told."""
    from llmops_cli.prompts.marking import Order

    return _mark(Order("deprecated", name, version, reason, use, push=push, dry_run=dry_run), as_json)


def _mark(order: "Order", as_json: bool) -> int:
    from llmops_cli.config import load_config
    from llmops_cli.prompts.marking import mark
    from llmops_cli.prompts.registry import open_registry

    done = mark(open_registry(load_config()), order)
    made = done.mark
    if as_json:
        console.out_json(
            {
                "format": "llmops.mark/1",
                "kind": made.kind,
                "name": made.name,
                "version": str(made.version or ""),
                "tag": made.tag,
                "reason": made.reason,
                "use": made.use,
                "already": done.already,
                "pushed": done.pushed,
                "dry_run": order.dry_run,
                "live": [{"environment": one.environment, "way_out": one.way_out} for one in done.served],
            }
        )
    else:
        console.out(_sentence(order, done))
    for one in done.served:
        console.warn(f"{one.environment} still serves it" + (f"; go back: {one.way_out}" if one.way_out else ""))
    return 0


def _sentence(order: "Order", done: "Marked") -> str:
    made = done.mark
    what = f"{made.name} {made.version}" if made.version else made.name
    if done.already:
        return f"{what} is {made.kind} already: {made.sentence}" + (f" (by {made.who})" if made.who else "")
    if order.dry_run:
        return f"would mark {what} as {made.kind}: {made.sentence}"
    return f"{what} is {made.kind}: {made.sentence} ({'pushed' if done.pushed else 'here only'})"
