"""The sandbox beside the product: which port it takes, and who is told of it."""

from __future__ import annotations

import os
import socket
from functools import partial

import msgspec

from shopwarden.embedded.own_process import start_own
from shopwarden.embedded.supervisor import Supervisor
from shopwarden.settings import Settings

_BESIDE = 101


def start_sandbox(settings: Settings, supervisor: Supervisor) -> Settings:
    """Starts the sandbox on this machine alone; answers the settings with its address."""
    port = _port(settings.port + _BESIDE)
    supervisor.start("Sandbox", partial(start_own, ["sandbox", "--quiet", "--port", str(port)], dict(os.environ)))
    return msgspec.structs.replace(settings, sandbox_url=f"http://127.0.0.1:{port}")


def _port(wanted: int) -> int:
    """The wanted port where it is free, else any that is."""
    for port in (wanted if wanted < 65536 else 0, 0):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(trial.getsockname()[1])
    raise OSError("no port is free")
