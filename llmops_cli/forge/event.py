"""What started a job, from GitHub's event file: of which pull request it is, at which commit, and whether of a fork.

The file is written by GitHub, not by the change. A number in it is believed; for the second job of two, whose event
(`workflow_run`) names no pull request of a fork, the number is asked for by commit and repository.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from llmops_cli.errors import ForgeError, InputError
from llmops_cli.files.json_value import Json, parse_json, read_text
from llmops_cli.forge.github import GitHub, PullRequest, is_commit, is_repository

_PAGE = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/%#?&=+,@:-]*)?\Z")


@dataclass(frozen=True, slots=True)
class Measured:
    """The job that measured: its run (GitHub counts them upwards, whatever the workflow), attempt, commit and page."""

    run: int = 0
    attempt: int = 0
    commit: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened. `number` is that of the pull request, 0 where the event names none.

    `source` is the repository and branch that a `workflow_run` was about, for the search. `nothing` says why there is
    no pull request to speak on, empty where there may be one. `untrusted` names where code came from that measured
    and is not of this repository.
    """

    number: int = 0
    measured: Measured = Measured()
    source: tuple[str, str] | None = None
    untrusted: str = ""
    nothing: str = ""


def read_event(path: Path, *, repository: str, env: Mapping[str, str]) -> Event:
    """The event in a file, as the job in `repository` (owner/name) with these variables sees it.

    Raises FileError or InputError for a file that is no event, and for one of another repository.
    """
    try:
        data = parse_json(read_text(path))
    except ValueError as error:
        raise InputError(f"{path} is not an event: {error}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path} is not an event: an object is expected")
    match data:
        case {"workflow_run": dict(run)}:
            return _of_workflow_run(run, repository)
        case {"pull_request": dict(pull_request)}:
            return _of_pull_request(pull_request, repository, env)
    for name, what in (("merge_group", "a merge queue"), ("schedule", "a schedule"), ("pusher", "a push")):
        if name in data:
            return Event(nothing=f"this is {what}, not a pull request")
    return Event(nothing="this event is not of a pull request")


def find_pull_request(github: GitHub, event: Event) -> int:
    """The number of the pull request that a `workflow_run` was about: open, here, and still at the commit measured.

    0 when there is none; then it has moved on or was closed. Raises ForgeError, also when there are several.
    """
    if event.number or event.source is None:
        return event.number
    source, branch = event.source

    def fits(one: PullRequest) -> bool:
        return (
            one.open
            and one.head_commit == event.measured.commit
            and one.base_repository.lower() == github.repository.lower()
            and one.head_repository.lower() == source.lower()
        )

    found = {one.number for one in github.pull_requests_from(source, branch) if fits(one)}
    found = found or {one.number for one in github.pull_requests_with(event.measured.commit) if fits(one)}
    if len(found) > 1:
        numbers = ", ".join(f"#{number}" for number in sorted(found))
        raise ForgeError(f"{event.measured.commit[:7]} is the head of several pull requests: {numbers}",
                         hint="say which: --pr NUMBER")  # fmt: skip
    return next(iter(found), 0)


def is_page(url: str) -> bool:
    """Whether this is an address that can be linked in markdown as it stands."""
    return bool(_PAGE.match(url))


def _of_pull_request(data: dict[str, Json], repository: str, env: Mapping[str, str]) -> Event:
    base, head = _repository(data.get("base")), _repository(data.get("head"))
    if base.lower() != repository.lower():
        raise InputError(f"the event is of a pull request of {base or 'no repository'}, not of {repository}")
    commit = _text(data.get("head"), "sha")
    server = env.get("GITHUB_SERVER_URL", "https://github.com")
    run = _natural(env.get("GITHUB_RUN_ID", ""))
    measured = Measured(
        run=run,
        attempt=_natural(env.get("GITHUB_RUN_ATTEMPT", "")),
        commit=commit if is_commit(commit) else "",
        url=_page(f"{server}/{repository}/actions/runs/{run}") if run else "",
    )
    fork = "" if head.lower() == base.lower() else head or "a repository that is gone"
    return Event(number=_number(data, "number"), measured=measured, untrusted=fork)


def _of_workflow_run(data: dict[str, Json], repository: str) -> Event:
    """The run that was finished; what it measured is untrusted when it ran code of another repository."""
    kind = _text(data, "event")
    if kind not in ("pull_request", "pull_request_target"):
        return Event(nothing=f"the run was started by {kind or 'nothing known'}, not by a pull request")
    commit, branch = _text(data, "head_sha"), _text(data, "head_branch")
    head = data.get("head_repository")
    source = _text(head, "full_name") if isinstance(head, dict) else ""
    if not is_commit(commit) or not is_repository(source) or not branch:
        return Event(nothing="the run names no commit and branch of a pull request")
    measured = Measured(_number(data, "id"), _number(data, "run_attempt"), commit, _page(_text(data, "html_url")))
    fork = "" if source.lower() == repository.lower() else source
    return Event(measured=measured, source=(source, branch), untrusted=fork)


def _repository(side: Json) -> str:
    repository = side.get("repo") if isinstance(side, dict) else None
    name = _text(repository, "full_name")
    return name if is_repository(name) else ""


def _text(value: Json, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _number(value: dict[str, Json], key: str) -> int:
    found = value.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise InputError(f"the event has no {key!r} that is a number")
    return found


def _page(url: str) -> str:
    return url if is_page(url) else ""


def _natural(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
