"""The real HTTP server in processes of its own, that a test may kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

START_SECONDS = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A server at `url`. `kill` is SIGKILL to all of its processes at once, as a power cut would be."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = os.environ | environment | {"SHOPWARDEN_PORT": str(self.port), "SHOPWARDEN_HOST": "127.0.0.1"}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, log: IO[bytes] | None = None) -> None:
        """`log`: where its output goes; else to ours."""
        command = [sys.executable, "-m", "shopwarden", "serve"]
        self._process = subprocess.Popen(command, env=self._environment, start_new_session=True, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urlopen(f"{self.url}/health/live", timeout=1) as reply:
                    if reply.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.05)
        raise AssertionError("the server did not come up")

    def kill(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def serving(database_url: str, redis_url: str, **environment: str) -> Iterator[Running]:
    given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SHOPWARDEN_LOG_LEVEL": "error"}
    server = Running(given | {"SHOPWARDEN_COLLECT_RATE_LIMIT_PER_MINUTE": "0"} | environment)
    server.start()
    try:
        yield server
    finally:
        server.kill()
