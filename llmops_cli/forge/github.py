"""The few things we say to GitHub's REST API (docs.github.com/en/rest), as functions of one repository."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import quote

from llmops_cli.errors import ForgeError
from llmops_cli.files.json_value import Json
from llmops_cli.forge.wire import Patience, Wire

ACTIONS_BOT = "github-actions[bot]"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}/[A-Za-z0-9_.-]{1,100}\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a pull request, with the login of who wrote it."""

    id: int
    author: str
    body: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """An open or closed pull request; repositories are `owner/name`, and empty where the fork is gone."""

    number: int
    head_commit: str
    head_repository: str
    base_repository: str
    open: bool


class GitHub:
    """One repository at GitHub. Use as a context manager; everything raises ForgeError."""

    def __init__(
        self, api_url: str, repository: str, token: str, *, timeout_s: float = 30.0, patience: Patience | None = None
    ) -> None:
        if not is_repository(repository):
            raise ForgeError(f"{repository!r} is not a repository", hint="GITHUB_REPOSITORY must be owner/name")
        if not token:
            raise ForgeError("there is no GITHUB_TOKEN, so nothing can be said on GitHub")
        self.repository = repository
        self._wire = Wire(api_url, token, timeout_s=timeout_s, patience=patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.__exit__(kind, error, trace)

    def login(self) -> str:
        """Who the token speaks for. The token of a job is nobody's: GET /user refuses it, and it writes as a bot."""
        try:
            user = self._wire.get("/user")
        except ForgeError as error:
            if error.status == 403:
                return ACTIONS_BOT
            raise
        return _text(user, "login")

    def comments(self, number: int) -> Iterator[Comment]:
        """All comments of a pull request, the oldest first."""
        for item in self._wire.pages(f"/repos/{self.repository}/issues/{number}/comments?per_page=100"):
            yield _comment(item)

    def comment(self, id: int) -> Comment:
        """One comment as it is now."""
        return _comment(self._wire.get(f"/repos/{self.repository}/issues/comments/{id}"))

    def create_comment(self, number: int, body: str) -> Comment:
        """A new comment. Not tried again where it may have been made: there would be two."""
        path = f"/repos/{self.repository}/issues/{number}/comments"
        return _comment(self._wire.send("POST", path, {"body": body}, twice_is_once=False))

    def update_comment(self, id: int, body: str) -> Comment:
        """Other words for a comment."""
        path = f"/repos/{self.repository}/issues/comments/{id}"
        return _comment(self._wire.send("PATCH", path, {"body": body}, twice_is_once=True))

    def delete_comment(self, id: int) -> None:
        """Take a comment of ours away."""
        self._wire.send("DELETE", f"/repos/{self.repository}/issues/comments/{id}", None, twice_is_once=True)

    def pull_requests_from(self, repository: str, branch: str) -> Iterator[PullRequest]:
        """The open pull requests here from a branch of a repository, which may be a fork."""
        head = quote(f"{repository.partition('/')[0]}:{branch}", safe=":")
        for item in self._wire.pages(f"/repos/{self.repository}/pulls?state=open&head={head}&per_page=100"):
            yield _pull_request(item)

    def pull_requests_with(self, commit: str) -> Iterator[PullRequest]:
        """The pull requests here that GitHub knows a commit from."""
        if not is_commit(commit):
            raise ForgeError(f"{commit!r} is not the id of a commit")
        for item in self._wire.pages(f"/repos/{self.repository}/commits/{commit}/pulls?per_page=100"):
            yield _pull_request(item)


def is_repository(text: str) -> bool:
    """Whether this is `owner/name`, and nothing that could lead a path elsewhere."""
    return bool(_REPOSITORY.match(text)) and text.partition("/")[2] not in (".", "..")


def is_commit(text: str) -> bool:
    """Whether this is a full id of a commit."""
    return bool(_COMMIT.match(text))


def _comment(value: Json) -> Comment:
    body = value.get("body") if isinstance(value, dict) else None
    # whose account is gone has no user
    user = value.get("user") if isinstance(value, dict) else None
    author = _text(user, "login") if isinstance(user, dict) else ""
    url = value.get("html_url") if isinstance(value, dict) else None
    return Comment(
        _number(value, "id"), author, body if isinstance(body, str) else "", url if isinstance(url, str) else ""
    )


def _pull_request(value: Json) -> PullRequest:
    parts = value if isinstance(value, dict) else {}
    head, base = parts.get("head"), parts.get("base")
    return PullRequest(
        number=_number(value, "number"),
        head_commit=_text(head, "sha"),
        head_repository=_full_name(head),
        base_repository=_full_name(base),
        open=parts.get("state") == "open",
    )


def _full_name(side: Json) -> str:
    repository = side.get("repo") if isinstance(side, dict) else None
    return _text(repository, "full_name") if isinstance(repository, dict) else ""


def _number(value: Json, key: str) -> int:
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise ForgeError(f"GitHub answered something without {key!r}", unknown_outcome=True)
    return found


def _text(value: Json, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, str):
        raise ForgeError(f"GitHub answered something without {key!r}")
    return found
