"""The first reading of a whole shop by bulk operations: in pieces, each put by the one before, from wherever one stopped.

A piece of the result is remembered in one transaction with the place it ends at, so a killed worker repeats nothing that
was written and loses nothing that was not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import structlog
from msgspec.structs import replace

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, Payload
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.steps.shop_client import ShopClient
from shopwarden.steps.shop_connection import ShopTools, shop_client
from shopwarden.steps.shop_judging import put_judging
from shopwarden.steps.shop_keep import keep_records
from shopwarden.store.database import Connection, Database
from shopwarden.store.outbox import Job, put, put_many
from shopwarden.store.shop_syncs import (
    Sync,
    all_open,
    begin_syncs,
    latest_syncs,
    learn_sizes,
    open_syncs,
    plan_by_sizes,
    save_sync,
)
from shopwarden.store.sync_cursors import try_alone
from shopwarden.store.tasks import begin_task
from shopwarden.vendors.shopify_bulk import (
    IMPERSONAL,
    QUERIES,
    RUN,
    WATCH,
    Cutter,
    Operation,
    Record,
    is_busy,
    read_operation,
)
from shopwarden.vendors.shopify_graphql import done

A_PIECE = 250
SECONDS_A_JOB = 25.0
LONGEST_POLL = 4.0
MOST_TRIES = 4
"""So often a bulk read is asked for anew that the shop broke off, or whose result is gone."""
FINAL = frozenset({"invalid_input", "contract_changed"})

log = structlog.get_logger(__name__)


async def begin(database: Database, store_id: StoreId) -> UUID:
    """The id of the task that tells the progress; one under way goes on instead of a second one."""
    async with database.transaction() as connection:
        # Two wishes at the same moment are one.
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", f"shop sync begins:{store_id}")
        under_way = next((sync.task_id for sync in await open_syncs(connection, store_id) if sync.task_id), None)
        if under_way is None:
            task, _ = await begin_task(database, store_id, "shop_sync")
            await begin_syncs(connection, store_id, task.id)
        await put_next(connection, store_id)
    return under_way or task.id


async def put_next(connection: Connection, store_id: StoreId) -> None:
    at = datetime.now(UTC).isoformat(timespec="microseconds")
    await put(connection, store_id, CUSTOMER_ENRICHMENT, "shop:sync", at, {"shop": "sync"})


async def resume(tools: ShopTools) -> int:
    """Puts those readings again that nobody goes on with, whatever stopped them; how many stores have one."""
    event = f"resume:{datetime.now(UTC):%Y-%m-%dT%H}"
    async with tools.database.transaction() as connection:
        stores = await all_open(connection)
        jobs = [Job(store_id, "shop:sync", event, {"shop": "sync"}) for store_id in stores]
        await put_many(connection, CUSTOMER_ENRICHMENT, jobs)
    return len(stores)


async def sync(tools: ShopTools, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """One piece of the reading under way; begins one where none ever was. StopError: the shop is not connected."""
    if not await try_alone(connection, store_id, "shop sync"):
        return
    pending = await open_syncs(connection, store_id)
    if not pending:
        if not await latest_syncs(connection, store_id):
            await begin(tools.database, store_id)
        return
    async with shop_client(tools, store_id) as shop:
        after = await _go_on(tools, shop, store_id, pending[0])
    if after.is_over and len(pending) == 1:
        await put_judging(connection, store_id, f"sync:{after.task_id or after.id}")
    else:
        await put_next(connection, store_id)


async def _go_on(tools: ShopTools, shop: ShopClient, store_id: StoreId, one: Sync) -> Sync:
    """The sync after a piece of work of some seconds. VendorFault: the shop can't be asked now, or not by us."""
    limit = time.monotonic() + SECONDS_A_JOB
    try:
        if one.state == "asked":
            one = await _save(tools, store_id, await _ask(shop, one))
        one, operation = await _wait(tools, shop, store_id, one, limit)
        if operation.is_running:
            return one
        if operation.is_expired:
            return await _save(tools, store_id, _again(one, "the result of the bulk read is kept no longer"))
        if not operation.is_done:
            if operation.is_denied and not one.is_impersonal:
                why = "the shop does not let the app see who its customers are"
                return await _save(tools, store_id, replace(_again(one, why), is_impersonal=True))
            why = f"the shop ended the bulk read: {operation.error_code or operation.status}"
            return await _save(tools, store_id, _again(one, why) if operation.is_passing else _failed(one, why))
        one = replace(one, state="reading", total_lines=operation.roots, objects=operation.objects)
        return await _read(tools, shop, store_id, one, operation.url, limit)
    except VendorFault as fault:
        if is_busy(fault):
            raise VendorFault("unavailable", str(fault), 30.0) from fault
        if fault.kind not in FINAL:
            raise
        return await _save(tools, store_id, _failed(one, str(fault)))


