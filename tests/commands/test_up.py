"""`shopwarden up` from outside: what it prints, what survives a kill, what a second start finds."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

PATIENCE = 90.0


class Up:
    """A running `up`; `said` is everything it printed until it was up."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "up.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "shopwarden", "up"],
                env=environment(folder, port),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(lambda: "Ctrl-C stops" in self.said or self.process.poll() is not None)
            assert self.process.poll() is None, self.said
        except AssertionError:
            self.process.terminate()
            self.process.wait(PATIENCE)
            raise

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words: str) -> psutil.Process:
        return next(each for each in self.family() if all(word in told_by(each) for word in words))

    def serves(self) -> bool:
        try:
            with urlopen(f"{self.url}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def told_by(process: psutil.Process) -> list[str]:
    """Its command line; none where it ends meanwhile, as connections of PostgreSQL do."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return kept | {"SHOPWARDEN_DATA_DIR": str(folder), "SHOPWARDEN_PORT": str(port)}


def wait_until(true: Callable[[], bool], patience: float = PATIENCE) -> None:
    limit = time.monotonic() + patience
    while not true():
        assert time.monotonic() < limit, "waited too long"
        time.sleep(0.05)


def shopwarden(folder: Path, port: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shopwarden", *arguments]
    return subprocess.run(
        command, env=environment(folder, port), capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def line(said: str, name: str) -> str | None:
    return next((text.split(name)[1].strip() for text in said.splitlines() if text.strip().startswith(name)), None)


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="shopwarden-up-", dir="/tmp"))
    made.chmod(0o711 if os.geteuid() == 0 else 0o700)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@contextmanager
def running_in(folder: Path, port: int) -> Iterator[Up]:
    running = Up(folder, port)
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait(PATIENCE)


@pytest.fixture
def first_up(folder: Path, port: int) -> Iterator[Up]:
    with running_in(folder, port) as running:
        yield running


@pytest.fixture(scope="module")
def up(folder: Path, port: int) -> Iterator[Up]:
    """A later start. Its parts are killed one after the other, and it at last."""
    with running_in(folder, port) as running:
        yield running


def test_a_taken_port_is_said_before_anything_starts(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        done = shopwarden(folder, number, "up")
    assert done.returncode == 1
    assert f"port {number}" in done.stderr
    assert "SHOPWARDEN_PORT" in done.stderr
    assert not (folder / "postgres").exists()


def test_the_first_start_shows_everything_and_ends_cleanly(folder: Path, port: int, first_up: Up) -> None:
    up = first_up
    shown = {name: line(up.said, name) for name in ("shopwarden is up", "Login", "Password", "Write key", "API key")}
    assert shown["shopwarden is up"] == up.url
    assert all(shown.values()), shown
    assert up.serves()
    doctor = shopwarden(folder, port, "doctor")
    assert doctor.returncode == 0, doctor.stdout
    second = shopwarden(folder, port, "up")
    assert second.returncode == 1
    assert f"already running on {folder} (process {up.process.pid})" in second.stderr
    family = up.family()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(PATIENCE) == 0
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert up.said.rstrip().endswith("All data is kept.")
    assert (folder / "first-run.json").stat().st_mode & 0o777 == 0o600
    assert "is shut down" in (folder / "postgres.log").read_text()


def test_a_later_start_shows_the_write_key_again_and_no_secret(up: Up) -> None:
    assert line(up.said, "Write key")
    assert line(up.said, "Password") is None
    assert line(up.said, "API key") is None


@pytest.mark.parametrize("words", [("shopwarden", "serve"), ("shopwarden", "work")])
def test_a_killed_part_is_started_again(up: Up, words: tuple[str, ...]) -> None:
    killed, said = up.child(*words), up.said
    killed.kill()
    wait_until(lambda: "runs again" in up.said[len(said) :])
    wait_until(lambda: up.child(*words).pid != killed.pid)
    wait_until(up.serves)


def test_a_killed_database_is_started_again(up: Up) -> None:
    said = up.said
    next(each for each in up.family() if each.name() == "postgres" and each.ppid() == up.process.pid).kill()
    wait_until(lambda: "PostgreSQL runs again" in up.said[len(said) :])
    wait_until(up.serves)


def test_killed_without_warning_it_leaves_nothing_in_the_way(folder: Path, port: int, up: Up) -> None:
    family = up.family()
    up.process.kill()
    up.process.wait()
    with running_in(folder, port) as second:
        assert second.serves()
        # The old worker may still be letting its running jobs end, for which it has ten seconds; then nothing is left.
        assert psutil.wait_procs(family, timeout=20)[1] == []
