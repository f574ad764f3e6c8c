"""`llmops prompt list | log | check | release`."""

from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.evidence import evidence_of
from llmops_cli.cli.objections import FormatName, Output, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llmops_cli.config import Config
    from llmops_cli.prompts.check import Checked
    from llmops_cli.prompts.overview import LogEntry, Overview
    from llmops_cli.prompts.prompt import Prompt
    from llmops_cli.prompts.registry import Registry
    from llmops_cli.prompts.tag import Release
    from llmops_cli.reports.annotation import Annotation

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="NAMES", help="Prompts by name; all when none is named.")]
_SHOWN = 5


def register(app: typer.Typer) -> None:
    """Add the commands to the `prompt` app."""
    app.command("list", epilog="Example: llmops prompt list --json")(list_prompts)
    app.command("log", epilog="Example: llmops prompt log rag-answer")(log)
    app.command(
        "check",
        epilog="Example: llmops prompt check --against main, or: llmops prompt check --format sarif -o check.sarif",
    )(check)
    app.command("release", epilog="Example: llmops prompt release rag-answer --push")(release)


def list_prompts(as_json: AsJson = False) -> int:
    """List all prompts: version, whether it is released, and where it is live."""
    from llmops_cli.config import load_config
    from llmops_cli.prompts.overview import overview
    from llmops_cli.prompts.registry import open_registry

    registry = open_registry(load_config())
    rows = overview(registry, texts=False)
    _warn(registry)
    for row in rows:
        if row.problem:
            console.warn(row.problem)
    if as_json:
        prompts = [
            {
                "name": r.name,
                "version": r.version,
                "state": r.state,
                "released": r.released,
                "live": dict(r.live),
                "yanked": r.yanked,
                "deprecated": r.deprecated,
            }
            for r in rows
        ]
        console.out_json({"format": "llmops.prompts/1", "prompts": prompts})
        return 0
    if not rows:
        console.say(f"there are no prompts below {registry.folder}/; llmops init writes a first one")
        return 0
    environments = [environment.name for environment in registry.environments()]
    console.table(
        ["name", "version", "state", "released", *environments],
        [
            [
                r.name,
                r.version or "-",
                _state(r),
                r.released or "-",
                *(r.live.get(e, "-") for e in environments),
            ]
            for r in rows
        ],
    )
    return 0


def log(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The prompt.")],
    as_json: AsJson = False,
) -> int:
    """Show the versions of a prompt, newest first: when, by whom, what was measured, where it is live."""
    from llmops_cli.config import load_config
    from llmops_cli.evals.release_scores import read_scores
    from llmops_cli.prompts.overview import history
    from llmops_cli.prompts.registry import open_registry

    registry = open_registry(load_config())
    entries = history(registry, name)
    _warn(registry, name)
    if as_json:
        console.out_json({"format": "llmops.log/1", "name": name, "versions": [entry.as_json() for entry in entries]})
        return 0
    if registry.tags_missing():
        console.warn("no tags fetched; run: git fetch --tags")
    console.table(
        ["version", "date", "who", "level", "digest", "eval", "live", "note"],
        [
            [
                e.version or "-",
                e.date[:10] or e.state,
                e.who,
                e.level,
                e.digest[7:19],
                " | ".join(one.brief() for one in read_scores(e.eval_summary)) or e.eval_summary,
                ", ".join(e.live),
                _note(e),
            ]
            for e in entries
        ],
    )
    return 0


def check(
    names: Names = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="REF", help="Hold the branch against this one, as in a pull request."),
    ] = None,
    format: FormatName = "terminal",
    output: Output = None,
    as_json: AsJson = False,
) -> int:
    """Check versions: bumped when changed, high enough, taken by nobody (exit code 1 when not)."""
    from llmops_cli.config import load_config
    from llmops_cli.errors import InputError
    from llmops_cli.prompts.check import check as run_check
    from llmops_cli.prompts.registry import open_registry
    from llmops_cli.vcs.base import find_base

    way = Way.chosen(format, output, as_json=as_json)
    if against is not None and not against.strip():
        raise InputError("--against is empty, so nothing would be compared", hint="name a branch or a commit")
    config = load_config()
    registry = open_registry(config)
    if against and registry.repo is None:
        raise InputError("this is not a git repository, so there is nothing to check against", hint="run: git init")
    base = find_base(registry.repo, against, remote=config.settings.remote) if against and registry.repo else None
    checked = run_check(registry, names or (), against=base, evidence=evidence_of(config))
    _warn(registry)
    if registry.tags_missing() and (not against or (registry.repo and registry.repo.is_shallow())):
        console.warn("no tags fetched, so nothing is known of releases; run: git fetch --tags")

    def annotations() -> "Sequence[Annotation]":
        from llmops_cli.reports.annotation import of_check

        return of_check(checked, prefix=config.prefix)

    way.deliver(
        "prompt-check",
        lines=map(str, checked.findings),
        document=lambda: _checked_json(checked),
        annotations=annotations,
    )
    for problem in checked.problems:
        console.say(f"error: {problem}")
    if not (checked.findings or checked.problems or way.format == "json"):
        count = len(checked.prompts)
        console.say(f"{count} prompt{'' if count == 1 else 's'} checked, nothing to object to")
    return 2 if checked.problems else 1 if checked.findings else 0


