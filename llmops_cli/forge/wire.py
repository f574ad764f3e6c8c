"""HTTP to a forge: one address, one token; tried again where that helps, bounded in size, never led elsewhere."""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import httpx

from llmops_cli.errors import ForgeError
from llmops_cli.files.json_value import Json, parse_json

_LARGEST: Final = 48_000_000  # bytes of a reply; a hundred comments of 65,536 characters fit
_MOST_PAGES: Final = 200
_MOST_REDIRECTS: Final = 3
_PATIENCE_S: Final = 60.0  # the longest single wait
_TRIED_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_NEXT: Final = re.compile(r'<([^<>]+)>\s*;[^,<>]*\brel="?next"?')


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the headers in lower case, and the parsed body (None when there is none)."""

    status: int
    headers: Mapping[str, str]
    value: Json


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is made in all, and the seconds that waits grow from. `sleep` waits."""

    attempts: int = 5
    backoff_s: float = 0.5
    sleep: Callable[[float], None] = time.sleep
    rng: random.Random = field(default_factory=random.Random)

    def wait(self, attempt: int, asked_for: float | None) -> float:
        """Seconds before attempt n + 1: what was asked for, else up to `backoff_s` doubled after every attempt."""
        if asked_for is not None:
            return asked_for
        return self.rng.uniform(0.0, min(_PATIENCE_S, self.backoff_s * 2.0 ** min(attempt, 20)))


class Wire:
    """Requests to one API. Use as a context manager."""

    def __init__(self, api_url: str, token: str, *, timeout_s: float = 30.0, patience: Patience | None = None) -> None:
        """Raises ForgeError when the address is not one that a token may be sent to."""
        try:
            self._origin = httpx.URL(api_url.rstrip("/"))
        except httpx.InvalidURL as error:
            raise ForgeError(f"GITHUB_API_URL is not a URL: {error}") from None
        loopback = self._origin.host in _LOOPBACK
        if not self._origin.host or self._origin.scheme not in (("http", "https") if loopback else ("https",)):
            raise ForgeError("GITHUB_API_URL must begin with https://, for the token goes there")
        self._patience = patience or Patience()
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "User-Agent": "llmops",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        # redirects are followed by `_sent` alone, because they must not take the token to another host
        self._client = httpx.Client(timeout=timeout_s, headers=headers, follow_redirects=False, trust_env=not loopback)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str) -> Json:
        """The body at a path. Raises ForgeError."""
        return self._asked("GET", path, None).value

    def pages(self, path: str) -> Iterator[Json]:
        """The items of all pages of a list, as the Link headers lead. Raises ForgeError."""
        where: str | None = path
        for _ in range(_MOST_PAGES):
            reply = self._asked("GET", where or path, None)
            if not isinstance(reply.value, list):
                raise ForgeError(f"{self._origin.host} did not answer {path} with a list")
            yield from reply.value
            found = _NEXT.search(reply.headers.get("link", ""))
            if found is None:
                return
            where = found[1]
        raise ForgeError(f"{path} has more than {_MOST_PAGES} pages")

    def send(self, method: str, path: str, body: dict[str, Json] | None, *, twice_is_once: bool) -> Json:
        """Change something. Where doing it `twice_is_once`, it is tried again also when the outcome is not known.

        Raises ForgeError, with `unknown_outcome` when it may have happened all the same.
        """
        return self._asked(method, path, body, again=twice_is_once).value

    def _asked(self, method: str, path: str, body: dict[str, Json] | None, *, again: bool = True) -> Reply:
        """The reply to a request that succeeded, after as many attempts as that is worth."""
        for attempt in range(1, self._patience.attempts + 1):
            last = attempt == self._patience.attempts
            try:
                reply = self._sent(method, self._url(path), body)
            except httpx.HTTPError as error:
                told = f"{self._origin.host} could not be reached: {_said(error)}"
                # a connection that never came about has changed nothing
                unknown = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
                if last or (unknown and not again):
                    raise ForgeError(told, unknown_outcome=unknown) from None
                self._patience.sleep(self._patience.wait(attempt, None))
                continue
            if reply.status < 300:
                return reply
            refused = _refused(self._origin.host, method, path, reply)
            asked_for = _asked_wait(reply)
            passing = reply.status in _TRIED_AGAIN or _is_rate_limit(reply)
            # a limit says that nothing was done; a gateway does not know
            refused.unknown_outcome = reply.status >= 500
            too_long = asked_for is not None and asked_for > _PATIENCE_S
            if last or not passing or too_long or (refused.unknown_outcome and not again):
                raise refused
            self._patience.sleep(self._patience.wait(attempt, asked_for))
        raise AssertionError("the last attempt returns or raises")

    def _url(self, path: str) -> httpx.URL:
        """A path of the API, or a whole address of it. Raises ForgeError for an address elsewhere."""
        if path.startswith("/"):
            return httpx.URL(str(self._origin) + path)
        return self._own(path)

    def _own(self, address: str) -> httpx.URL:
        try:
            url = self._origin.join(address)
        except httpx.InvalidURL:
            url = httpx.URL()
        ours = (self._origin.scheme, self._origin.host, self._origin.port)
        if (url.scheme, url.host, url.port) != ours:
            raise ForgeError(f"{self._origin.host} leads to another host, where the token does not go")
        return url

    def _sent(self, method: str, url: httpx.URL, body: dict[str, Json] | None) -> Reply:
        for _ in range(_MOST_REDIRECTS + 1):
            with self._client.stream(method, url, json=body) as reply:
                location = reply.headers.get("location", "")
                kept = reply.status_code in (307, 308) or (reply.status_code in (301, 302) and method == "GET")
                if kept and location:
                    url = self._own(location)
                    continue
                data = _bounded(reply)
            headers = {name.lower(): value for name, value in reply.headers.items()}
            return Reply(reply.status_code, headers, _parsed(data, reply.status_code, url.host))
        raise ForgeError(f"{self._origin.host} redirects in a circle")


