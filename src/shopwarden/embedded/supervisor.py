"""Keeps a list of processes running: started in order, restarted with backoff when they die, stopped in reverse."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from shopwarden.errors import StopError

_LONGEST_WAIT = 30.0
# After this long a life, a death is the first again and the next start comes at once.
_HEALTHY = 60.0


class Runner(Protocol):
    """Anything with a process: the embedded servers, our own HTTP and worker processes."""

    @property
    def pid(self) -> int: ...
    def alive(self) -> bool: ...
    def stop(self) -> None: ...


Started = TypeVar("Started", bound=Runner)


def wait_before_start(deaths: int) -> float:
    """Seconds between a death and the next start: 0.5, 1, 2, ... up to 30, by the number of deaths in a row."""
    return min(_LONGEST_WAIT, 0.5 * 2.0 ** min(deaths - 1, 10)) if deaths > 0 else 0.0


@dataclass
class Watched:
    """One process with its name and the way to start it."""

    name: str
    start: Callable[[], Runner]
    runner: Runner
    started: float = field(default_factory=time.monotonic)
    deaths: int = 0
    due: float | None = None


class Supervisor:
    """`say` gets one sentence for each death and each restart."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._watched: list[Watched] = []

    def start(self, name: str, start: Callable[[], Started]) -> Started:
        """Starts and watches a process from now on; a failure of this first start is the caller's to hear."""
        runner = start()
        self._watched.append(Watched(name, start, runner))
        return runner

    def look(self, now: float) -> None:
        """One look at every process: to be called a few times a second with `time.monotonic()`."""
        for watched in self._watched:
            if watched.due is None and not watched.runner.alive():
                watched.deaths = 1 if now - watched.started > _HEALTHY else watched.deaths + 1
                wait = wait_before_start(watched.deaths)
                watched.due = now + wait
                # A server that died by itself still holds its lock through its handle.
                watched.runner.stop()
                self._say(f"{watched.name} ended unexpectedly, starting it again in {wait:g} s")
            elif watched.due is not None and now >= watched.due:
                self._restart(watched, now)

    def stop(self) -> None:
        """Stops every process, the last started first."""
        for watched in reversed(self._watched):
            watched.runner.stop()
        self._watched.clear()

    def names(self) -> Sequence[str]:
        return [watched.name for watched in self._watched]

    def _restart(self, watched: Watched, now: float) -> None:
        try:
            watched.runner = watched.start()
        except StopError as problem:
            watched.deaths += 1
            watched.due = now + wait_before_start(watched.deaths)
            self._say(f"{watched.name} could not be started: {problem}")
            return
        watched.started, watched.due = now, None
        self._say(f"{watched.name} runs again (process {watched.runner.pid})")
