"""The real product for a browser: server and worker as processes of their own, and one fresh store seen from outside."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from shopwarden.domain.ids import StoreId
from shopwarden.store.api_keys import create_key
from shopwarden.store.database import Database
from shopwarden.store.stores import create_store
from tests.stories.serving import Running, serving

PATIENCE = 30.0
QUIET = 0.4
"""How long nothing may follow what was waited for: an event that is stored twice would come now."""


class Installation:
    """Server and worker on a database of their own; stores come and go in it."""

    def __init__(self, server: Running, database: Database) -> None:
        self.server, self.database = server, database

    @property
    def url(self) -> str:
        return self.server.url


class Product:
    """One fresh store of the installation, its keys, and what a test asks of it."""

    def __init__(self, installation: Installation, store_id: StoreId, keys: dict[str, str]) -> None:
        self.installation, self.store_id = installation, store_id
        self.url = installation.url
        self.server = installation.server
        self.database = installation.database
        self.write_key = keys["write"]
        self.api_key = keys["api"]
        self.viewer_key = keys["viewer"]

    async def rows(self, table: str, order: str) -> list[dict[str, Any]]:
        query = f"SELECT * FROM {table} WHERE store_id = $1 ORDER BY {order}"
        return [dict(row) for row in await self.database.pool.fetch(query, self.store_id)]

    async def activities(self) -> list[dict[str, Any]]:
        """Stored events as they happened: the columns of `customer_activities`, and `properties`, `path` at hand."""
        found = await self.rows("customer_activities", "created_at, id")
        for row in found:
            data = row["activity_data"] or {}
            row |= {"properties": data.get("properties", {}), "path": data.get("path", "")}
        return found

    async def kinds(self) -> list[str]:
        return [row["activity_type"] for row in await self.activities()]

    async def sessions(self) -> list[dict[str, Any]]:
        return await self.rows("sessions", "started_at, id")

    async def visitors(self) -> list[dict[str, Any]]:
        return await self.rows("visitors", "first_seen, id")

    async def counted(self) -> list[dict[str, Any]]:
        """Views of people who did not agree to be recognised."""
        return await self.rows("page_counts", "day, page_kind")

    async def until(self, what: Callable[[], Awaitable[bool]], why: str, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not await what():
            assert time.monotonic() < deadline, f"waited {seconds} s in vain until {why}; stored: {await self.kinds()}"
            await asyncio.sleep(0.03)

    async def settled(self, count: int, *, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """All activities, once there are `count`, and after a while in which another one would have come."""

        async def enough() -> bool:
            return len(await self.kinds()) >= count

        await self.until(enough, f"{count} events are stored", seconds)
        await asyncio.sleep(QUIET)
        return await self.activities()

    async def get(self, path: str, **parameters: str) -> Any:
        """A path of the API below the store, such as "/visitors", read with the key that may see everything."""
        async with httpx.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {self.api_key}"}) as client:
            reply = await client.get(f"/api/stores/{self.store_id}{path}", params=parameters)
            assert reply.status_code == 200, reply.text
            return reply.json()

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        async with httpx.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {self.api_key}"}) as client:
            reply = await client.put(f"/api/stores/{self.store_id}{path}", json=body)
            assert reply.status_code == 200, reply.text
            return reply.json()


async def open_store(installation: Installation, name: str = "Browser shop") -> Product:
    """A store without any event yet, with a write key, a viewers-only key and one that may do everything."""
    database = installation.database
    store_id = await create_store(database, name=name, currency="USD")
    everything = ["visitors:read", "customers:read", "customers:write", "orders:check", "admin", "pii:read"]
    scopes = {"write": ["ingest"], "api": everything, "viewer": ["live:read"]}
    made = {key: await create_key(database, name=key, scopes=scopes[key], store_id=store_id) for key in scopes}
    return Product(installation, store_id, {key: each.secret for key, each in made.items()})


@contextmanager
def server_and_worker(database_url: str, redis_url: str) -> Iterator[Running]:
    environment = {"SHOPWARDEN_RATE_LIMIT_PER_MINUTE": "1000000"}
    given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SHOPWARDEN_LOG_LEVEL": "error"}
    with serving(database_url, redis_url, **environment) as server:
        worker = subprocess.Popen(
            [sys.executable, "-m", "shopwarden", "work"], env=os.environ | given | environment, start_new_session=True
        )
        try:
            yield server
        finally:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
