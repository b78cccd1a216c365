"""Reads Klaviyo by polling, which works on every plan: each stream of it page by page, from where its cursor stands.

A page is written together with how far it brings the reading, so a crash repeats at most one page, which changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.steps.accounts import Connected
from shopwarden.steps.klaviyo_streams import Stream
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.klaviyo import SOURCE
from shopwarden.store.sync_cursors import Cursor, read_cursor, save_cursor
from shopwarden.vendors import klaviyo_api as api
from shopwarden.vendors.klaviyo_people import moment_of

OVERLAP = timedelta(minutes=5)


@dataclass(slots=True)
class Reading:
    """One stream of one store's account, being read."""

    tools: VendorTools
    store_id: StoreId
    account: Connected
    cursor: Cursor

    async def ask(self, ask: Ask) -> api.Page:
        reply = await self.tools.outbound.ask(
            ask,
            limits=self.account.vendor.limits,
            hosts=self.account.hosts(),
            lane=f"{self.store_id}:klaviyo",
            deadline=self.account.vendor.limits.total * 2,
        )
        return api.read_page(reply)


async def read_stream(reading: Reading, stream: Stream, seconds: float) -> bool:
    """Reads for about so long, one page at least; answers whether the end was reached. VendorFault as asking raises it."""
    limit = time.monotonic() + seconds
    while not await _next_page(reading, stream):
        if time.monotonic() >= limit:
            return False
    return True


async def _next_page(reading: Reading, stream: Stream) -> bool:
    """Whether the end was reached. Where Klaviyo knows a page's mark no longer, the reading begins again near there."""
    try:
        return await _one_page(reading, stream)
    except VendorFault as fault:
        if fault.kind != "invalid_input" or not reading.cursor.detail:
            raise
    reached = _text(reading.cursor.detail, "newest") or reading.cursor.cursor
    reading.cursor = msgspec.structs.replace(reading.cursor, cursor=reached, detail={})
    return await _one_page(reading, stream)


async def _one_page(reading: Reading, stream: Stream) -> bool:
    since, asked = _since(stream, reading.cursor), _text(reading.cursor.detail, "page")
    page = await reading.ask(stream.ask(reading.account.account, since, asked))
    if page.next == asked:
        page = msgspec.structs.replace(page, next=None)
    async with reading.tools.database.transaction() as connection:
        newest = await stream.keep(connection, reading.store_id, page)
        reading.cursor = _moved_on(reading.cursor, page, since, newest)
        await save_cursor(connection, reading.store_id, SOURCE, reading.cursor)
    return page.next is None


def _moved_on(cursor: Cursor, page: api.Page, since: datetime, newest: datetime | None) -> Cursor:
    """Never into the future: what bears a date to come must not hide what happens until then."""
    now = datetime.now(UTC)
    seen = (newest, moment_of(_text(cursor.detail, "newest")), moment_of(cursor.cursor))
    reached = max((min(at, now).isoformat() for at in seen if at is not None), default=None)
    goes_on = page.next is not None
    return Cursor(
        stream=cursor.stream,
        cursor=cursor.cursor if goes_on else reached,
        detail={"since": since.isoformat(), "page": page.next, "newest": reached} if goes_on else {},
        read=cursor.read + len(page.items),
        started_at=cursor.started_at if cursor.detail else now,
        finished_at=cursor.finished_at if goes_on else now,
    )


def _since(stream: Stream, cursor: Cursor) -> datetime:
    """A reading under way goes on as it began; the next one begins a little before the newest seen."""
    begun, last = moment_of(_text(cursor.detail, "since")), moment_of(cursor.cursor)
    return begun or (stream.first() if last is None else last - OVERLAP)


def _text(detail: Mapping[str, object], name: str) -> str | None:
    value = detail.get(name)
    return value if isinstance(value, str) else None


async def note(tools: VendorTools, store_id: StoreId, stream: str, error: str | None) -> None:
    """Why it does not go on, beside how far it came; None: it does."""
    async with tools.database.pool.acquire() as connection:
        kept = await read_cursor(connection, store_id, SOURCE, stream)
        await save_cursor(connection, store_id, SOURCE, msgspec.structs.replace(kept, last_error=error))
