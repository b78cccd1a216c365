"""The first reading of a large shop by a worker that is killed twice on the way: how fast, and whether all is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from bench.report import Figure
from bench.servers import HOST, Stand, free_port, sandbox
from shopwarden.domain.ids import StoreId
from shopwarden.embedded.own_process import OwnProcess, start_own
from shopwarden.steps.shop_connection import keep_tokens, shop_client
from shopwarden.steps.shop_sync import begin
from shopwarden.steps.vendor_tools import VendorTools, open_tools
from shopwarden.store.database import Database
from shopwarden.store.shop_syncs import latest_syncs
from shopwarden.vendors.shopify_auth import Tokens
from shopwarden.vendors.shopify_bulk import QUERIES, RUN, WATCH, Cutter, read_operation
from shopwarden.vendors.shopify_graphql import done

SHOP = "large.myshopify.com"
KEYS = "a key for measuring and for nothing else"
CUSTOMERS, QUICK_CUSTOMERS = 50_000, 1_500
ORDERS_EACH = 2
KILLED_AT = (0.25, 0.7)
"""Shares of all records after which the worker is killed."""
LONGEST = 3600.0

Say = Callable[[str], None]


@dataclass
class _Story:
    """What became of the reading: (seconds since its begin, records taken over) each second, and of the kills."""

    samples: list[tuple[float, int]] = field(default_factory=list)
    idle: float = 0.0
    """Seconds after each kill until somebody went on."""


def shop(stand: Stand, quick: bool, say: Say) -> Figure:
    """Records per second of the whole reading, kills and waits included. RuntimeError where one is missing or there twice"""
    customers = QUICK_CUSTOMERS if quick else CUSTOMERS
    with sandbox(stand) as url:
        return asyncio.run(_measure(stand, url, customers, say))


async def _measure(stand: Stand, url: str, customers: int, say: Say) -> Figure:
    database = await Database.connect(stand.database_url)
    tools = open_tools(
        database, redis_url="", encryption_keys=KEYS, environment={}, sandbox_url=url, internal_hosts=[]
    )  # fmt: skip
    store_id = StoreId(stand.store_id)
    try:
        await _connect(tools, store_id, url, customers)
        total = customers * (1 + ORDERS_EACH)
        begun = time.monotonic()
        await begin(database, store_id)
        story = await _watched(database, store_id, _environment(stand, url), total, say)
        seconds = time.monotonic() - begun
        await _check(database, store_id, customers)
        limit = await _bare(tools, store_id)
    finally:
        await tools.close()
        await database.close()
    working = total / (seconds - story.idle)
    return Figure(
        name="shop",
        what=f"A shop's {customers:,} customers and {customers * ORDERS_EACH:,} orders read, the worker killed twice",
        value=total / seconds,
        unit="records/s",
        limit=limit,
        limit_what="the same customers downloaded and cut, not remembered",
        more=f"{seconds / 60:.1f} minutes, all there once; {story.idle:.0f} s of them until killed work was taken up again:"
        f" {working:.0f} records/s while somebody worked",
    )


def _environment(stand: Stand, url: str) -> dict[str, str]:
    return stand.environment(free_port()) | {"SHOPWARDEN_SANDBOX_URL": url, "ENCRYPTION_KEYS": KEYS}


async def _connect(tools: VendorTools, store_id: StoreId, url: str, customers: int) -> None:
    control = f"{url}/shopify/_sandbox/shop"
    async with httpx.AsyncClient(trust_env=False, timeout=300) as client:
        made = {"shop": SHOP, "customers": customers, "orders": customers * ORDERS_EACH, "seed": "large"}
        (await client.post(control, json=made)).raise_for_status()
        scopes = (*tools.shop_app.scopes, "read_all_orders")
        answer = await client.post(f"{control}/token", json={"shop": SHOP, "scope": ",".join(scopes)})
        token = answer.raise_for_status().json()["access_token"]
    async with tools.database.transaction() as connection:
        await keep_tokens(tools, connection, store_id, SHOP, Tokens(access_token=token, scopes=scopes), f"http://{HOST}")


async def _watched(database: Database, store_id: StoreId, environment: dict[str, str], total: int, say: Say) -> _Story:
    story, kills = _Story(), [int(total * share) for share in KILLED_AT]
    begun, told, killed_at = time.monotonic(), 0, 0.0
    worker = start_own(["work"], environment)
    try:
        while True:
            await asyncio.sleep(0.5)
            syncs = await latest_syncs(database.pool, store_id)
            records, now = sum(one.lines for one in syncs), time.monotonic()
            if killed_at and records > story.samples[-1][1]:
                story.idle, killed_at = story.idle + now - killed_at, 0.0
            story.samples.append((now - begun, records))
            if records * 10 // total > told:
                told = records * 10 // total
                say(f"  {records:,} of {total:,} after {now - begun:.0f} s")
            if kills and records >= kills[0]:
                kills.pop(0)
                killed_at, worker = now, _killed(worker, environment)
                say(f"  killed at {records:,}")
            if all(one.is_over for one in syncs):
                return story
            if now - begun > LONGEST:
                raise RuntimeError(f"the shop is not read after {LONGEST:.0f} s: {syncs}")
    finally:
        worker.stop()


def _killed(worker: OwnProcess, environment: dict[str, str]) -> OwnProcess:
    worker.process.kill()
    worker.process.wait()
    return start_own(["work"], environment)


async def _check(database: Database, store_id: StoreId, customers: int) -> None:
    syncs = await latest_syncs(database.pool, store_id)
    failed = [f"{one.kind}: {one.last_error}" for one in syncs if one.state == "failed"]
    found = await database.pool.fetchrow(
        "SELECT (SELECT count(*) FROM customers WHERE store_id = $1) AS rows,"
        " (SELECT count(DISTINCT shopify_id) FROM customers WHERE store_id = $1) AS customers,"
        " (SELECT count(*) FROM orders WHERE store_id = $1) AS orders,"
        " (SELECT count(*) FROM orders WHERE store_id = $1 AND jsonb_array_length(line_items) = 0) AS empty",
        store_id,
    )
    wanted = (customers, customers * ORDERS_EACH, 0)
    if failed or (found["customers"], found["orders"], found["empty"]) != wanted:
        raise RuntimeError(f"the shop was not read whole: {dict(found)}, wanted {wanted}; {failed}")


async def _bare(tools: VendorTools, store_id: StoreId) -> float:
    """Records per second of the bulk result when nothing is done with them."""
    async with shop_client(tools, store_id) as client:
        made = done(await client.run(RUN, {"query": QUERIES["customers"]}), "bulkOperationRunQuery")
        operation = read_operation(made.get("bulkOperation"))
        while operation.is_running:
            await asyncio.sleep(0.25)
            operation = read_operation((await client.run(WATCH, {"id": operation.id})).get("node"))
        begun, count, cutter = time.monotonic(), 0, Cutter()
        async for chunk in client.stream(operation.url or ""):
            count += sum(1 for _ in cutter.feed(chunk))
        count += sum(1 for _ in cutter.end())
        return count / (time.monotonic() - begun)
