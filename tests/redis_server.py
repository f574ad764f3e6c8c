"""A real Redis on the loopback, that of the system, in a folder of its own.

with RedisServer(tmp_path, "--requirepass", "open sesame") as server:
    os.environ["LLMOPS_CACHE_URL"] = server.url
"""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import redis


class RedisServer:
    """See the module. `options` are those of redis-server; skips the test where there is none."""

    def __init__(self, folder: Path, *options: str, password: str = "") -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed (apt-get install redis-server)")
        self.socket_path = folder / "redis.sock"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        where = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder)]
        where += ["--unixsocket", str(self.socket_path)]
        kept = ["--save", "", "--appendonly", "no"]
        secret = ["--requirepass", password] if password else []
        self._process = subprocess.Popen(
            [program, *where, *kept, *secret, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.client: Any = redis.Redis(port=self.port, password=password or None, protocol=2)
        self._wait()

    @property
    def url(self) -> str:
        """Its address, without a password."""
        return f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        """Let it say nothing any more, while its connections stay open."""
        self._process.send_signal(signal.SIGSTOP)

    def close(self) -> None:
        """End it, at once; safe to call twice."""
        self.client.close()
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def __enter__(self) -> "RedisServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                said = self._process.communicate()[0] if self._process.poll() is not None else ""
                assert not said and time.monotonic() < deadline, said
                time.sleep(0.01)
