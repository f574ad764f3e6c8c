"""`llmops promote`, `llmops rollback`, `llmops env list | log`."""

from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console

if TYPE_CHECKING:
    from llmops_cli.errors import FileError
    from llmops_cli.prompts.registry import Registry
    from llmops_cli.prompts.wish import Moved, Target, Wishes

Name = Annotated[str, typer.Argument(metavar="NAME", help="The prompt.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the log for ever.")]
NoPush = Annotated[bool, typer.Option("--no-push", help="Record it here only, and push it later.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be moved, and move nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer, environment_app: typer.Typer) -> None:
    """Add `promote` and `rollback` to the app, `list` and `log` to the `env` app."""
    app.command(
        "promote",
        epilog="Example: llmops promote rag-answer 3.2.0 --env staging, or: llmops promote --all --env production",
    )(promote)
    app.command("rollback", epilog='Example: llmops rollback rag-answer --reason "citations are gone"')(rollback)
    environment_app.command("list", epilog="Example: llmops env list --json")(list_environments)
    environment_app.command("log", epilog="Example: llmops env log production rag-answer")(log)


def promote(
    environment: Annotated[str, typer.Option("--env", metavar="ENV", help="Where it is to be served.")],
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME VERSION",
            help="A prompt and its version, a range (^3.1) or latest; or any number of NAME@VERSION.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that is live on --from; else the latest release of every prompt.")
    ] = False,
    source: Annotated[
        str, typer.Option("--from", metavar="ENV", help="Where it must be live (default: as the rules say).")
    ] = "",
    reason: Reason = "",
    no_push: NoPush = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Make released versions live on an environment: one commit on its branch, pushed, or nothing at all."""
    from llmops_cli.prompts.wish import Wishes

    wishes = Wishes(
        "promote",
        environment,
        _targets(targets or [], everything=everything),
        everything=everything,
        source=source,
        reason=reason,
        push=not no_push,
        dry_run=dry_run,
    )
    return _move(wishes, as_json)


def rollback(
    name: Name,
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="The version, or a range, to go back to (default: the one before).")
    ] = "",
    environment: Annotated[str, typer.Option("--env", metavar="ENV", help="Where to go back.")] = "production",
    reason: Reason = "",
    no_push: NoPush = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Go back to what was live before: one commit, one push, whatever state the working tree is in."""
    from llmops_cli.prompts.wish import Wish

    wish = Wish("rollback", name, version, environment, reason=reason, push=not no_push, dry_run=dry_run)
    return _move(wish.alone(), as_json)


def list_environments(as_json: AsJson = False) -> int:
    """Show what is live on every environment, as of the last git fetch."""
    from llmops_cli.config import load_config
    from llmops_cli.prompts.freeze import frozen_at
    from llmops_cli.prompts.registry import open_registry

    registry = open_registry(load_config())
    registry.need_git("an environment is a branch")
    for environment in registry.environments():
        if environment.diverged:
            console.warn(f"{environment.name}: the local branch has commits that the remote does not know")
    served = {environment: registry.live(environment.name) for environment in registry.environments()}
    frozen = {each: frozen_at(registry.repo, each.tip) if registry.repo else None for each in served}
    if as_json:
        console.out_json(
            {
                "format": "llmops.environments/1",
                "environments": [
                    {
                        "name": environment.name,
                        "commit": environment.tip or "",
                        "by_gto": environment.by_gto,
                        "live": {name: str(one.version) for name, one in live.items()},
                        "frozen": ice.as_json() if (ice := frozen[environment]) else None,
                    }
                    for environment, live in served.items()
                ],
            }
        )
        return 0
    rows = [
        [environment.name, one.name, str(one.version), "by gto tags" if environment.by_gto else one.commit[:7]]
        for environment, live in served.items()
        for one in live.values()
    ]
    console.table(["environment", "prompt", "version", "commit"], rows)
    for environment, live in served.items():
        if not live:
            console.say(registry.silence(environment))
        if ice := frozen[environment]:
            console.say(f"{environment.name} is {ice.sentence}")
    return 0


def log(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment; all when none is named.")] = "",
    name: Annotated[str, typer.Argument(metavar="NAME", help="Only this prompt.")] = "",
    as_json: AsJson = False,
) -> int:
    """Show who moved what, when and why, newest first, as of the last git fetch."""
    from llmops_cli.config import load_config
    from llmops_cli.prompts.registry import open_registry

    registry = open_registry(load_config())
    registry.need_git("an environment is a branch")
    if name:
        _must_be_known(registry, name)
    chosen = [registry.environment(environment)] if environment else registry.environments()
    moves = [move for one in chosen for move in registry.log(one, name)]
    if as_json:
        console.out_json({"format": "llmops.moves/1", "moves": [move.as_json() for move in moves]})
        return 0
    if not moves:
        for one in chosen:
            console.say(registry.silence(one, (name + " was never" if name else "nothing was ever") + " live on {}"))
        return 0
    console.table(
        ["environment", "when", "action", "prompt", "from", "to", "who", "reason"],
        [
            [m.environment, m.date[:16], m.action, m.prompt or "-", m.before or "-", m.after or "-", m.who, m.reason]
            for m in moves
        ],
    )
    return 0


def _must_be_known(registry: "Registry", name: str) -> None:
    """Raises InputError for a prompt that never was: an empty log would read as `never moved`."""
    from llmops_cli.errors import InputError
    from llmops_cli.prompts.reference import check_name

    known = check_name(name) in registry.names()
    if not known and not any(registry.log(one, name) for one in registry.environments()):
        raise InputError(f"there is no prompt {name!r}", hint=registry.known(name))


def _targets(words: list[str], *, everything: bool) -> "tuple[Target, ...]":
    """`NAME VERSION`, or any number of `NAME@VERSION`; none with --all. Raises InputError."""
    from llmops_cli.errors import InputError
    from llmops_cli.prompts.wish import Target

    if everything and words:
        raise InputError("--all and prompts by name exclude each other")
    if not everything and not words:
        raise InputError("nothing to promote is named", hint="NAME VERSION, NAME@VERSION ... or --all")
    if len(words) == 2 and not any("@" in word for word in words):
        return (Target(*words),)
    return tuple(map(Target.parse, words))


def _move(wishes: "Wishes", as_json: bool) -> int:
    from llmops_cli.config import load_config
    from llmops_cli.prompts.environment import move_all
    from llmops_cli.prompts.registry import open_registry

    config = load_config(on_broken=_use_defaults)
    done = move_all(open_registry(config), wishes, tell=console.say)
    if as_json:
        about = {"format": "llmops.move/1", "action": wishes.action, "dry_run": wishes.dry_run}
        console.out_json({**about, **done.as_json()})
    else:
        for moved in done.moves:
            console.out(_sentence(wishes, moved))
        for ruling in done.rulings if wishes.dry_run else ():
            console.say(f"{'met' if ruling.met else 'NOT met'}: {ruling}")
    return 1 if done.refused else 0


def _use_defaults(error: "FileError") -> None:
    console.warn(f"the settings are not read, the defaults hold (remote: origin): {error.message}")


def _sentence(wishes: "Wishes", moved: "Moved") -> str:
    if moved.already:
        return f"{moved.environment}: {moved.name} {moved.after} is live already"
    step = f"{moved.environment}: {moved.name} {moved.before or 'nothing'} -> {moved.after}"
    if wishes.dry_run:
        return f"would move {step}"
    return f"{step} ({moved.commit[:7]}, {'pushed' if moved.pushed else 'here only'})"
