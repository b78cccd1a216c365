"""One of our own commands as a child process that ends with its parent."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopwarden.embedded.process import die_with_parent, stop_child

# Requests and jobs in hand get this long to end by themselves.
_STEPS = ((signal.SIGTERM, 30.0), (signal.SIGKILL, 5.0))


@dataclass
class OwnProcess:
    """A running `python -m shopwarden ...`."""

    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        stop_child(self.process, _STEPS)


def start_own(arguments: Sequence[str], environment: Mapping[str, str]) -> OwnProcess:
    """Starts a command with this environment, its output beside ours, in a process group of its own."""
    return OwnProcess(
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "shopwarden", *arguments],
            stdin=subprocess.DEVNULL,
            env=dict(environment),
            # A Ctrl-C in the terminal must reach the parent alone: it stops its children in order.
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    )
