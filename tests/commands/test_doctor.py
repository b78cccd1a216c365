"""`shopwarden doctor` tells what is there, what is missing and what to do, and says so in its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shopwarden.__main__ import command_names

FREE_PORT = "18999"


def shopwarden(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-m", "shopwarden", *arguments]
    environment = kept | {"COLUMNS": "200", "SHOPWARDEN_PORT": FREE_PORT} | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def row(text: str, name: str) -> str:
    return next((line for line in text.splitlines() if line.startswith(f"│ {name}")), "")


def test_with_servers_that_answer_all_is_good(database_url: str, redis_url: str) -> None:
    done = shopwarden("doctor", DATABASE_URL=database_url, REDIS_URL=redis_url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "good │ DATABASE_URL, version 18" in row(done.stdout, "PostgreSQL")
    assert "good" in row(done.stdout, "Schema")
    assert "good │ REDIS_URL, version 8" in row(done.stdout, "Valkey")


def test_servers_that_do_not_answer_are_named(tmp_path: Path) -> None:
    done = shopwarden(
        "doctor", DATABASE_URL=f"postgresql://ann:hunter2@/x?host={tmp_path}", REDIS_URL=f"unix://{tmp_path}/none"
    )
    assert done.returncode == 1
    assert "missing" in row(done.stdout, "PostgreSQL")
    assert "missing" in row(done.stdout, "Redis")
    assert "hunter2" not in done.stdout + done.stderr


def test_a_schema_that_is_behind_is_missing(postgres_url: str, redis_url: str) -> None:
    done = shopwarden("doctor", DATABASE_URL=postgres_url, REDIS_URL=redis_url)
    assert done.returncode == 1
    assert "run `shopwarden migrate`" in row(done.stdout, "Schema")


@pytest.mark.parametrize("url", ["nonsense", "postgresql://[", "mysql://db/x", "postgresql://db.invalid/x"])
def test_a_url_that_is_none_is_a_finding_and_no_crash(url: str, redis_url: str) -> None:
    done = shopwarden("doctor", DATABASE_URL=url, REDIS_URL=redis_url)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "missing" in row(done.stdout, "PostgreSQL")


@pytest.mark.parametrize("url", ["nonsense", "http://cache", "redis://cache.invalid:6379"])
def test_so_is_one_of_redis(url: str, database_url: str) -> None:
    done = shopwarden("doctor", DATABASE_URL=database_url, REDIS_URL=url)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "missing" in row(done.stdout, "Redis")


def test_a_wrong_setting_is_one_line() -> None:
    done = shopwarden("doctor", SHOPWARDEN_WORKERS="many")
    assert done.returncode == 1
    assert done.stderr == "shopwarden: SHOPWARDEN_WORKERS must be a whole number, not 'many'\n"


def test_every_file_of_the_folder_is_a_command() -> None:
    done = shopwarden("--help")
    assert done.returncode == 0, done.stderr
    assert {"up", "serve", "work", "migrate", "doctor", "openapi"} <= set(command_names())
    assert all(f"│ {name} " in done.stdout for name in command_names())
