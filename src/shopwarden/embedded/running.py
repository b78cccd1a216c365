"""The note a running `up` leaves in its data folder, so that other commands find its servers."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import psutil

from shopwarden.errors import StopError

_NAME = "running.json"


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """Where the servers of a running `up` are; `pid` is that of `up` itself, `sandbox_url` of what stands in for vendors."""

    pid: int
    database_url: str
    redis_url: str
    url: str
    sandbox_url: str = ""


def write_private(path: Path, content: bytes) -> None:
    """Replaces a file at once, readable by its owner alone."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)


def write_running(folder: Path, running: Running) -> None:
    write_private(folder / _NAME, msgspec.json.encode(running))


def forget_running(folder: Path) -> None:
    (folder / _NAME).unlink(missing_ok=True)


def find_running(folder: Path) -> Running | None:
    """The note of an `up` that still runs; None when there is none (a note left by a killed one counts for nothing)."""
    try:
        running = msgspec.json.decode((folder / _NAME).read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None
    return running if psutil.pid_exists(running.pid) else None


def server_urls(database_url: str, redis_url: str, folder: Path) -> tuple[str, str]:
    """The two URLs to use: those given, else those of the `up` running on `folder`. StopError when there are neither."""
    if database_url and redis_url:
        return database_url, redis_url
    running = find_running(folder)
    if running is None:
        missing = " and ".join(name for name, url in (("DATABASE_URL", database_url), ("REDIS_URL", redis_url)) if not url)
        raise StopError(
            f"{missing} not set and `shopwarden up` does not run on {folder}: set them, or start `shopwarden up`"
        )
    return database_url or running.database_url, redis_url or running.redis_url