def _again(one: Sync, why: str) -> Sync:
    """The same reading from its beginning: what was remembered already is remembered once more, and stays as it is."""
    if one.tries + 1 >= MOST_TRIES:
        return _failed(one, why)
    log.warning("a bulk read of a shop is asked for anew", kind=one.kind, why=why)
    return replace(
        one, state="asked", operation_id=None, lines=0, byte_offset=0, total_lines=None, tries=one.tries + 1, last_error=why
    )


def _failed(one: Sync, why: str) -> Sync:
    log.warning("a bulk read of a shop failed", kind=one.kind, why=why)
    return replace(one, state="failed", last_error=why)


async def _save(tools: ShopTools, store_id: StoreId, one: Sync) -> Sync:
    async with tools.database.transaction() as connection:
        await save_sync(connection, store_id, one)
    return one


async def _ask(shop: ShopClient, one: Sync) -> Sync:
    data = await shop.run(RUN, {"query": (IMPERSONAL if one.is_impersonal else QUERIES)[one.kind]})
    operation = read_operation(done(data, "bulkOperationRunQuery").get("bulkOperation"))
    return replace(one, state="collecting", operation_id=operation.id)


async def _wait(tools: ShopTools, shop: ShopClient, store_id: StoreId, one: Sync, limit: float) -> tuple[Sync, Operation]:
    """The operation when it has ended, or when time is up."""
    pause = 0.25
    while True:
        operation = read_operation((await shop.run(WATCH, {"id": one.operation_id})).get("node"))
        if not operation.is_running:
            return one, operation
        one = await _save(tools, store_id, replace(one, objects=operation.objects))
        if time.monotonic() + pause > limit:
            return one, operation
        await asyncio.sleep(pause)
        pause = min(LONGEST_POLL, pause * 1.5)


async def _read(tools: ShopTools, shop: ShopClient, store_id: StoreId, one: Sync, url: str | None, limit: float) -> Sync:
    """Takes over records until the file or the time ends. A file that breaks off is gone on with in the next piece."""
    piece: list[Record] = []
    begun_at = one.byte_offset
    try:
        if url is not None:
            async for record in _records(shop, url, one.byte_offset):
                piece.append(record)
                if len(piece) >= A_PIECE:
                    one = await _keep(tools, store_id, one, piece)
                    piece = []
                    if time.monotonic() > limit:
                        return one
    except VendorFault as fault:
        if fault.kind == "auth":  # the address is signed for a while: the operation gives another one
            raise VendorFault("unavailable", str(fault), 5.0) from fault
        one = await _keep(tools, store_id, one, piece)
        if fault.kind != "unavailable" or one.byte_offset == begun_at:
            raise
        log.warning("the result of a bulk read broke off", kind=one.kind, records=one.lines)
        return one
    one = await _keep(tools, store_id, one, piece)
    one = await _save(tools, store_id, replace(one, state="done"))
    log.info("a shop was read", kind=one.kind, records=one.lines)
    return one


async def _records(shop: ShopClient, url: str, offset: int) -> AsyncIterator[Record]:
    cutter = Cutter(offset)
    async for chunk in shop.stream(url, offset=offset):
        for record in cutter.feed(chunk):
            yield record
    for record in cutter.end():
        yield record
    if cutter.unreadable:
        log.warning("lines of a bulk read are unreadable", lines=cutter.unreadable)


async def _keep(tools: ShopTools, store_id: StoreId, one: Sync, piece: list[Record]) -> Sync:
    if not piece:
        return one
    after = replace(one, lines=one.lines + len(piece), byte_offset=piece[-1].end, last_error=None)
    async with tools.database.transaction() as connection:
        await plan_by_sizes(connection)
        await keep_records(connection, store_id, one.kind, [(record.node, record.children) for record in piece])
        await save_sync(connection, store_id, after)
    if after.lines.bit_length() > one.lines.bit_length():
        await learn_sizes(tools.database)
    return after


JOBS = {"sync": sync}
PLANNED = (("readings of shops", 600.0, resume),)
