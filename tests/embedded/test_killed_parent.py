"""A parent killed without warning: its servers go with it, and the next start works on the same data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import psutil
import redis

from shopwarden.embedded.postgres import start_postgres
from shopwarden.embedded.process import start_child, stop_left_over
from shopwarden.embedded.valkey import start_valkey

PARENT = """
import sys, time
from pathlib import Path
from shopwarden.embedded.postgres import start_postgres
from shopwarden.embedded.valkey import start_valkey
folder = Path(sys.argv[1])
postgres, valkey = start_postgres(folder), start_valkey(folder)
print(postgres.pid, valkey.pid, flush=True)
time.sleep(600)
"""


def start_parent(folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    return parent, [int(word) for word in parent.stdout.readline().split()]


def running(pid: int) -> bool:
    # Ended but not yet waited for by the system's first process counts as ended.
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(pids: list[int], patience: float) -> bool:
    limit = time.monotonic() + patience
    while any(running(pid) for pid in pids) and time.monotonic() < limit:
        time.sleep(0.02)
    return not any(running(pid) for pid in pids)


async def test_the_next_start_works_at_once_and_finds_what_was_committed(folder: Path) -> None:
    parent, pids = start_parent(folder)
    connection = await asyncpg.connect(f"postgresql://postgres@/shopwarden?host={folder}/run")
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    postgres, valkey = start_postgres(folder), start_valkey(folder)
    try:
        assert gone(pids, 0.0)
        fresh = await asyncpg.connect(postgres.url)
        assert await fresh.fetchval("SELECT number FROM kept") == 42
        await fresh.close()
        with redis.Redis.from_url(valkey.url) as client:
            assert client.ping()
    finally:
        postgres.stop()
        valkey.stop()
        connection.terminate()


def test_the_servers_end_with_their_parent(folder: Path) -> None:
    parent, pids = start_parent(folder)
    assert len(pids) == 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert gone(pids, 15.0)


def test_a_server_that_stayed_is_stopped_before_the_next_start(folder: Path) -> None:
    start_postgres(folder, durable=False).stop()
    data = folder / "postgres"
    stayed = start_stray(data)
    assert stop_left_over(data, "postgres", ((signal.SIGINT, 10.0),)) > 0
    assert stayed.wait(5) == 0
    assert stop_left_over(data, "postgres", ((signal.SIGINT, 10.0),)) == 0


def start_stray(data: Path) -> subprocess.Popen[bytes]:
    """A server whose parent does not know of it, as after a kill on a system that tells children nothing."""
    from shopwarden.embedded.account import account_for
    from shopwarden.embedded.programs import postgres_programs

    account = account_for(data)
    programs = postgres_programs(data.parent, account)
    stray = start_child(account, [programs / "postgres", "-D", data], data.parent / "stray.log", signal.SIGINT)
    limit = time.monotonic() + 20
    while "ready" not in (data / "postmaster.pid").read_text() if (data / "postmaster.pid").exists() else True:
        assert time.monotonic() < limit
        assert stray.poll() is None
        time.sleep(0.02)
    assert os.path.samefile(f"/proc/{stray.pid}/cwd", data)
    return stray
