"""Learns how many people share an address or a device: visitor by visitor as they are seen, in short transactions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shopwarden.domain.ids import StoreId, VisitorId
from shopwarden.store.crowds import KEPT_DAYS, Subjects, count_crowds, forget_crowds, keep_place, next_visitors
from shopwarden.store.database import Connection, Database
from shopwarden.store.stores import list_stores

BATCH = 500
MOST_BATCHES = 200
"""In one run and store: a hundred thousand visitors. What is left is taken up in the next run, at the place kept."""
COUNTED_ANEW_AFTER = timedelta(hours=6)
SETTLED_AFTER = timedelta(minutes=1)
"""A visitor of this very minute is left to the next run: others seen before it may be written after it."""


async def learn_crowds(database: Database, now: datetime | None = None, batch: int = BATCH) -> int:
    """Goes on where it stopped, for every store; answers how many visitors it saw to."""
    at = now or datetime.now(UTC)
    done = 0
    for store in await list_stores(database):
        for _ in range(MOST_BATCHES):
            many = await _next_batch(database, store.id, at, batch)
            done += many
            if many < batch:
                break
        await forget_crowds(database, store.id, at - timedelta(days=KEPT_DAYS))
    return done


async def _next_batch(database: Database, store_id: StoreId, at: datetime, batch: int) -> int:
    async with database.transaction() as connection:
        found = await next_visitors(connection, store_id, at - SETTLED_AFTER, batch)
        if not found:
            return 0
        subjects = Subjects(
            visitors=[row["id"] for row in found],
            ips=sorted({row["ip"] for row in found if row["ip"]}),
            devices=sorted({row["device_id"] for row in found if row["device_id"]}),
        )
        await count_crowds(connection, store_id, subjects, at, at - COUNTED_ANEW_AFTER)
        await keep_place(connection, store_id, found[-1]["last_seen"], found[-1]["id"])
    return len(found)


async def learn_crowd_of(
    connection: Connection, store_id: StoreId, visitor_id: VisitorId, ip: str | None, device_id: UUID | None, at: datetime
) -> None:
    """The crowd around one visitor who is being judged."""
    subjects = Subjects(visitors=[visitor_id], ips=[ip] if ip else [], devices=[device_id] if device_id else [])
    await count_crowds(connection, store_id, subjects, at, at - COUNTED_ANEW_AFTER)
