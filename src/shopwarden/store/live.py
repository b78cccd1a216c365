"""Reads for the live feed: who was in a store within the window, and by which points it scores them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.contracts.live import MOST_IN_SNAPSHOT, WINDOW_SECONDS
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.verdict import Weights
from shopwarden.domain.visit_state import VisitorState
from shopwarden.store.database import Database
from shopwarden.store.weights import current_weights

MOST_SEEN = 200_000


class LiveRow(msgspec.Struct, frozen=True, kw_only=True):
    """A visitor seen lately: where its fold stands, its newest event, and its device."""

    id: UUID
    is_customer: bool
    is_bot: bool
    state: VisitorState
    activity: str | None
    at: datetime | None
    device_kind: str | None
    browser: str | None
    os: str | None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """By what a store reads its visitors."""

    weights: Weights
    currency: str


_SEEN = """
SELECT id::text::bytea AS id, extract(epoch FROM last_seen)::float8 AS last_seen FROM visitors
 WHERE store_id = $1 AND last_seen >= $2 AND merged_into IS NULL ORDER BY last_seen DESC, id DESC LIMIT $3
"""

_ROWS = """
SELECT v.id, v.customer_id IS NOT NULL AS is_customer, v.is_bot, v.state::text AS state,
       a.activity_type AS activity, a.created_at AS at, d.kind AS device_kind, d.browser, d.os
  FROM (SELECT * FROM visitors WHERE store_id = $1 AND last_seen >= $2 AND merged_into IS NULL {which}
         ORDER BY last_seen DESC, id DESC LIMIT $3) v
  LEFT JOIN devices d ON d.store_id = v.store_id AND d.id = v.device_id
  LEFT JOIN LATERAL (
    SELECT activity_type, created_at FROM customer_activities
     WHERE store_id = $1 AND session_id = (v.state->'visit'->>'id')::uuid AND created_at >= $2
     ORDER BY created_at DESC LIMIT 1) a ON true
 ORDER BY v.last_seen, v.id
"""
_LATEST = _ROWS.format(which="")
_OF_CUSTOMER = _ROWS.format(which="AND customer_id = $4")

_read_state = msgspec.json.Decoder(VisitorState).decode


def _since() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=WINDOW_SECONDS)


async def seen_lately(database: Database, store_id: StoreId) -> list[tuple[bytes, float]]:
    """Everybody seen within the window: id as text and Unix seconds, by rising time."""
    rows = await database.pool.fetch(_SEEN, store_id, _since(), MOST_SEEN)
    return [(row["id"], row["last_seen"]) for row in reversed(rows)]


async def latest_visitors(database: Database, store_id: StoreId) -> list[LiveRow]:
    """The latest seen within the window, as many as a snapshot holds, by rising time."""
    return _read(await database.pool.fetch(_LATEST, store_id, _since(), MOST_IN_SNAPSHOT))


async def visitors_of(database: Database, store_id: StoreId, customer_id: CustomerId) -> list[LiveRow]:
    """A customer's visitors within the window."""
    return _read(await database.pool.fetch(_OF_CUSTOMER, store_id, _since(), MOST_IN_SNAPSHOT, customer_id))


def _read(rows: Iterable[asyncpg.Record]) -> list[LiveRow]:
    return [LiveRow(**{**row, "state": _read_state(row["state"])}) for row in rows]


async def live_terms(database: Database, store_id: StoreId) -> Terms:
    async with database.pool.acquire() as connection:
        weights = await current_weights(connection, store_id)
        currency = await connection.fetchval("SELECT currency FROM stores WHERE id = $1", store_id)
    return Terms(weights=weights, currency=currency or "USD")
