"""The line to one HTTP origin: kept open, with a hard deadline, and never to anywhere else.

Standard library alone. `http.client` waits anew for every piece that arrives, so a server that sends a byte now and
then could hold it for ever; here every wait is for what is left of one deadline.
"""

import socket
import ssl
from base64 import b64encode
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from types import TracebackType
from typing import Any, cast
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from llmops_cli.errors import InputError, ServeError
from llmops_cli.runtime.limits import Deadline
from llmops_cli.runtime.timed_socket import TimedSocket

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HEAD = 1 << 20  # bytes of an answer besides its body; chunks may take as much again as what is in them
_MOVED = (301, 302, 303, 307, 308)


class Body:
    """What the server answered, piece by piece: never more than `limit` bytes."""

    def __init__(self, response: HTTPResponse, limit: int) -> None:
        self._response = response
        self._left = limit
        self.kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes. Raises ServeError when there are fewer, or when it would be too much."""
        self._left -= size
        if self._left < 0:
            raise ServeError("the answer is larger than the limit")
        try:
            data = self._response.read(size)
        except (OSError, HTTPException, ValueError) as error:
            raise ServeError(f"the answer broke off: {_reason(error)}") from None
        if len(data) < size:
            raise ServeError("the answer ends early")
        return data

    def end(self) -> None:
        """Nothing may follow. Raises ServeError when something does."""
        try:
            rest = self._response.read(1)
        except (OSError, HTTPException, ValueError) as error:
            raise ServeError(f"the answer broke off: {_reason(error)}") from None
        if rest:
            raise ServeError("the answer goes on after its end")


class HttpLine:
    """Requests below one address, such as `https://host/team/prompts.git`. Not for several threads at once."""

    def __init__(self, address: str, *, token: str = "") -> None:
        """Raises InputError for an address that is none, or where a secret would travel in the clear."""
        self._url = self._given = _split(address)
        self.shown = _without_secrets(self._url)
        self._authorization = _authorization(self._url, token)
        if self._authorization and self._url.scheme == "http" and self._url.hostname not in _LOOPBACK:
            raise InputError(f"{self.shown}: a token is not sent over http, where everybody can read it; use https")
        self._connection: HTTPConnection | None = None

    def get(self, path: str, deadline: Deadline, *, limit: int) -> "Exchange":
        """GET; a redirect within the origin is followed, and becomes the address until the next GET."""
        if self._url != self._given:
            self._url = self._given
        return Exchange(self, "GET", path, b"", deadline, limit)

    def post(self, path: str, body: bytes, deadline: Deadline, *, limit: int) -> "Exchange":
        """POST of one of git's requests."""
        return Exchange(self, "POST", path, body, deadline, limit)

    def close(self) -> None:
        """Hang up. The line can be used again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def open(self, method: str, path: str, body: bytes, deadline: Deadline, limit: int) -> HTTPResponse:
        """The answer, whose status is 200. Raises ServeError."""
        for _ in range(4):
            try:
                response = self._sent(method, path, body, deadline, limit)
            except ServeError:
                raise
            except (OSError, HTTPException, ValueError) as error:
                raise ServeError(_reason(error)) from None
            if response.status == 200:
                return response
            response.close()
            self.close()
            if method == "POST" or response.status not in _MOVED:
                raise ServeError(_refusal(response.status, with_token=bool(self._authorization)))
            self._move(path, response.headers.get("Location", ""))
        raise ServeError("the server redirects again and again")

    def _sent(self, method: str, path: str, body: bytes, deadline: Deadline, limit: int) -> HTTPResponse:
        kept = self._connection is not None and self._connection.sock is not None
        try:
            return self._ask(method, path, body, deadline, limit)
        except (OSError, HTTPException):
            self.close()
            if not kept:
                raise
        # the server may have hung up while nobody spoke; what is asked here can be asked twice
        return self._ask(method, path, body, deadline, limit)

    def _ask(self, method: str, path: str, body: bytes, deadline: Deadline, limit: int) -> HTTPResponse:
        connection = self._connected(deadline)
        # http.client knows no deadline, but takes anything that looks like a socket
        line = cast(Any, connection).sock
        line.deadline, line.room = deadline, 2 * limit + _HEAD
        target = self._url.path.rstrip("/") + path
        headers = {
            "Git-Protocol": "version=2",
            "User-Agent": "git/2.0 (llmops)",  # some hosts answer git's protocol only to git
            **({"Authorization": self._authorization} if self._authorization else {}),
            **_kind_of(body),
        }
        connection.request(method, self._target(target), body or None, headers)
        return connection.getresponse()

    def _target(self, path: str) -> str:
        """The address in the request line; to a proxy in the clear it is the whole one."""
        through = self._url.scheme == "http" and self._proxy()
        return f"http://{_host(self._url)}{path}" if through else path

    def _connected(self, deadline: Deadline) -> HTTPConnection:
        if self._connection is not None and self._connection.sock is not None:  # None: the server wanted no more
            return self._connection
        host, port = str(self._url.hostname), self._url.port or _PORTS[self._url.scheme]
        proxy, secure = self._proxy(), self._url.scheme == "https"
        kind = HTTPSConnection if secure else HTTPConnection
        if proxy:
            connection = kind(str(proxy.hostname), proxy.port or 80, timeout=deadline.left())
            if secure:
                connection.set_tunnel(host, port, _proxy_authorization(proxy))
        else:
            connection = kind(host, port, timeout=deadline.left())
        connection.connect()
        connection.sock = cast(Any, TimedSocket(cast(socket.socket, connection.sock), deadline))
        self._connection = connection
        return connection

    def _proxy(self) -> SplitResult | None:
        """The proxy that the surroundings name (HTTPS_PROXY, NO_PROXY, ...)."""
        named = getproxies().get(self._url.scheme, "")
        if self._url.scheme == "http" and self._authorization:
            return None  # a token in the clear stays on loopback
        if not named or proxy_bypass(str(self._url.hostname)):
            return None
        return urlsplit(named if "://" in named else f"http://{named}")

    def _move(self, path: str, location: str) -> None:
        """Follow a redirect of `path`. Raises ServeError when it leads elsewhere: a token must not go there."""
        base = f"{self._url.scheme}://{_host(self._url)}{self._url.path.rstrip('/')}{path}"
        try:
            target = urlsplit(urljoin(base, location))
        except ValueError:
            raise ServeError("the server redirects to what is no address") from None
        if (target.scheme, _host(target)) != (self._url.scheme, _host(self._url)):
            where = f"{target.scheme}://{_host(target)}" if target.hostname else "nowhere"
            raise ServeError(f"the server redirects to {where}, another origin, which is not followed")
        if not (target.path + "?" + target.query).endswith(path):
            raise ServeError("the server redirects to a page that is no repository")
        kept = (target.path + "?" + target.query).removesuffix(path)
        self._url = self._url._replace(path=kept)


class Exchange:
    """One request and its answer, as a context manager; the line is kept only when the answer was read to its end."""

    def __init__(self, line: HttpLine, method: str, path: str, body: bytes, deadline: Deadline, limit: int) -> None:
        self._line = line
        self._request = (method, path, body, deadline, limit)
        self._limit = limit

    def __enter__(self) -> Body:
        self._response = self._line.open(*self._request)
        return Body(self._response, self._limit)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._response.close()
            self._line.close()


def _split(address: str) -> SplitResult:
    try:
        url = urlsplit(address)
        known = url.scheme in _PORTS and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        known = False
    if not known or any(character <= " " for character in address):
        raise InputError("the address of the remote is none; write https://HOST/PATH.git")
    return url._replace(path=quote(url.path, safe="/%:@!$&'()*+,;=~"))


def _host(url: SplitResult) -> str:
    """Host and port, one spelling for one place."""
    name = f"[{url.hostname}]" if ":" in (url.hostname or "") else str(url.hostname)
    try:
        port = url.port or _PORTS.get(url.scheme, 0)
    except ValueError:
        port = 0
    return name if port == _PORTS.get(url.scheme) else f"{name}:{port}"


def _without_secrets(url: SplitResult) -> str:
    return f"{url.scheme}://{_host(url)}{url.path}"


def _authorization(url: SplitResult, token: str) -> str:
    """The header, from the token or from the address; the token wins, the address may name the user it belongs to."""
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if token:
        user, password = user or "x-access-token", token
    if not user and not password:
        return ""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def _proxy_authorization(proxy: SplitResult) -> Mapping[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + b64encode(pair.encode()).decode()}


def _kind_of(body: bytes) -> dict[str, str]:
    if not body:
        return {}
    kind = "application/x-git-upload-pack"
    return {"Content-Type": f"{kind}-request", "Accept": f"{kind}-result"}


def _refusal(status: int, *, with_token: bool) -> str:
    match status:
        case 401 | 403 if with_token:
            return f"{status}: the server does not accept the token, or the token may not read this repository"
        case 401 | 403:
            return f"{status}: the server wants a token; pass token=... or set LLMOPS_GIT_TOKEN"
        case 404:
            return "404: there is no such repository" + ("" if with_token else ", or it needs a token")
        case _:
            return f"the server answered with status {status}"


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message})"
        case socket.gaierror():
            return "its name cannot be resolved"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return f"the answer is no HTTP ({type(error).__name__})"