def _bounded(reply: httpx.Response) -> bytes:
    data = bytearray()
    for piece in reply.iter_bytes():
        data += piece
        if len(data) > _LARGEST:
            raise ForgeError(f"{reply.url.host} answered with more than {_LARGEST:,} bytes")
    return bytes(data)


def _parsed(data: bytes, status: int, host: str) -> Json:
    if not data.strip():
        return None
    try:
        return parse_json(data.decode("utf-8"))
    except ValueError:
        if status >= 300:  # a page of a proxy; the status says enough
            return None
        raise ForgeError(f"{host} answered something that is not JSON", unknown_outcome=True) from None


def _refused(host: str, method: str, path: str, reply: Reply) -> ForgeError:
    said = reply.value.get("message") if isinstance(reply.value, dict) else None
    words = " ".join(str(said).split())[:200] if isinstance(said, str) else ""
    message = f"{host} answered {reply.status} to {method} {path.partition('?')[0]}" + (f": {words}" if words else "")
    return ForgeError(message, status=reply.status)


def _is_rate_limit(reply: Reply) -> bool:
    """GitHub says 403 too when somebody asks too often (docs.github.com, "Rate limits for the REST API")."""
    if reply.status != 403:
        return False
    said = reply.value.get("message") if isinstance(reply.value, dict) else ""
    told = isinstance(said, str) and "rate limit" in said.lower()
    return told or "retry-after" in reply.headers or reply.headers.get("x-ratelimit-remaining") == "0"


def _asked_wait(reply: Reply) -> float | None:
    """Seconds that the reply asks to wait, None when it does not say."""
    after = reply.headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", after):
        return float(after)
    if reply.headers.get("x-ratelimit-remaining") == "0":
        until = reply.headers.get("x-ratelimit-reset", "")
        if re.fullmatch(r"[0-9]{1,12}", until):
            return max(0.0, float(until) - time.time())
    return None


def _said(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
