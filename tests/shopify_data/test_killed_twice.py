"""A worker is killed twice while it reads a shop: in the end everything is there, once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from uuid import UUID

from shopwarden.domain.ids import StoreId
from shopwarden.steps.shop_sync import begin
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.shop_syncs import latest_syncs
from shopwarden.store.tasks import find_task
from tests.shopify_app.conftest import KEYS, Shop

CUSTOMERS, ORDERS = 1000, 2000


def start_worker(database_url: str, redis_url: str, sandbox_url: str) -> subprocess.Popen[bytes]:
    environment = {
        "DATABASE_URL": database_url, "REDIS_URL": redis_url, "SHOPWARDEN_SANDBOX_URL": sandbox_url,
        "ENCRYPTION_KEYS": KEYS, "SHOPWARDEN_LOG_LEVEL": "error",
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-m", "shopwarden", "work"], env=os.environ | environment)


async def read_so_far(tools: VendorTools, store_id: StoreId, wanted: int) -> None:
    """Waits until so many records are taken over."""
    async with asyncio.timeout(120):
        while sum(one.lines for one in await latest_syncs(tools.database.pool, store_id)) < wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_worker_killed_twice_leaves_nothing_out(
    tools: VendorTools, shop: Shop, seeing_all: StoreId, database_url: str, redis_url: str
) -> None:
    await shop.ask("POST", customers=CUSTOMERS, orders=ORDERS, seed="killed")
    task_id: UUID = await begin(tools.database, seeing_all)
    seen = []
    for wanted in (250, 1500):
        worker = start_worker(database_url, redis_url, shop.sandbox.url)
        try:
            await read_so_far(tools, seeing_all, wanted)
        finally:
            worker.kill()
            worker.wait()
        seen.append(sum(one.lines for one in await latest_syncs(tools.database.pool, seeing_all)))
    assert 0 < seen[0] < seen[1] < CUSTOMERS + ORDERS, "it was killed on the way"
    worker = start_worker(database_url, redis_url, shop.sandbox.url)
    try:
        await read_so_far(tools, seeing_all, CUSTOMERS + ORDERS)
        async with asyncio.timeout(60):
            while any(one.state != "done" for one in await latest_syncs(tools.database.pool, seeing_all)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        worker.terminate()
        worker.wait()
    found = await tools.database.pool.fetchrow(
        "SELECT (SELECT count(*) FROM customers) AS rows, (SELECT count(DISTINCT shopify_id) FROM customers) AS customers,"
        " (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM orders WHERE line_items = '[]') AS empty,"
        " (SELECT count(*) FROM customer_activities WHERE activity_type = 'order') AS activities"
    )
    assert dict(found) == {
        "rows": found["customers"], "customers": CUSTOMERS, "orders": ORDERS, "empty": 0, "activities": ORDERS,
    } | {"rows": found["rows"]}  # fmt: skip
    task = await find_task(tools.database, seeing_all, task_id)
    assert task is not None
    assert (task.state, task.done, task.total) == ("done", CUSTOMERS + ORDERS, CUSTOMERS + ORDERS)
