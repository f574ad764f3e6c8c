"""A repository over HTTP on the loopback: git's own http-backend, behind a password unless a test wants none."""

import contextlib
import os
import socket
import ssl
import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

TOKEN = "ghs_private"


class GitServer:
    """Serves the bare repositories of a folder to whoever knows the token. Use as a context manager.

    `disturb` may answer a request itself, and says so by True. The port may be given: that of a server that was killed.
    With a certificate (and its key, in one file) it speaks https. It is a proxy too, for repositories of its own.
    """

    def __init__(self, folder: Path, *, token: str = TOKEN, port: int = 0, certificate: Path | None = None) -> None:
        self.folder = folder
        self.token = token
        self.answers: list[int] = []  # the bytes of every answer
        self.disturb: Callable[[BaseHTTPRequestHandler], bool] = lambda _: False
        self.open: set[socket.socket] = set()
        self.refused = 0
        self.requests: list[str] = []  # method and path
        self.headers: list[list[str]] = []  # the Authorization headers of every request
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """Stop answering, on open connections too."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for one in list(self.open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @staticmethod
    def backend(folder: Path, request: BaseHTTPRequestHandler, body: bytes) -> tuple[bytes, bytes]:
        """What git's own http-backend answers: the lines of the head, and the body."""
        path, query = urlsplit(request.path).path, urlsplit(request.path).query
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
                "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
                "REQUEST_METHOD": request.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": request.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
            },
            capture_output=True,
            check=True,
        )
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        return head, answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self
        expected = "basic " + b64encode(f"x-access-token:{self.token}".encode()).decode()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                outer.open.add(self.connection)

            def finish(self) -> None:
                outer.open.discard(self.connection)
                with contextlib.suppress(OSError):
                    super().finish()

            def _serve(self) -> None:
                said = self.headers.get_all("Authorization") or []
                outer.headers.append(said)
                outer.requests.append(f"{self.command} {self.path}")
                if outer.disturb(self):
                    self.close_connection = True
                    return
                # two of them are refused too, as GitHub does
                if outer.token and [each.replace("Basic", "basic", 1) for each in said] != [expected]:
                    outer.refused += 1
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="git"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    self.close_connection = True
                    return
                head, body = GitServer.backend(
                    outer.folder, self, self.rfile.read(int(self.headers.get("Content-Length") or 0))
                )
                outer.answers.append(len(body))
                headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
                self.send_response(int(headers.pop("Status", "200").split()[0]))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = _serve  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler
