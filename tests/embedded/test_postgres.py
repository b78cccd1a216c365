"""The embedded PostgreSQL: data outlives restarts, and nothing a crash leaves behind is in the way of the next start."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import asyncpg
import pytest

from shopwarden.embedded.postgres import start_postgres
from shopwarden.errors import StopError


async def value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_restart_finds_the_data(folder: Path) -> None:
    server = start_postgres(folder)
    await value(server.url, "CREATE TABLE kept AS SELECT 42 AS number")
    server.stop()
    assert not server.alive()
    server = start_postgres(folder)
    try:
        assert await value(server.url, "SELECT number FROM kept") == 42
    finally:
        server.stop()


async def test_it_is_a_durable_utf8_server_without_a_network_port(folder: Path) -> None:
    server = start_postgres(folder)
    try:
        assert await value(server.url, "SHOW fsync") == "on"
        assert await value(server.url, "SHOW synchronous_commit") == "on"
        assert await value(server.url, "SHOW data_checksums") == "on"
        assert await value(server.url, "SHOW listen_addresses") == ""
        assert await value(server.url, "SHOW server_encoding") == "UTF8"
        assert await value(server.url, "SELECT lower('ÄÉ')") == "äé"
        assert (folder / "run").stat().st_mode & 0o777 == 0o700
        assert (folder / "postgres").stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()


def test_a_second_start_on_the_same_folder_is_refused(folder: Path) -> None:
    server = start_postgres(folder, durable=False)
    try:
        with pytest.raises(StopError, match=rf"already running on {folder} \(process {os.getpid()}\)"):
            start_postgres(folder, durable=False)
        assert server.alive()
    finally:
        server.stop()


async def test_a_pid_file_that_names_a_living_stranger_is_no_obstacle(folder: Path) -> None:
    server = start_postgres(folder)
    await value(server.url, "CREATE TABLE kept AS SELECT 7 AS number")
    lock = folder / "postgres" / "postmaster.pid"
    left = lock.read_text().splitlines()
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.stop()
    lock.write_text("\n".join([str(os.getpid()), *left[1:]]) + "\n")
    server = start_postgres(folder)
    try:
        assert await value(server.url, "SELECT number FROM kept") == 7
    finally:
        server.stop()


def test_a_first_start_that_was_killed_is_done_again(folder: Path) -> None:
    half_made = folder / "making-half"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    server = start_postgres(folder, durable=False)
    server.stop()
    assert not half_made.exists()
    assert (folder / "postgres" / "PG_VERSION").exists()


def test_a_folder_that_is_something_else_is_left_alone(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "letters.txt").write_text("mine")
    with pytest.raises(StopError, match="not a PostgreSQL data folder"):
        start_postgres(folder, durable=False)
    assert (folder / "postgres" / "letters.txt").read_text() == "mine"


def test_data_of_another_version_is_named(folder: Path) -> None:
    start_postgres(folder, durable=False).stop()
    (folder / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(StopError, match="made by PostgreSQL 15 and this installation brings PostgreSQL 18"):
        start_postgres(folder, durable=False)


def test_a_server_that_will_not_start_says_why(folder: Path) -> None:
    start_postgres(folder, durable=False).stop()
    (folder / "postgres" / "override.conf").write_text("shared_buffers = nonsense\n")
    with pytest.raises(StopError, match=r"(?s)did not start.*shared_buffers"):
        start_postgres(folder, durable=False)


async def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    server = start_postgres(deep, durable=False)
    try:
        assert await value(server.url, "SELECT 1") == 1
        assert str(deep) not in server.url
        sockets = Path(server.url.split("host=")[1])
        assert sockets.stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()
    assert not sockets.exists()
