"""Our one comment on a pull request: found by its first line and its author, edited in place, never by an older run."""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from llmops_cli.errors import ForgeError
from llmops_cli.forge.event import Measured
from llmops_cli.forge.github import Comment, GitHub

Action = Literal["created", "updated", "unchanged", "kept", "skipped", "refused", "printed"]

_STATE: Final = re.compile(r"<!-- llmops:run ([0-9]{1,18})/([0-9]{1,9}) (?:[0-9a-f]{40}|[0-9a-f]{64}|-) -->\Z")
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, to which comment of which pull request; `why` says it in words where that is not plain."""

    action: Action
    url: str = ""
    why: str = ""
    number: int = 0


def marker(config_id: str) -> str:
    """The first line of the comment of one configuration."""
    return f"<!-- llmops:gate:{config_id} -->"


def state_line(measured: Measured) -> str:
    """The second line: which run speaks, so that an older one does not overwrite it."""
    return f"<!-- llmops:run {measured.run}/{measured.attempt} {measured.commit or '-'} -->"


@dataclass(frozen=True, slots=True)
class Say:
    """What is to be said: a body whose first line is its marker, by whom, about which run.

    With `another` it is a new comment whatever stands there; without `begin` only one that is there is edited.
    """

    body: str
    author: str
    measured: Measured
    another: bool = False
    begin: bool = True


def keep_up(github: GitHub, number: int, say: Say) -> Done:
    """Bring our comment on pull request `number` to what is to be said. Raises ForgeError."""
    return replace(_kept_up(github, number, say), number=number)


def _kept_up(github: GitHub, number: int, say: Say) -> Done:
    first = say.body.partition("\n")[0]
    for attempt in range(_TRIES):
        ours = [] if say.another else _ours(github, number, first, say.author)
        if ours:
            try:
                return _edited(github, ours[0], say)
            except ForgeError as error:
                if error.status != 404 or attempt == _TRIES - 1:
                    raise
                continue  # somebody has deleted it meanwhile
        if not say.begin:
            return Done("skipped", why="nothing has changed that a comment would have to say")
        try:
            created = github.create_comment(number, say.body)
        except ForgeError as error:
            # it may be there: look again before another one is made
            if not error.unknown_outcome or say.another or attempt == _TRIES - 1:
                raise
            continue
        return Done("created", created.url) if say.another else _only_one(github, number, created, say)
    raise AssertionError("the last attempt returns or raises")


def _only_one(github: GitHub, number: int, created: Comment, say: Say) -> Done:
    """What was just created, unless another job has begun ours at the same time: then that one is kept up instead."""
    first = next(iter(_ours(github, number, _line(say.body, 0), say.author)), created)
    if first.id == created.id:
        return Done("created", created.url)
    done = _edited(github, first, say)
    github.delete_comment(created.id)
    return done


def _ours(github: GitHub, number: int, first: str, author: str) -> list[Comment]:
    """The comments that begin with the marker and are by this author; quoting the marker makes no comment ours."""
    return [
        comment
        for comment in github.comments(number)
        if comment.author.lower() == author.lower() and _line(comment.body, 0) == first
    ]


def _edited(github: GitHub, comment: Comment, say: Say) -> Done:
    if comment.body.replace("\r\n", "\n").rstrip() == say.body.rstrip():
        return Done("unchanged", comment.url)
    measured = say.measured
    newest = github.comment(comment.id)  # a long list takes a while to read, and another run may have spoken
    spoke = _STATE.match(_line(newest.body, 1))
    if spoke and measured.run and (int(spoke[1]), int(spoke[2])) > (measured.run, measured.attempt):
        return Done("kept", newest.url, f"run {spoke[1]} is newer than this one, and has spoken already")
    return Done("updated", github.update_comment(comment.id, say.body).url)


def _line(text: str, number: int) -> str:
    lines = text.replace("\r\n", "\n").split("\n", number + 1)
    return lines[number] if len(lines) > number else ""
