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
        where = ["--bind", "127.0.0.1", "--dir", str(folder), "--unixsocket", str(self.socket_path)]
        kept = ["--save", "", "--appendonly", "no", *(["--requirepass", password] if password else []), *options]
        for _ in range(5):  # somebody else may take the port that was free a moment ago
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port: int = free.getsockname()[1]
            command = [program, *where, "--port", str(self.port), *kept]
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.client: Any = redis.Redis(port=self.port, password=password or None, protocol=2)
            if self._is_up():
                return
            self.close()
        raise AssertionError("redis-server does not start")

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

    def _is_up(self) -> bool:
        """Wait for it; False when it has ended, or when another one listens there."""
        deadline = time.monotonic() + 20
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                return bool(self.client.info("server")["process_id"] == self._process.pid)
            except redis.ConnectionError:
                time.sleep(0.01)
        return False
