"""Promises of filling in ways: what sessions would have had from the start, nothing else touched, as often as one likes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shopwarden.domain.ids import StoreId
from shopwarden.steps.fill_ways import fill_ways
from shopwarden.store.database import Database
from shopwarden.store.filling_ways import count_without_way
from tests.ingest.sending import CHROME, LOOKUP, collecting, page, track

NOW = datetime.now(UTC).replace(microsecond=0)
FORGET = (
    """UPDATE sessions SET path = '', number = 1, source = 'direct', basket_value = 0, visible_seconds = 0, inputs = 0"""
)


def visits(name: str) -> list[dict[str, Any]]:
    def at(seconds: float) -> str:
        return (NOW - timedelta(seconds=seconds)).isoformat()

    google = {"page": {"path": "/", "url": "https://shop.example/", "referrer": "https://www.google.com/"}}
    added = {"price": 20, "quantity": 2}
    left = {"visible_seconds": 30, "inputs": 4}
    return [
        page(name, timestamp=at(20_000), context=google),
        page(name, path="/products/boot", timestamp=at(19_990)),
        track("Product Added", name, timestamp=at(19_980), properties=added, context={"userAgent": CHROME}),
        track("Page Left", name, timestamp=at(19_970), properties=left, context={"userAgent": CHROME}),
        page(name, path="/collections/all", timestamp=at(9_000)),
    ]


async def sessions(database: Database) -> list[dict[str, Any]]:
    return [dict(row) for row in await database.pool.fetch("SELECT * FROM sessions ORDER BY visitor_id, started_at")]


async def test_sessions_get_the_way_they_would_have_had(database: Database, store_id: UUID) -> None:
    store = StoreId(store_id)
    async with collecting(database, store_id) as sender:
        for name in ("ann", "ben"):
            assert (await sender.post("batch", {"batch": visits(name)})).status_code == 200
    meant = await sessions(database)
    assert [(row["path"], row["source"], row["number"]) for row in meant[:2]] == [("HP+", "google", 1), ("C", "direct", 2)]
    await database.pool.execute(FORGET)
    # As events of earlier versions are: without their source.
    await database.pool.execute("UPDATE customer_activities SET activity_data = activity_data - 'source'")
    assert await count_without_way(database, store) == 2
    assert [done async for done in fill_ways(database, store, LOOKUP)] == [(2, 4)]
    assert await sessions(database) == meant
    assert [done async for done in fill_ways(database, store, LOOKUP)] == []


async def test_a_session_whose_beginning_is_gone_stays_as_it_is(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("batch", {"batch": visits("ann")})
    await database.pool.execute(FORGET)
    await database.pool.execute(
        "DELETE FROM customer_activities WHERE created_at = (SELECT min(created_at) FROM customer_activities)"
    )
    assert [done async for done in fill_ways(database, StoreId(store_id), LOOKUP)] == [(1, 1)]
    assert [(row["path"], row["number"]) for row in await sessions(database)] == [("", 1), ("C", 2)]
