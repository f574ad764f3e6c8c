"""`llmops protect`."""

from typing import Annotated, Literal

import typer

from llmops_cli.cli import console

_HOW = {
    "github": "apply each of the two: gh api -X POST 'repos/{owner}/{repo}/rulesets' --input FILE\n"
    "they say who may not; on main, require the status check of the gate as well",
    "gitlab": "make each call: glab api -X METHOD PATH -f KEY=VALUE ... (levels: 30 developers, 40 maintainers)",
    "git": "install it as hooks/update of the bare repository, executable; a hook that is there already must call it",
}


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(
        "protect",
        epilog="Example: llmops protect --provider github, or: llmops protect --provider git > hooks/update",
    )(protect)


def protect(
    provider: Annotated[
        Literal["github", "gitlab", "git"],
        typer.Option("--provider", help="Where the repository is; git: a server of your own."),
    ],
    environment: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="ENV", help="Only this environment (default: all). Repeatable."),
    ] = None,
) -> int:
    """Print the rules that keep a server from moving releases and rewriting environments. Nothing is applied."""
    from llmops_cli.prompts.protection import gitlab_calls, rulesets, update_hook

    chosen = environment or []
    if provider == "git":
        console.out_raw(update_hook(chosen))
    else:
        console.out_json(rulesets(chosen) if provider == "github" else gitlab_calls(chosen))
    console.say(_HOW[provider])
    return 0
