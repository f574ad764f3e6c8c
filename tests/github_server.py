"""GitHub's REST API on the loopback, as much of it as comments on pull requests need, with its ways to refuse.

For tests:

    with GitHubServer("team/app") as github:
        github.pull_request(7, head="c" * 40)
        os.environ["GITHUB_API_URL"], os.environ["GITHUB_TOKEN"] = github.url, github.token
        ...
        assert [comment.body for comment in github.comments(7)] == [...]

As a program: `python -m tests.github_server --repository team/app --pull-request 7 --head SHA` prints its URL as the
first line, and serves until its stdin is closed; then it prints its comments as one JSON list.
"""

import argparse
import json
import re
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

LONGEST_BODY = 65_536
BOT = "github-actions[bot]"


@dataclass
class KeptComment:
    """A comment as the server holds it."""

    id: int
    author: str
    body: str
    pull_request: int


@dataclass(frozen=True)
class Call:
    """One request as it came in; header names are in lower case."""

    method: str
    path: str  # with its query
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Refusal:
    """What is answered instead. With `done_first` the request takes effect, as behind a failing gateway."""

    status: int
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    done_first: bool = False
    raw: bytes | None = None  # a body that is not GitHub's


def read_only() -> Refusal:
    """403 for a token that may not write, as in jobs for forks."""
    return Refusal(403, "Resource not accessible by integration")


def secondary_limit(retry_after: str = "0") -> Refusal:
    """403 because of too many requests in a short time."""
    return Refusal(403, "You have exceeded a secondary rate limit.", {"Retry-After": retry_after})


def rate_limited(retry_after: str = "0") -> Refusal:
    """429."""
    return Refusal(429, "API rate limit exceeded", {"Retry-After": retry_after})


def locked() -> Refusal:
    """What a locked conversation answers to a new comment."""
    return Refusal(410, "This issue is locked")


def bad_gateway(*, done_first: bool = False) -> Refusal:
    """502 with a page of the gateway."""
    return Refusal(502, done_first=done_first, raw=b"<html><h1>502 Bad Gateway</h1></html>")


# what is answered to the request of that number (from 0), or to every one that fits
Faults = Mapping[int, Refusal] | Callable[[int, Call], Refusal | None]