def release(
    names: Names = None,
    push: Annotated[bool, typer.Option("--push", help="Push the tags; when that fails, nothing is released.")] = False,
    eval_run: Annotated[
        str, typer.Option("--eval", metavar="RUN_ID", help="The run whose figures go into the tag (default: newest).")
    ] = "",
    sign: Annotated[
        bool | None, typer.Option("--sign/--no-sign", help="Sign the tags, or do not (default: as git is set up).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be released.")] = False,
    as_json: AsJson = False,
) -> int:
    """Release what HEAD holds: guards, then an annotated tag NAME@vX.Y.Z for every version that has none."""
    from llmops_cli.config import load_config
    from llmops_cli.prompts.registry import open_registry
    from llmops_cli.prompts.release import release as run_release

    config = load_config()
    registry = open_registry(config)
    _warn(registry)
    done = run_release(
        registry,
        names or (),
        push_tags=push,
        dry_run=dry_run,
        eval_summary=_summary(config, eval_run),
        evidence=evidence_of(config),
        sign=sign,
    )
    if as_json:
        console.out_json(
            {
                "format": "llmops.release/1",
                "dry_run": dry_run,
                "pushed": done.pushed,
                "released": [_release_json(one) for one in done.made],
                "already": [_release_json(one) for one in done.already],
            }
        )
        return 0
    verb = "would release" if dry_run else "released and pushed" if done.pushed else "released"
    for one in done.made:
        measured = one.eval_summary or "no stored run measured it"
        console.out(f"{verb} {one.reference}  {one.digest[7:19]}  {one.level}  {measured}")
    for one in done.already[:_SHOWN]:
        console.say(f"already released: {one.reference}")
    if len(done.already) > _SHOWN:
        console.say(f"already released: {len(done.already) - _SHOWN} more")
    if done.made and not (push or dry_run) and registry.repo and config.settings.remote in registry.repo.remotes():
        console.say(f"share it: git push {config.settings.remote} " + " ".join(one.tag for one in done.made))
    return 0


def _summary(config: "Config", run_id: str) -> "Callable[[Prompt], str]":
    """What the tag says of the evaluation: of the named run, else of the newest one that measured this very text."""

    runs = config.state_dir / "runs"

    def of(prompt: "Prompt") -> str:
        if not run_id and not runs.is_dir():
            return ""
        from llmops_cli.errors import InputError
        from llmops_cli.evals.evidence import release_summary
        from llmops_cli.evals.run_store import RunStore

        text = release_summary(RunStore(runs), prompt.digest, run_id=run_id)
        if run_id and not text:
            raise InputError(f"run {run_id} did not measure {prompt.reference} as it is now", hint="leave out --eval")
        return text

    return of


def _state(row: "Overview") -> str:
    said = (("yanked", row.yanked), ("deprecated", row.deprecated))
    return ", ".join([row.state, *(word for word, reason in said if reason)])


def _note(entry: "LogEntry") -> str:
    if entry.yanked:
        return f"yanked: {entry.yanked}"
    return f"deprecated: {entry.deprecated}" if entry.deprecated else ""


def _warn(registry: "Registry", name: str = "") -> None:
    warnings = registry.warnings_of(name) if name else registry.warnings
    console.warn_some(warnings, most=_SHOWN, more="more tags are skipped")


def _release_json(one: "Release") -> dict[str, str]:
    return {
        "name": one.name,
        "version": str(one.version),
        "tag": one.tag,
        "digest": one.digest,
        "commit": one.commit,
        "level": one.level,
        "eval": one.eval_summary,
    }


def _checked_json(checked: "Checked") -> dict[str, object]:
    return {
        "format": "llmops.check/1",
        "prompts": list(checked.prompts),
        "findings": [
            {"rule": f.rule, "prompt": f.prompt, "path": f.path, "line": f.line, "message": f.message, "hint": f.hint}
            for f in checked.findings
        ],
        "problems": [
            {"path": p.path, "line": p.line, "key": p.key, "message": p.message, "hint": p.hint}
            for p in checked.problems
        ],
    }
