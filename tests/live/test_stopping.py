"""The real server stops in time although a feed is open, and tells its viewer that it is over."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from uuid import UUID

import httpx

from shopwarden.domain.ids import StoreId
from shopwarden.embedded.own_process import start_own
from shopwarden.live.stopping import told_to_stop
from shopwarden.store.api_keys import create_key
from shopwarden.store.database import Database
from tests.live.feeding import PATIENCE, until
from tests.stories.serving import free_port


async def test_an_open_feed_does_not_hold_up_the_servers_end(
    database: Database, database_url: str, redis_url: str, store_id: UUID
) -> None:
    key = await create_key(database, name="viewer", scopes=["live:read"], store_id=StoreId(store_id))
    port = free_port()
    given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SHOPWARDEN_PORT": str(port)}
    server = start_own(["serve"], os.environ | given | {"SHOPWARDEN_LOG_LEVEL": "error", "SHOPWARDEN_HOST": "127.0.0.1"})
    try:
        headers = {"Authorization": f"Bearer {key.secret}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=20) as client:
            await _answering(client)
            async with client.stream("GET", f"/api/stores/{store_id}/live") as feed:
                lines = feed.aiter_lines()
                while await anext(lines) != "event: snapshot":
                    pass
                told = time.monotonic()
                os.kill(server.pid, signal.SIGTERM)
                async for _ in lines:
                    pass
        await asyncio.to_thread(server.process.wait, 10)
        assert time.monotonic() - told < 5
    finally:
        server.stop()


async def _answering(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(90):
        while True:
            try:
                if (await client.get("/health/live")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def test_a_signal_is_told_and_handed_on() -> None:
    told, handed_on = asyncio.Event(), []
    before = signal.signal(signal.SIGTERM, lambda number, _: handed_on.append(number))
    try:
        with told_to_stop(told.set):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(told.wait(), PATIENCE)
        assert handed_on == [signal.SIGTERM]
        os.kill(os.getpid(), signal.SIGTERM)
        # Afterwards the earlier handler is back.
        await until(lambda: len(handed_on) == 2)
    finally:
        signal.signal(signal.SIGTERM, before)
