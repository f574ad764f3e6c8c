"""`llmops report comment`: what was measured, said where people look."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console

if TYPE_CHECKING:
    from llmops_cli.config import Config
    from llmops_cli.forge.event import Event
    from llmops_cli.forge.upkeep import Done
    from llmops_cli.reports.comment import Occasion

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="What `llmops eval run --results DIR` has kept.")]
Number = Annotated[
    int | None, typer.Option("--pr", min=1, metavar="NUMBER", help="The pull request (default: that of the event).")
]
EventFile = Annotated[
    Path | None,
    typer.Option("--event", metavar="FILE", help="The event that started the job (default: GITHUB_EVENT_PATH)."),
]
Mode = Annotated[
    str,
    typer.Option(
        "--mode",
        help="update: one comment, edited; new: always another one; on-change: begun only when there is news; off.",
    ),
]
ConfigId = Annotated[
    str, typer.Option("--config-id", metavar="ID", help="Which comment, where a repository has several projects.")
]
Author = Annotated[
    str, typer.Option("--author", metavar="LOGIN", help="Who the token writes as (default: GitHub is asked).")
]
ReportUrl = Annotated[
    str, typer.Option("--report-url", metavar="URL", help="Where the whole report lies; linked in the comment.")
]
Cases = Annotated[int, typer.Option("--cases", min=0, help="How many cases are shown with both answers.")]
Print = Annotated[bool, typer.Option("--print", "--dry-run", help="Print the comment, and say nothing to GitHub.")]
Strict = Annotated[bool, typer.Option("--strict", help="End with 3 when GitHub refuses, instead of a warning.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document about what was done.")]

_MODES = ("update", "new", "on-change", "off")


@dataclass(frozen=True, slots=True)
class _Written:
    """The text of the comment.

    `refused` says that there are no results that can be read, `news` that there is any: not where nothing was left.
    """

    text: str
    news: bool = True
    refused: bool = False


def register(app: typer.Typer) -> None:
    """Add the commands to the `report` app."""
    app.command("comment", epilog="Example: llmops report comment results --event $GITHUB_EVENT_PATH")(comment)


def comment(
    folder: Folder,
    number: Number = None,
    event: EventFile = None,
    mode: Mode = "update",
    config_id: ConfigId = "",
    author: Author = "",
    report_url: ReportUrl = "",
    cases: Cases = 5,
    dry_run: Print = False,
    strict: Strict = False,
    as_json: AsJson = False,
) -> int:
    """Say on the pull request what was measured: one comment, edited in place.

    The results may come from a stranger's job: they are read strictly, and the pull request is never taken from them.
    The gate's exit code is not repeated: 0 also where GitHub refuses, 2 where the results cannot be read.
    """
    from llmops_cli.config import load_config
    from llmops_cli.errors import ForgeError, InputError
    from llmops_cli.files.shape import nearest
    from llmops_cli.forge.upkeep import Done

    if mode not in _MODES:
        raise InputError(f"there is no mode {mode!r}", hint=nearest(mode, _MODES))
    config = load_config(on_broken=lambda error: console.warn(f"{error.message}; the defaults hold"))
    happened = _event(config, event, number, needed=not dry_run and mode != "off")
    written = _written(folder, _occasion(config, happened, config_id, report_url), cases)
    # whoever asks for comments on news only knows that there may be no results, where nothing had to be measured
    code = InputError.exit_code if written.refused and (written.news or mode != "on-change") else 0
    strictly = 0
    if dry_run:
        done = Done("printed")
    else:
        try:
            done = _spoken(config, happened, written, author=author, mode=mode)
        except ForgeError as error:
            done, strictly = Done("refused", why=error.message), error.exit_code if strict else 0
            console.warn(f"there is no comment: {error.message}")
            console.say(f"help:  {error.hint or _hint(error.status)}")
    _tell(written, done, as_json=as_json)
    return strictly or code


def _event(config: "Config", file: Path | None, number: int | None, *, needed: bool) -> "Event":
    """What happened, as the event file or --pr says. Raises InputError when neither does, and that is `needed`."""
    from dataclasses import replace

    from llmops_cli.errors import InputError
    from llmops_cli.forge.event import Event, read_event
    from llmops_cli.forge.github import is_repository

    repository = config.env.get("GITHUB_REPOSITORY", "")
    given = file or (Path(config.env["GITHUB_EVENT_PATH"]) if config.env.get("GITHUB_EVENT_PATH") else None)
    if needed and not is_repository(repository):
        raise InputError("GITHUB_REPOSITORY does not say which repository this is", hint="set it to owner/name")
    happened = read_event(given, repository=repository, env=config.env) if given and repository else Event()
    if number is not None:
        return replace(happened, number=number, nothing="")
    if needed and given is None:
        raise InputError("there is no event, so no pull request is known", hint="say which: --pr NUMBER")
    return happened


def _occasion(config: "Config", happened: "Event", config_id: str, report_url: str) -> "Occasion":
    """Where the comment is to stand; of all this nothing comes from the results. Raises InputError."""
    import re

    from llmops_cli.errors import InputError
    from llmops_cli.forge.event import is_page
    from llmops_cli.reports.comment import Occasion

    name = config_id or re.sub(r"[^A-Za-z0-9._/]+", "-", config.prefix).strip("-./") or "default"
    if not re.fullmatch(r"[A-Za-z0-9]+(?:[._/-][A-Za-z0-9]+)*", name) or len(name) > 100:
        raise InputError(f"{name!r} cannot name a comment", hint="letters and digits, with . _ / or - between them")
    if report_url and not is_page(report_url):
        raise InputError(f"--report-url {report_url!r} is not the address of a page")
    server = config.env.get("GITHUB_SERVER_URL", "https://github.com")
    repository = config.env.get("GITHUB_REPOSITORY", "")
    page = f"{server}/{repository}" if repository and is_page(f"{server}/{repository}") else ""
    return Occasion(name, happened.measured, happened.untrusted, page, report_url)


def _written(folder: Path, occasion: "Occasion", cases: int) -> _Written:
    """The text for what lies in the folder, or for that it cannot be read; then people hear why on stderr as well."""
    from llmops_cli.errors import InputError, LlmopsError
    from llmops_cli.evals.results_folder import OUTCOME_FILE
    from llmops_cli.evals.results_reading import read_results
    from llmops_cli.reports.comment import comment_text, is_news, refused_text
    from llmops_cli.reports.visible import one_line

    absent = not os.path.lexists(folder / OUTCOME_FILE)
    try:
        results = read_results(folder)
        return _Written(comment_text(results, occasion, cases=cases), is_news(results))
    except LlmopsError as error:
        # on one line, for a log takes lines that begin with two colons for commands, and ##[ wherever it stands
        reason = one_line(error.message, 300).replace("##[", "## [")
        console.report_error(InputError(reason))
        return _Written(refused_text("" if absent else reason, occasion), news=not absent, refused=True)


def _spoken(config: "Config", happened: "Event", written: _Written, *, author: str, mode: str) -> "Done":
    """Say it on GitHub, where there is a pull request to say it on. Raises ForgeError."""
    from llmops_cli.forge.event import find_pull_request
    from llmops_cli.forge.github import GitHub
    from llmops_cli.forge.upkeep import Done, Say, keep_up
    from llmops_cli.forge.wire import Patience

    if mode == "off":
        return Done("skipped", why="comments are off")
    if happened.nothing:
        return Done("skipped", why=happened.nothing)
    url = config.env.get("GITHUB_API_URL") or "https://api.github.com"
    run = config.settings.run
    patience = Patience(run.attempts, run.backoff_s)
    with GitHub(url, config.env["GITHUB_REPOSITORY"], config.env.get("GITHUB_TOKEN", ""), patience=patience) as github:
        number = find_pull_request(github, happened)
        if not number:
            return Done("skipped", why="no open pull request is at the commit that was measured")
        who = author or github.login()
        say = Say(
            written.text,
            who,
            happened.measured,
            another=mode == "new",
            begin=mode != "on-change" or written.news,
        )
        return keep_up(github, number, say)


def _tell(written: _Written, done: "Done", *, as_json: bool) -> None:
    if as_json:
        console.out_json(
            {
                "format": "llmops.comment/1",
                "action": done.action,
                "pull_request": done.number or None,
                "url": done.url,
                "why": done.why,
                "readable": not written.refused,
                "body": written.text,
            }
        )
    elif done.action == "printed":
        console.out_raw(written.text)
    elif done.action == "skipped":
        console.say(f"no comment: {done.why}")
    elif done.action != "refused":
        console.say(f"comment {done.action} on #{done.number}" + (f": {done.why}" if done.why else ""))


def _hint(status: int) -> str:
    """What to do when GitHub says no."""
    match status:
        case 401:
            return "the token is not valid any more"
        case 403:
            return "the job needs `permissions: pull-requests: write`; jobs for forks have a token that only reads"
        case 404:
            return "look at the repository and the number; a token that may not see them is told the same"
        case 410 | 423:
            return "the conversation is locked"
    return "the results stand in the summary of the job, and in its exit code"
