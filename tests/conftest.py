"""Real servers for the tests: a PostgreSQL and a Valkey per test process, a clean migrated database per test."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import asyncpg
import pytest
import redis
from hypothesis import HealthCheck, settings

from shopwarden.embedded.postgres import start_postgres
from shopwarden.embedded.valkey import start_valkey
from tests.fresh_database import FreshDatabases

if TYPE_CHECKING:
    from shopwarden.store.database import Database

Result = TypeVar("Result")
TEMPLATE = "shopwarden"

# How long an example takes tells of what else the machine does, not of the product.
settings.register_profile("shopwarden", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shopwarden")


A_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")

LONGEST_FIRST = ("browser", "stories", "commands", "jobs", "live")
"""Folders whose tests take long: begun last, one process would still be at them while the others have nothing left to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0] if item.path.is_relative_to(here) else ""
        return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=place)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A random id may not name a test: every process has to know it under the same name."""
    return argname if isinstance(val, str) and A_UUID.search(val) else None


def wait_in_thread(work: Coroutine[object, object, Result]) -> Result:
    """Runs a coroutine to its end on a loop of its own, beside whatever loop the test uses."""
    with ThreadPoolExecutor(1) as one:
        return one.submit(asyncio.run, work).result()


def sibling(url: str, name: str) -> str:
    """The URL of another database on the same embedded server."""
    return url.replace(f"/{TEMPLATE}?", f"/{name}?")


async def run_sql(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """A short folder every account may pass through: as root, PostgreSQL runs under another account."""
    folder = Path(tempfile.mkdtemp(prefix="shopwarden-tests-", dir="/tmp"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(servers_folder: Path) -> Iterator[str]:
    """The server's own URL, naming the empty database `postgres`. Tests take `database_url`."""
    server = start_postgres(servers_folder, durable=False)
    url = sibling(server.url, "postgres")
    # What it gathers about the rows of one test would steer the plans of the next.
    wait_in_thread(run_sql(url, "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()"))
    yield url
    server.stop()


@pytest.fixture(scope="session")
def migrated_url(postgres_url: str) -> str:
    """The migrated database all others are copied from: never connect to it, a copy needs it idle."""
    from shopwarden.store.migrate import migrate

    url = postgres_url.replace("/postgres?", f"/{TEMPLATE}?")
    with ThreadPoolExecutor(1) as one:
        one.submit(migrate, url).result()
    return url


@pytest.fixture(scope="session")
def fresh_databases(postgres_url: str, migrated_url: str) -> Iterator[FreshDatabases]:
    opened = FreshDatabases(postgres_url, TEMPLATE, lambda name: sibling(migrated_url, name))
    yield opened
    opened.close()


@pytest.fixture
def database_url(fresh_databases: FreshDatabases) -> Iterator[str]:
    """A clean migrated database under a name of its own: nothing of any other test is in it."""
    name = fresh_databases.take()
    yield fresh_databases.url_of(name)
    fresh_databases.give_back(name)


@pytest.fixture(scope="session")
def valkey_url(servers_folder: Path) -> Iterator[str]:
    server = start_valkey(servers_folder, durable=False)
    yield server.url
    server.stop()


@pytest.fixture
def redis_url(valkey_url: str) -> str:
    """A real, empty Valkey."""
    client = redis.Redis.from_url(valkey_url)
    client.flushall()
    client.close()
    return valkey_url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    from shopwarden.store.database import Database

    opened = await Database.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def store_id(database: Database) -> UUID:
    """A store of its own in the fresh database."""
    from shopwarden.store.stores import create_store

    return await create_store(database, name="Test shop")
