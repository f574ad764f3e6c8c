"""`llmops verify`."""

from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console

if TYPE_CHECKING:
    from llmops_cli.prompts.verify.finding import Verified

Names = Annotated[list[str] | None, typer.Argument(metavar="NAMES", help="Prompts by name; all when none is named.")]


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("verify", epilog="Example: llmops verify, or: llmops verify rag-answer --env production")(verify)


def verify(
    names: Names = None,
    environment: Annotated[
        str, typer.Option("--env", metavar="ENV", help="Only this environment, and the releases that it serves.")
    ] = "",
    remote: Annotated[
        bool, typer.Option("--remote", help="Ask the remote as well whether it has the same tags and environments.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Recompute every release and environment from git's objects (exit code 1 when one is not what it says)."""
    from llmops_cli.config import load_config
    from llmops_cli.prompts.registry import open_registry
    from llmops_cli.prompts.verify.verification import verify as run_verify

    registry = open_registry(load_config())
    verified = run_verify(registry, names or (), environment=environment, remote=remote)
    if as_json:
        console.out_json(
            {
                "format": "llmops.verify/1",
                "exit_code": verified.exit_code,
                "releases": verified.releases,
                "environments": list(verified.environments),
                "findings": [finding.as_json() for finding in verified.findings],
            }
        )
        return verified.exit_code
    for finding in verified.findings:
        console.out(str(finding))
    console.say(_summary(verified))
    return verified.exit_code


def _summary(verified: "Verified") -> str:
    looked = f"{_many(verified.releases, 'release')}, {_many(len(verified.environments), 'environment')}"
    counts = [
        _many(verified.count("error"), "error"),
        f"{verified.count('unchecked')} could not be checked",
        _many(verified.count("warning"), "warning"),
    ]
    told = [text for text in counts if not text.startswith("0 ")]
    return f"{looked} verified: {', '.join(told) or 'everything is as it says'}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
