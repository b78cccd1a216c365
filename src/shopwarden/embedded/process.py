"""Child processes that end with their parent, are found again when they did not, and are stopped step by step."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from shopwarden.embedded.account import Account

_PR_SET_PDEATHSIG = 1
_LOG_LIMIT = 10 * 1024 * 1024


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """For `preexec_fn`: the kernel sends `death_signal` when the thread that started the child ends. None off Linux."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


def end_with_parent(death_signal: signal.Signals) -> None:
    """Asks the kernel for `death_signal` to this very process when its parent ends. Nothing off Linux."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def run_as(account: Account, command: Sequence[object], text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end as `account`, with nothing of our environment (it holds secrets) but the search path."""
    return subprocess.run(  # noqa: S603
        [str(part) for part in command],
        input=text,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=_environment(),
        **account.identity(),
    )


def start_child(
    account: Account, command: Sequence[object], log: Path, death_signal: signal.Signals
) -> subprocess.Popen[bytes]:
    """Starts a server as `account` in its own process group, its output appended to `log`."""
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=_environment(),
            # A Ctrl-C in the terminal must reach the parent alone: it stops the servers last.
            start_new_session=True,
            preexec_fn=die_with_parent(death_signal),
            **account.identity(),
        )


def stop_child(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Sends each signal in turn until the child is gone, waiting the given seconds after each."""
    for step, patience in steps:
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(step)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def left_over(data: Path, program: str) -> list[psutil.Process]:
    """Running processes of `program` that work in the folder `data`: what a killed parent left behind."""
    found = []
    for process in psutil.process_iter(["name"]):
        if process.info["name"] != program:
            continue
        with contextlib.suppress(psutil.Error, OSError):
            if Path(process.cwd()) == data:
                found.append(process)
    return found


def stop_left_over(data: Path, program: str, steps: Sequence[tuple[signal.Signals, float]]) -> int:
    """Ends what a killed parent left behind, gently first; returns how many processes there were."""
    data = data.resolve()
    first = left_over(data, program)
    # The kernel has told most of them to stop already: that is quicker than a second signal.
    psutil.wait_procs(first, timeout=2.0)
    for step, patience in steps:
        remaining = left_over(data, program)
        if not remaining:
            break
        parents = {process.pid for process in remaining}
        for process in remaining:
            with contextlib.suppress(psutil.Error):
                if process.ppid() not in parents:
                    process.send_signal(step)
        psutil.wait_procs(remaining, timeout=patience)
    return len(first)


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], patience: float) -> bool:
    """Asks `ready` until it is true; False when the child ended or `patience` seconds are over."""
    limit = time.monotonic() + patience
    pause = 0.005
    while time.monotonic() < limit:
        if ready():
            return True
        if process.poll() is not None:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return False


def last_lines(log: Path, count: int = 8) -> str:
    """The end of a log, for an error message."""
    try:
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-count:])
    except OSError:
        return ""


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