class _Quiet(ThreadingHTTPServer):
    """A client that hangs up is no news."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class GitHubServer:
    """The server. Use as a context manager."""

    def __init__(
        self, repository: str = "team/app", *, token: str = "ghs_test", login: str = "", faults: Faults | None = None
    ) -> None:
        """`login` is who the token is; empty for the token of a job, which writes as `github-actions[bot]`."""
        self.repository, self.token, self.login = repository, token, login
        self.faults: Faults = faults or {}
        self.calls: list[Call] = []
        self._comments: dict[int, KeptComment] = {}
        self._pull_requests: dict[int, dict[str, Any]] = {}
        self._next_id = 1_000
        self._lock = threading.RLock()  # a fault may speak too
        self._server = _Quiet(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """What GITHUB_API_URL is to be."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def pull_request(
        self, number: int, *, head: str, branch: str = "change", fork: str = "", base: str = "", state: str = "open"
    ) -> None:
        """A pull request whose head is the commit `head` of `branch`, of the repository `fork` or of this one."""
        source = fork or self.repository
        label = f"{source.split('/')[0]}:{branch}"
        self._pull_requests[number] = {
            "number": number,
            "state": state,
            "head": {"sha": head, "ref": branch, "repo": {"full_name": source}, "label": label},
            "base": {"ref": "main", "repo": {"full_name": base or self.repository}},
        }  # fmt: skip

    def say(self, number: int, body: str, *, author: str = "somebody") -> int:
        """A comment of somebody on a pull request; its id."""
        with self._lock:
            return self._add(number, body, author).id

    def delete(self, id: int) -> None:
        """Somebody deletes a comment."""
        del self._comments[id]

    def comments(self, number: int) -> list[KeptComment]:
        """All comments of a pull request, the oldest first."""
        return [one for one in self._comments.values() if one.pull_request == number]

    def writes(self) -> list[Call]:
        """The requests that would change something."""
        return [call for call in self.calls if call.method != "GET"]

    def _add(self, number: int, body: str, author: str) -> KeptComment:
        self._next_id += 1
        self._comments[self._next_id] = KeptComment(self._next_id, author, body, number)
        return self._comments[self._next_id]

    def answer(self, call: Call) -> tuple[int, Mapping[str, str], Any]:
        """Status, headers and body of the answer to a request."""
        with self._lock:
            index = len(self.calls)
            self.calls.append(call)
            refusal = self.faults(index, call) if callable(self.faults) else self.faults.get(index)
            if refusal is None:
                return self._answered(call)
            if refusal.done_first:
                self._answered(call)
            body = refusal.raw if refusal.raw is not None else {"message": refusal.message}
            return refusal.status, refusal.headers, body

    def _answered(self, call: Call) -> tuple[int, Mapping[str, str], Any]:
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {}, {"message": "Bad credentials"}
        parts = urlsplit(call.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if (call.method, parts.path) == ("GET", "/user"):
            if not self.login:
                return 403, {}, {"message": "Resource not accessible by integration"}
            return 200, {}, {"login": self.login}
        below = parts.path.removeprefix(f"/repos/{self.repository}")
        if below == parts.path:
            return 404, {}, {"message": "Not Found"}
        if match := re.fullmatch(r"/issues/(\d+)/comments", below):
            return self._of_pull_request(call, int(match[1]), parts.path, query)
        if match := re.fullmatch(r"/issues/comments/(\d+)", below):
            return self._of_comment(call, int(match[1]))
        if call.method == "GET" and below == "/pulls":
            found = [one for one in self._pull_requests.values() if one["head"]["label"] == query.get("head")]
            return self._page([one for one in found if one["state"] == query.get("state", "open")], parts.path, query)
        if call.method == "GET" and (match := re.fullmatch(r"/commits/([0-9a-f]+)/pulls", below)):
            found = [one for one in self._pull_requests.values() if one["head"]["sha"] == match[1]]
            return self._page(found, parts.path, query)
        return 404, {}, {"message": "Not Found"}

    def _of_pull_request(
        self, call: Call, number: int, path: str, query: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], Any]:
        if number not in self._pull_requests:
            return 404, {}, {"message": "Not Found"}
        if call.method == "GET":
            return self._page([self._shown(one) for one in self.comments(number)], path, query)
        if (refused := self._too_long(call.body)) is not None:
            return refused
        return 201, {}, self._shown(self._add(number, call.body["body"], self.login or BOT))

    def _of_comment(self, call: Call, id: int) -> tuple[int, Mapping[str, str], Any]:
        comment = self._comments.get(id)
        if comment is None:
            return 404, {}, {"message": "Not Found"}
        if call.method != "GET" and comment.author != (self.login or BOT):
            return 403, {}, {"message": "Resource not accessible by integration"}
        if call.method == "DELETE":
            del self._comments[id]
            return 204, {}, None
        if call.method == "PATCH":
            if (refused := self._too_long(call.body)) is not None:
                return refused
            comment.body = call.body["body"]
        return 200, {}, self._shown(comment)

    def _too_long(self, body: Any) -> tuple[int, Mapping[str, str], Any] | None:
        text = body.get("body") if isinstance(body, dict) else None
        if isinstance(text, str) and 0 < len(text) <= LONGEST_BODY:
            return None
        error = {
            "resource": "IssueComment",
            "field": "body",
            "message": "body is too long (maximum is 65536 characters)",
        }
        return 422, {}, {"message": "Validation Failed", "errors": [error]}

    def _page(
        self, items: list[dict[str, Any]], path: str, query: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], Any]:
        """A page of a list, as GitHub cuts it: 30 items unless asked otherwise, at most 100, and a Link to the next."""
        size, page = min(100, int(query.get("per_page", "30"))), int(query.get("page", "1"))
        shown = items[(page - 1) * size : page * size]
        kept = "&".join(f"{name}={value}" for name, value in query.items() if name != "page")
        last = max(1, -(-len(items) // size))
        links = [f'<{self.url}{path}?{kept}&page={page - 1}>; rel="prev"'] if page > 1 else []
        links += [f'<{self.url}{path}?{kept}&page={page + 1}>; rel="next"'] if page < last else []
        links += [f'<{self.url}{path}?{kept}&page={last}>; rel="last"'] if last > 1 else []
        return 200, {"Link": ", ".join(links)} if links else {}, shown

    def _shown(self, comment: KeptComment) -> dict[str, Any]:
        return {
            "id": comment.id,
            "user": {"login": comment.author, "type": "Bot" if comment.author.endswith("[bot]") else "User"},
            "body": comment.body,
            "html_url": f"https://github.example/{self.repository}/pull/{comment.pull_request}#issuecomment-{comment.id}",
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes: the second waited 40 ms for the first

            def _serve(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                call = Call(self.command, self.path, headers, json.loads(data) if data else None)
                status, more, body = outer.answer(call)
                payload = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler


def main() -> None:
    """Serve until stdin is closed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--repository", default="team/app")
    parser.add_argument("--pull-request", type=int, default=1)
    parser.add_argument("--head", default="c" * 40)
    parser.add_argument("--branch", default="change")
    parser.add_argument("--fork", default="")
    parser.add_argument("--read-only", action="store_true", help="refuse every change with 403")
    given = parser.parse_args()

    def refused(index: int, call: Call) -> Refusal | None:
        del index
        return read_only() if given.read_only and call.method != "GET" else None

    with GitHubServer(given.repository, faults=refused) as server:
        server.pull_request(given.pull_request, head=given.head, branch=given.branch, fork=given.fork)
        print(server.url, flush=True)  # noqa: T201
        sys.stdin.read()
        shown = [{"id": one.id, "author": one.author, "body": one.body} for one in server.comments(given.pull_request)]
        print(json.dumps(shown), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
