"""Finds what webhooks lost: a shop's changes and counts are compared with what is known, what is missing is fetched."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, Payload
from shopwarden.domain.ids import StoreId
from shopwarden.errors import SkipError
from shopwarden.steps.shop_client import ShopClient
from shopwarden.steps.shop_connection import ShopTools, shop_client
from shopwarden.steps.shop_fetch import counted, fetched, listed
from shopwarden.steps.shop_judging import put_judgements
from shopwarden.steps.shop_keep import keep_deleted, keep_records
from shopwarden.steps.shop_sync import begin
from shopwarden.store.database import Connection
from shopwarden.store.outbox import Job, put_many
from shopwarden.store.shop_checks import count_known, gaps, keep_check, known_ids, known_times
from shopwarden.store.shop_syncs import latest_syncs
from shopwarden.store.shop_tokens import connected_stores, read_shop
from shopwarden.store.sync_cursors import Cursor, read_cursor, save_cursor, try_alone
from shopwarden.vendors.shopify_bulk import Kind
from shopwarden.vendors.shopify_reconcile import (
    ALL_ORDERS,
    BEGINNING,
    MOST_ID,
    PAGE,
    changed_since,
    lost,
    ranges,
    seen_since,
)
from shopwarden.vendors.shopify_reconcile import Range as Span

DAY = 24 * 3600.0
OVERLAP = timedelta(hours=1)
FIRST_LOOK = timedelta(days=7)
MOST_FETCHED = 400
"""More than these are not fetched one by one: the shop is read anew."""
MOST_RANGES = 400
MOST_GAPS = 50
GAPS_OF = timedelta(days=90)
PARTS: tuple[tuple[str, Kind], ...] = (
    ("changed", "customers"),
    ("changed", "orders"),
    ("counted", "customers"),
    ("counted", "orders"),
)

log = structlog.get_logger(__name__)


@dataclass
class _Work:
    """One comparison under way; `cause` names it in everything that follows."""

    tools: ShopTools
    shop: ShopClient
    store_id: StoreId
    kind: Kind
    cause: str
    at: datetime
    found: int = 0
    detail: dict[str, object] = field(default_factory=dict)


async def put_reconcile(connection: Connection, store_id: StoreId) -> None:
    """Puts a comparison of everything."""
    await _put(connection, store_id, datetime.now(UTC).isoformat(timespec="seconds"), 0)


async def _put(connection: Connection, store_id: StoreId, at: str, part: int) -> None:
    payload: Payload = {"shop": "reconcile", "at": at, "part": part}
    await put_many(connection, CUSTOMER_ENRICHMENT, [Job(store_id, "shop:reconcile", f"{at}:{part}", payload)])


async def reconcile(tools: ShopTools, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """One part of the comparison; puts the next. Nothing while the shop is still being read for the first time."""
    try:
        at = datetime.fromisoformat(str(payload.get("at") or datetime.now(UTC).isoformat()))
        part = int(str(payload.get("part", 0)))
        what, kind = PARTS[part]
    except (ValueError, IndexError):
        raise SkipError("the job names no part of the comparison: its payload needs at and part") from None
    if not await try_alone(connection, store_id, "shop reconcile"):
        return
    if any(not one.is_over for one in await latest_syncs(connection, store_id)):
        log.info("shop not compared: it is being read", store_id=str(store_id))
        return
    async with shop_client(tools, store_id) as shop:
        work = _Work(tools, shop, store_id, kind, f"reconcile:{at.isoformat()}", at)
        await (_compare_changes(work) if what == "changed" else _compare_counts(work))
    if part + 1 < len(PARTS):
        await _put(connection, store_id, at.isoformat(), part + 1)


async def _compare_changes(work: _Work) -> None:
    """Everything changed since the last comparison, an hour before it included, by id and time of change."""
    pool, kind = work.tools.database.pool, work.kind
    stream = f"reconcile {kind}"
    async with pool.acquire() as connection:
        cursor = await read_cursor(connection, work.store_id, "shopify", stream)
        syncs = await latest_syncs(connection, work.store_id)
    begun = min((one.created_at for one in syncs if one.kind == kind), default=work.at - FIRST_LOOK)
    since = datetime.fromisoformat(cursor.cursor) if cursor.cursor else begun
    began, changed, missing = datetime.now(UTC), 0, []
    async for page in listed(work.shop, kind, changed_since(since - OVERLAP)):
        async with pool.acquire() as connection:
            known = await known_times(connection, work.store_id, kind, [one.number for one in page])
        changed += len(page)
        missing += lost(page, known)
    await _fetch(work, missing)
    async with work.tools.database.transaction() as connection:
        counts = (changed, changed - len(missing), work.found)
        await keep_check(connection, work.store_id, f"{kind}_changed", counts, work.detail)
        cursor = Cursor(stream=stream, cursor=began.isoformat(), read=cursor.read + changed, finished_at=began)
        await save_cursor(connection, work.store_id, "shopify", cursor)


async def _compare_counts(work: _Work) -> None:
    """How many there are in all; where that differs, ever fewer ids are counted until they can be compared."""
    pool, kind = work.tools.database.pool, work.kind
    async with pool.acquire() as connection:
        row = await read_shop(connection, work.store_id)
        since = seen_since(kind, row.scopes if row else [], work.at)
        known = await known_ids(connection, work.store_id, kind, since)
        if since > BEGINNING:
            older = await count_known(connection, work.store_id, kind, BEGINNING, since)
            work.detail |= {"older_not_compared": older, "needs": ALL_ORDERS}
        if kind == "orders":
            found = await gaps(connection, work.store_id, work.at - GAPS_OF, MOST_GAPS)
            work.detail["gaps"] = [f"{first}" if first == last else f"{first} to {last}" for first, last in found]
    theirs, ours = await counted(work.shop, kind, Span(0, MOST_ID, since).search), len(known)
    if not theirs.is_exact:
        work.detail["count"] = "the shop counts no further"
    if theirs.count != ours or not theirs.is_exact:
        missing, gone = await _differing(work, known, since)
        await _fetch(work, missing)
        await _let_go(work, gone)
    async with work.tools.database.transaction() as connection:
        await keep_check(connection, work.store_id, kind, (theirs.count, ours, work.found), work.detail)


async def _differing(work: _Work, known: list[int], since: datetime) -> tuple[list[str], list[str]]:
    """Numbers that only the shop has, and those that only we have. `known` is sorted."""
    missing: list[str] = []
    gone: list[str] = []
    waiting, looks = ranges((known[0], known[-1]) if known else None, since), 0
    while waiting and looks < MOST_RANGES and len(missing) <= MOST_FETCHED:
        span, looks = waiting.pop(), looks + 1
        theirs = await counted(work.shop, work.kind, span.search)
        ours = known[bisect_left(known, span.first) : bisect_left(known, span.end)]
        if theirs.is_exact and theirs.count == len(ours):
            continue
        if max(theirs.count, len(ours)) > PAGE and not span.is_short:
            waiting += span.halves()
            continue
        there = {one.number async for page in listed(work.shop, work.kind, span.search) for one in page}
        missing += sorted(there - {str(one) for one in ours})
        gone += sorted({str(one) for one in ours} - there)
    if waiting:
        work.detail["not_finished"] = len(waiting)
    return missing, gone


async def _fetch(work: _Work, numbers: list[str]) -> None:
    """Fetches, remembers and has judged, a few in each transaction."""
    if len(numbers) > MOST_FETCHED:
        work.detail["read_anew"] = len(numbers)
        await begin(work.tools.database, work.store_id)
        return
    async for records, _ in fetched(work.shop, work.kind, numbers):
        async with work.tools.database.transaction() as connection:
            memory = await keep_records(connection, work.store_id, work.kind, records)
            await put_judgements(connection, work.store_id, memory, work.cause)
        work.found += len(records)
    if numbers:
        log.warning("lost webhooks found", kind=work.kind, records=len(numbers))


async def _let_go(work: _Work, numbers: list[str]) -> None:
    """Those the shop does not have any more, asked once more by their ids: customers are marked, orders only named."""
    gone = [number async for _, each in fetched(work.shop, work.kind, numbers[:MOST_FETCHED]) for number in each]
    if not gone:
        return
    work.detail["gone"] = list(gone[:MOST_GAPS])
    if work.kind == "customers":
        async with work.tools.database.transaction() as connection:
            memory = await keep_deleted(connection, work.store_id, gone, work.at)
            await put_judgements(connection, work.store_id, memory, work.cause)


async def plan_reconciling(tools: ShopTools) -> int:
    """A comparison for every connected shop; how many."""
    stores = await connected_stores(tools.database)
    at = f"{datetime.now(UTC):%Y-%m-%d}T00:00:00+00:00"
    async with tools.database.transaction() as connection:
        for store_id in stores:
            await _put(connection, store_id, at, 0)
    return len(stores)


JOBS = {"reconcile": reconcile}
PLANNED = (("lost webhooks of shops", DAY, plan_reconciling),)
