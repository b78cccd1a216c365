"""Who may import whom: the contracts of pyproject.toml hold, and drivers stay in the rooms that own them."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house.reading import ROOT, Source, sources

# A library and the only rooms (folders or files under src/shopwarden) that may import it.
OWNERS = {
    "asyncpg": {"store", "migrations"},
    "sqlalchemy": {"store", "migrations"},
    "alembic": {"store", "migrations"},
    "bullmq": {"jobs"},
    "apprise": {"outbound"},
    "httpx": {"outbound", "commands", "demo", "sandbox"},
    "litestar": {"web", "ingest", "api", "sandbox"},
    "granian": {"commands", "sandbox"},
    "typer": {"commands", "__main__"},
}
SETTINGS_READERS = {"__main__", "commands", "web", "work", "settings"}


def imported(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_a_library_stays_in_the_room_that_owns_it() -> None:
    strays = [
        f"{source.name} imports {module}"
        for source in sources()
        if source.room
        for module in imported(source)
        if source.room not in OWNERS.get(module.partition(".")[0], {source.room})
    ]
    assert not strays


def test_only_the_roots_read_the_settings() -> None:
    readers = {
        source.name
        for source in sources()
        if source.room and source.room not in SETTINGS_READERS and "shopwarden.settings" in set(imported(source))
    }
    assert not readers
