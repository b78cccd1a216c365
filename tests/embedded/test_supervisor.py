"""The supervisor starts in order, restarts what died with growing pauses, and stops in reverse."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.embedded.own_process import OwnProcess
from shopwarden.embedded.process import die_with_parent
from shopwarden.embedded.supervisor import Supervisor, wait_before_start
from shopwarden.errors import StopError


def sleeper() -> OwnProcess:
    import subprocess

    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    return OwnProcess(subprocess.Popen(command, preexec_fn=die_with_parent(signal.SIGKILL)))


@dataclass
class Recorded:
    """A process that lives as long as it is told to, and writes down when it is started and stopped."""

    name: str
    record: list[str]
    living: bool = True
    pid: int = field(default_factory=os.getpid)

    def alive(self) -> bool:
        return self.living

    def stop(self) -> None:
        self.living = False
        self.record.append(f"stop {self.name}")


def test_a_killed_process_is_started_again() -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append)
    first = supervisor.start("Sleeper", sleeper)
    os.kill(first.pid, signal.SIGKILL)
    first.process.wait()
    supervisor.look(time.monotonic())
    assert said == ["Sleeper ended unexpectedly, starting it again in 0.5 s"]
    supervisor.look(time.monotonic() + 1.0)
    assert said[1].startswith("Sleeper runs again (process ")
    assert str(first.pid) not in said[1]
    supervisor.stop()


def test_stops_in_reverse_order() -> None:
    record: list[str] = []
    supervisor = Supervisor(record.append)
    for name in ("database", "worker", "http"):
        supervisor.start(name, lambda name=name: Recorded(name, record))
    supervisor.stop()
    assert record == ["stop http", "stop worker", "stop database"]


def test_a_start_that_fails_is_tried_again_later() -> None:
    said: list[str] = []
    runners = [Recorded("thing", []), StopError("no room"), Recorded("thing", [])]

    def start() -> Recorded:
        runner = runners.pop(0)
        if isinstance(runner, StopError):
            raise runner
        return runner

    supervisor = Supervisor(said.append)
    supervisor.start("Thing", start).living = False
    supervisor.look(100.0)
    supervisor.look(100.6)
    supervisor.look(101.0)
    assert said[1:] == ["Thing could not be started: no room"]
    supervisor.look(101.7)
    assert said[2] == f"Thing runs again (process {os.getpid()})"


def test_a_long_life_forgives_earlier_deaths() -> None:
    said: list[str] = []
    made: list[Recorded] = []

    def start() -> Recorded:
        made.append(Recorded("thing", []))
        return made[-1]

    supervisor = Supervisor(said.append)
    supervisor.start("Thing", start)
    now = time.monotonic()
    waits = []
    for lived in (1.0, 1.0, 1.0, 61.0):
        now += lived
        made[-1].living = False
        supervisor.look(now)
        waits.append(float(said[-1].split()[-2]))
        now += waits[-1]
        supervisor.look(now)
    assert waits == [0.5, 1.0, 2.0, 0.5]


@given(st.integers(min_value=-5, max_value=10_000))
def test_the_pause_grows_up_to_half_a_minute(deaths: int) -> None:
    assert 0.0 <= wait_before_start(deaths) <= wait_before_start(deaths + 1) <= 30.0
