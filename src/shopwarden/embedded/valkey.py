"""Valkey as a child process: append-only file on, no network port, reachable by a private socket."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from shopwarden.embedded.account import Account, account_for
from shopwarden.embedded.folder import claim, make_folder, make_private
from shopwarden.embedded.process import last_lines, start_child, stop_child, stop_left_over, wait_for
from shopwarden.embedded.programs import valkey_program
from shopwarden.embedded.socket_folder import leave_socket_folder, socket_folder
from shopwarden.errors import StopError

_STEPS = ((signal.SIGTERM, 30.0), (signal.SIGKILL, 5.0))
_PATIENCE = 120.0


@dataclass
class EmbeddedValkey:
    """A running server; `url` is a redis-py `unix://` URL of its database 0. Keep it until `stop()`."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    held: ExitStack = field(repr=False)

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """Writes the append-only file out and stops; safe to call twice."""
        stop_child(self.process, _STEPS)
        self.held.close()


def start_valkey(folder: Path, *, durable: bool = True) -> EmbeddedValkey:
    """Starts the server whose data lies in `folder`/valkey and waits until it answers.

    An append-only file it can't read is set aside and the server starts empty: PostgreSQL is the truth.
    Call it from a thread that lives as long as the server shall. Raises StopError when it can't start.
    """
    folder = folder.absolute()
    data = folder / "valkey"
    account = account_for(data)
    make_folder(folder, account)
    with ExitStack() as stack:
        stack.enter_context(claim(folder / "valkey.lock", "Valkey"))
        stop_left_over(data, "valkey-server", _STEPS)
        make_private(data, account)
        path = socket_folder(folder, "valkey.sock", account) / "valkey.sock"
        stack.callback(leave_socket_folder, path.parent, folder)
        log = folder / "valkey.log"
        command = [valkey_program(folder, account), *_arguments(data, path, durable)]
        process = _started(account, command, path, log)
        if process is None and (data / "appendonlydir").exists():
            (data / "appendonlydir").rename(data / f"appendonlydir.unreadable-{time.time_ns()}")
            process = _started(account, command, path, log)
        if process is None:
            raise StopError(f"Valkey did not start; the end of {log}:\n{last_lines(log)}")
        return EmbeddedValkey(f"unix://{quote(str(path), safe='/')}?db=0", process, log, stack.pop_all())


def _arguments(data: Path, path: Path, durable: bool) -> list[str | Path]:
    values: dict[str, str | Path] = {
        "port": "0",
        "unixsocket": path,
        "unixsocketperm": "700",
        "dir": data,
        "daemonize": "no",
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "notice",
    }
    return [part for name, value in values.items() for part in (f"--{name}", value)]


def _started(account: Account, command: list[str | Path], path: Path, log: Path) -> subprocess.Popen[bytes] | None:
    path.unlink(missing_ok=True)
    process = start_child(account, command, log, signal.SIGTERM)
    if wait_for(lambda: _answers(path), process, _PATIENCE):
        return process
    stop_child(process, _STEPS)
    return None


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(2.0)
        try:
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
        except OSError:
            return False
