"""PostgreSQL restarted under load: the worker and the relay go on by themselves, and nothing runs twice or is lost."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from shopwarden.embedded.postgres import start_postgres
from shopwarden.store.database import Database
from shopwarden.store.migrate import migrate
from shopwarden.store.stores import create_store
from shopwarden.work import run
from tests.jobs.counting import FUNCTIONS, effects, put_many, wait_for_effects, wait_until_empty


@pytest.fixture
def own_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="shopwarden-restart-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def test_postgres_restarted_in_the_middle(own_folder: Path, redis_url: str) -> None:
    server = start_postgres(own_folder)
    await asyncio.to_thread(migrate, server.url)
    database = await Database.connect(server.url, largest=22)
    store_id: UUID = await create_store(database, name="Test shop")
    await put_many(database, store_id, 300)
    stop = asyncio.Event()
    working = asyncio.create_task(run(database, redis_url, stop, FUNCTIONS))
    await wait_for_effects(database, 40)
    server.stop()
    await asyncio.sleep(1)
    server = start_postgres(own_folder)
    try:
        await wait_until_empty(database)
        expected = sorted(f"n{number}" for number in range(300))
        assert await effects(database) == expected
        assert await effects(database, "risk-analysis") == expected
    finally:
        stop.set()
        await working
        await database.close()
        server.stop()
