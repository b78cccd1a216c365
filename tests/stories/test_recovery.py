"""The whole product under load while its parts are killed: whatever was answered 200 is processed, once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import redis

from shopwarden.embedded.postgres import start_postgres
from shopwarden.store.api_keys import create_key
from shopwarden.store.database import Database
from shopwarden.store.migrate import migrate
from shopwarden.store.stores import create_store
from tests.stories.serving import serving

SECRET = "shpss_recovery"
SHOP = "recovery.myshopify.com"
ORDERS = 240
BATCHES = 120
BATCH = 10
ORDER: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data/shopify/order_2026_07.json").read_text())


@pytest.fixture
def own_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="shopwarden-recovery-", dir="/tmp"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class Load:
    """Sends until it is told 200, as Shopify and Segment's SDKs do, and remembers what was told 200."""

    def __init__(self, client: httpx.AsyncClient, write_key: str) -> None:
        self.client, self.write_key = client, write_key
        self.orders: set[str] = set()
        self.messages: set[str] = set()

    async def until_taken(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        for _ in range(400):
            try:
                if (await self.client.post(path, content=body, headers=headers)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
        raise AssertionError(f"{path} never answered 200")

    async def order(self, number: int) -> None:
        now = datetime.now(UTC).isoformat()
        body = json.dumps(ORDER | {"id": 9_000_000 + number, "created_at": now, "updated_at": now}).encode()
        headers = {
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Shop-Domain": SHOP,
            "X-Shopify-Webhook-Id": f"delivery-{number}",
            "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode(),
            "Content-Type": "application/json",
        }
        await self.until_taken("/webhooks/shopify", body, headers)
        self.orders.add(str(9_000_000 + number))

    async def batch(self, number: int) -> None:
        names = [f"message-{number}-{place}" for place in range(BATCH)]
        messages = [
            {"type": "page", "anonymousId": f"a-{number % 9}", "messageId": name, "properties": {"name": name}}
            for name in names
        ]
        credentials = base64.b64encode(f"{self.write_key}:".encode()).decode()
        body = json.dumps({"batch": messages}).encode()
        await self.until_taken("/v1/batch", body, {"Authorization": f"Basic {credentials}"})
        self.messages.update(names)

    async def run(self) -> None:
        async def orders() -> None:
            for number in range(ORDERS):
                await self.order(number)
                await asyncio.sleep(0.02)

        async def visits() -> None:
            for number in range(BATCHES):
                await self.batch(number)
                await asyncio.sleep(0.04)

        await asyncio.gather(orders(), visits())


def start_worker(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "shopwarden", "work"], env=os.environ | environment)


async def count(url: str, query: str) -> int:
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError):
        return -1
    try:
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


async def wait_until(url: str, query: str, wanted: int, seconds: float = 90) -> None:
    async with asyncio.timeout(seconds):
        while await count(url, query) < wanted:  # noqa: ASYNC110 - the event is in the database
            await asyncio.sleep(0.1)


async def test_worker_killed_redis_emptied_and_postgres_restarted_under_load(own_folder: Path, redis_url: str) -> None:
    server = start_postgres(own_folder)
    url = server.url
    await asyncio.to_thread(migrate, url)
    database = await Database.connect(url)
    store_id = await create_store(database, "Recovery", SHOP)
    key = await create_key(database, name="sdk", scopes=["ingest"], store_id=store_id)
    await database.close()
    environment = {
        "DATABASE_URL": url,
        "REDIS_URL": redis_url,
        "SHOPWARDEN_LOG_LEVEL": "error",
        "SHOPIFY_API_SECRET": SECRET,
    }
    worker = start_worker(environment)
    try:
        with serving(url, redis_url, SHOPIFY_API_SECRET=SECRET, SHOPWARDEN_RATE_LIMIT_PER_MINUTE="1000000") as http:
            async with httpx.AsyncClient(base_url=http.url, timeout=10) as client:
                load = Load(client, key.secret)
                sending = asyncio.create_task(load.run())
                await wait_until(url, "SELECT count(*) FROM orders", 20)
                worker.kill()
                worker.wait()
                worker = start_worker(environment)
                await wait_until(url, "SELECT count(*) FROM inbox", 90)
                redis.Redis.from_url(redis_url).flushall()
                await wait_until(url, "SELECT count(*) FROM inbox", 150)
                server.stop()
                server = start_postgres(own_folder)
                await sending
                await wait_until(url, "SELECT (SELECT count(*) FROM inbox) - (SELECT count(*) FROM outbox)", ORDERS)
        await check(url, load)
    finally:
        worker.kill()
        worker.wait()
        server.stop()


async def check(url: str, load: Load) -> None:
    connection = await asyncpg.connect(url)
    orders = await connection.fetch("SELECT external_id, verdict_id FROM orders")
    assert sorted(row["external_id"] for row in orders) == sorted(load.orders)
    assert len(load.orders) == ORDERS
    assert all(row["verdict_id"] is not None for row in orders)
    judged = await connection.fetch("SELECT subject_id, count(*) FROM verdicts WHERE subject = 'order' GROUP BY 1")
    assert {row["count"] for row in judged} == {1}
    assert len(judged) == ORDERS
    outcomes = await connection.fetch("SELECT outcome, count(*) FROM inbox GROUP BY 1")
    assert {row["outcome"]: row["count"] for row in outcomes} == {"processed": ORDERS}
    names = await connection.fetch(
        "SELECT activity_data -> 'properties' ->> 'name' AS name FROM customer_activities WHERE source = 'collect'"
    )
    assert sorted(row["name"] for row in names) == sorted(load.messages)
    assert len(load.messages) == BATCHES * BATCH
    await connection.close()
