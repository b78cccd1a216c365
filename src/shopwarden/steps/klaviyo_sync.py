"""Reads Klaviyo by polling, which works on every plan: profiles, events, metrics, lists and segments, each by its cursor.

A page is written together with how far it brings the reading, so a crash repeats at most one page, which changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import Account, VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.steps import klaviyo_engagement
from shopwarden.steps.accounts import Connected
from shopwarden.steps.identify import identify_customers
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection
from shopwarden.store.klaviyo import (
    SOURCE,
    ConsentRow,
    PredictionRow,
    put_audiences,
    put_consents,
    write_predictions,
)
from shopwarden.store.sync_cursors import Cursor, read_cursor, save_cursor
from shopwarden.vendors import klaviyo_api as api
from shopwarden.vendors.klaviyo_people import Profile, moment_of, read_event, read_profile

OVERLAP = timedelta(minutes=5)
BEGINNING = timedelta(days=365)
"""Events older than this are not read; profiles are, all of them."""
EVER = datetime(2012, 1, 1, tzinfo=UTC)
SECONDS_A_JOB = 30.0
Names = Mapping[str, str]


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


@dataclass(frozen=True, slots=True)
class Stream:
    """`ask`: (account, since, cursor of the page) -> request. `keep` writes a page and answers the newest time in it."""

    name: str
    ask: Callable[[Account, datetime, str | None], Ask]
    keep: Callable[[Connection, Reading, api.Page], Awaitable[datetime | None]]
    since: Callable[[], datetime] | None = None
    """Where the first reading begins; None for a stream that is read whole each time."""


async def read_stream(reading: Reading, stream: Stream, seconds: float = SECONDS_A_JOB) -> bool:
    """Reads for about so long; answers whether the end was reached. VendorFault is noted beside the cursor and raised."""
    limit = time.monotonic() + seconds
    try:
        while time.monotonic() < limit:
            if await _one_page(reading, stream):
                return True
    except VendorFault as fault:
        await _note(reading, str(fault))
        raise
    return False


async def _one_page(reading: Reading, stream: Stream) -> bool:
    cursor = reading.cursor
    since = _since(stream, cursor)
    page = await reading.ask(stream.ask(reading.account.account, since, _text(cursor.detail, "page")))
    async with reading.tools.database.transaction() as connection:
        newest = await stream.keep(connection, reading, page)
        before = moment_of(_text(cursor.detail, "newest"))
        newest = max((at for at in (newest, before, moment_of(cursor.cursor)) if at is not None), default=None)
        now = datetime.now(UTC)
        detail: dict[str, object] = {}
        if page.next is not None:
            detail = {"since": since.isoformat(), "page": page.next, "newest": newest.isoformat() if newest else None}
        reading.cursor = Cursor(
            stream=stream.name,
            cursor=cursor.cursor if page.next is not None or newest is None else newest.isoformat(),
            detail=detail,
            read=cursor.read + len(page.items),
            started_at=cursor.started_at if cursor.detail else now,
            finished_at=cursor.finished_at if page.next is not None else now,
        )
        await save_cursor(connection, reading.store_id, SOURCE, reading.cursor)
    return page.next is None


def _since(stream: Stream, cursor: Cursor) -> datetime:
    """A reading under way goes on as it began; the next one begins a little before the newest seen."""
    begun, last = moment_of(_text(cursor.detail, "since")), moment_of(cursor.cursor)
    if begun is not None:
        return begun
    if last is not None:
        return last - OVERLAP
    return stream.since() if stream.since is not None else EVER


def _text(detail: Mapping[str, object], name: str) -> str | None:
    value = detail.get(name)
    return value if isinstance(value, str) else None


async def _note(reading: Reading, error: str) -> None:
    async with reading.tools.database.pool.acquire() as connection:
        kept = await read_cursor(connection, reading.store_id, SOURCE, reading.cursor.stream)
        await save_cursor(connection, reading.store_id, SOURCE, msgspec.structs.replace(kept, last_error=error))


async def _keep_profiles(connection: Connection, reading: Reading, page: api.Page) -> datetime | None:
    profiles = [found for item in page.items if (found := read_profile(item)) is not None]
    if profiles:
        await identify_customers(connection, reading.store_id, [each.observation for each in profiles])
        await put_consents(connection, reading.store_id, [row for each in profiles for row in consent_rows(each)])
        await write_predictions(connection, reading.store_id, [_prediction(each) for each in profiles])
    return max((each.updated for each in profiles), default=None)


def consent_rows(profile: Profile) -> list[ConsentRow]:
    return [
        ConsentRow(profile_id=profile.id, updated_at=profile.updated, **msgspec.structs.asdict(each))
        for each in profile.consents
    ]


def _prediction(profile: Profile) -> PredictionRow:
    return PredictionRow(profile_id=profile.id, **msgspec.structs.asdict(profile.predictions))


async def _keep_events(connection: Connection, reading: Reading, page: api.Page) -> datetime | None:
    metrics = _included(page, "metric", "name")
    emails = _included(page, "profile", "email")
    events = [found for item in page.items if (found := read_event(item, metrics, emails)) is not None]
    await klaviyo_engagement.keep(connection, reading.store_id, events)
    times = (_attribute(item, "datetime") for item in page.items)
    return max((at for text in times if (at := moment_of(text)) is not None), default=None)


def _included(page: api.Page, kind: str, name: str) -> Names:
    return {
        str(item.get("id")): value
        for item in page.included
        if item.get("type") == kind and (value := _attribute(item, name)) is not None
    }


def _attribute(item: Mapping[str, object], name: str) -> str | None:
    attributes = item.get("attributes")
    value = attributes.get(name) if isinstance(attributes, dict) else None
    return value if isinstance(value, str) else None


def _keep_audience(kind: str) -> Callable[[Connection, Reading, api.Page], Awaitable[datetime | None]]:
    async def keep(connection: Connection, reading: Reading, page: api.Page) -> datetime | None:
        rows = [
            (str(item["id"])[:100], (_attribute(item, "name") or "")[:200], moment_of(_attribute(item, "created")))
            for item in page.items
            if item.get("id")
        ]
        await put_audiences(connection, reading.store_id, kind, rows)
        return None

    return keep


STREAMS: Mapping[str, Stream] = {
    stream.name: stream
    for stream in (
        Stream("profiles", api.ask_profiles, _keep_profiles, since=lambda: EVER),
        Stream("events", api.ask_events, _keep_events, since=lambda: datetime.now(UTC) - BEGINNING),
        Stream("metrics", lambda account, _, cursor: api.ask_metrics(account, cursor), _keep_audience("metric")),
        Stream("lists", lambda account, _, cursor: api.ask_lists(account, cursor), _keep_audience("list")),
        Stream("segments", lambda account, _, cursor: api.ask_segments(account, cursor), _keep_audience("segment")),
    )
}
