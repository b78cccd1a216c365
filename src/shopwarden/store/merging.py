"""Visitors merged and split by hand: the rows locked, whose they become, and the line that says who did it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId, VisitorId
from shopwarden.domain.visit import VisitorState

Action = Literal["merge", "split"]


class Browser(msgspec.Struct, frozen=True, kw_only=True):
    """A visitor's own row. `events` is what the fold over it, and over those merged into it, has taken in."""

    id: VisitorId
    anonymous_id: str
    customer_id: UUID | None
    merged_into: VisitorId | None
    events: int
    device_id: UUID | None
    user_agent: str | None
    first_seen: datetime
    last_seen: datetime

    @property
    def whole(self) -> VisitorId:
        """The visitor whose figures count this browser: itself, unless it was merged."""
        return self.merged_into or self.id


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the record. `other_id` was merged into `visitor_id`, or split off it."""

    id: UUID
    at: datetime
    action: Action
    visitor_id: VisitorId
    other_id: VisitorId
    key_id: UUID | None
    user_id: UUID | None
    reason: str | None


class KnownDevice(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    fingerprint: str
    user_agent: str | None
    is_bot: bool


_BROWSER = (
    "v.id, v.anonymous_id, v.customer_id, v.merged_into, v.events, v.device_id, v.user_agent, v.first_seen, v.last_seen"
)
_CHANGE = ", ".join(Change.__struct_fields__)

# In the order events lock visitors, so that neither waits for the other in a circle.
_LOCK = f"""
SELECT {_BROWSER} FROM visitors v WHERE v.store_id = $1 AND (v.id = ANY($2) OR v.merged_into = ANY($2))
 ORDER BY v.store_id, v.anonymous_id FOR NO KEY UPDATE OF v
"""  # noqa: S608


async def lock_changes(connection: asyncpg.Connection, store_id: StoreId) -> None:
    """Merges and splits of a store one after another: who belongs to whom stands still until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('visitors:' || $1::text, 0))", str(store_id))


async def lock_wholes(connection: asyncpg.Connection, store_id: StoreId, ids: Sequence[UUID]) -> dict[UUID, Browser]:
    """Locks every row of the visitors these rows belong to; those not in this store are missing."""
    wholes = await connection.fetch(
        "SELECT DISTINCT coalesce(merged_into, id) AS id FROM visitors WHERE store_id = $1 AND id = ANY($2)",
        store_id, list(ids),
    )  # fmt: skip
    rows = await connection.fetch(_LOCK, store_id, [row["id"] for row in wholes])
    return {row["id"]: Browser(**row) for row in rows}


async def parents(connection: asyncpg.Connection, store_id: StoreId, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Each merged visitor's target as it was named then, which may have been merged on since."""
    rows = await connection.fetch(
        "SELECT DISTINCT ON (other_id) other_id, visitor_id FROM visitor_changes WHERE store_id = $1"
        " AND other_id = ANY($2) AND action = 'merge' ORDER BY other_id, at DESC, id DESC",
        store_id, list(ids),
    )  # fmt: skip
    return {row["other_id"]: row["visitor_id"] for row in rows}


async def change_of_key(connection: asyncpg.Connection, store_id: StoreId, idempotency_key: str) -> Change | None:
    row = await connection.fetchrow(
        f"SELECT {_CHANGE} FROM visitor_changes WHERE store_id = $1 AND idempotency_key = $2",  # noqa: S608
        store_id, idempotency_key,
    )  # fmt: skip
    return Change(**row) if row else None


async def put_change(connection: asyncpg.Connection, store_id: StoreId, change: Change, idempotency_key: str | None) -> None:
    await connection.execute(
        f"INSERT INTO visitor_changes (store_id, idempotency_key, {_CHANGE})"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        store_id, idempotency_key, *msgspec.structs.astuple(change),
    )  # fmt: skip


async def make_members(connection: asyncpg.Connection, store_id: StoreId, ids: Sequence[UUID], whole: UUID) -> None:
    """These visitors count in `whole` from now on. Their own figures rest at zero: sums over visitors stay true."""
    await connection.execute(
        "UPDATE visitors SET merged_into = $3, sessions = 0, page_views = 0, events = 0, session_seconds = 0,"
        " bounced_sessions = 0, converted_sessions = 0, abandoned_carts = 0, orders = 0, revenue = 0, device_changes = 0,"
        " location_changes = 0, fastest_travel_kmh = NULL, patterns = '{}', state = '{}'"
        " WHERE store_id = $1 AND id = ANY($2)",
        store_id, list(ids), whole,
    )  # fmt: skip


_FIGURES = {
    "first_seen": "float8", "last_seen": "float8", "sessions": "int", "page_views": "int", "events": "int",
    "session_seconds": "float8", "bounced_sessions": "int", "converted_sessions": "int", "abandoned_carts": "int",
    "orders": "int", "revenue": "numeric", "device_changes": "int", "location_changes": "int",
    "fastest_travel_kmh": "float8", "ip": "inet", "country_code": "text", "region": "text", "city": "text",
    "device_id": "uuid", "device_fingerprint": "text", "user_agent": "text", "is_bot": "bool", "bot_name": "text",
    "vpn_detected": "bool", "patterns": "text[]", "state": "jsonb",
}  # fmt: skip
_SET = ", ".join(f"{name} = to_timestamp(w.{name})" if name.endswith("_seen") else f"{name} = w.{name}" for name in _FIGURES)
_WRITE = f"""
UPDATE visitors v SET merged_into = NULL, {_SET}
  FROM json_to_record($3::text::json) AS w ({", ".join(f"{name} {kind}" for name, kind in _FIGURES.items())})
 WHERE v.store_id = $1 AND v.id = $2
"""  # noqa: S608


async def write_whole(
    connection: asyncpg.Connection, store_id: StoreId, visitor_id: UUID, figures: Mapping[str, object], state: VisitorState
) -> None:
    """A visitor of its own with these figures: columns of `visitors`, times in Unix seconds."""
    sent = msgspec.json.encode({**figures, "state": state}).decode()
    await connection.execute(_WRITE, store_id, visitor_id, sent)


async def known_devices(connection: asyncpg.Connection, store_id: StoreId, ids: Iterable[UUID]) -> dict[UUID, KnownDevice]:
    rows = await connection.fetch(
        "SELECT id, fingerprint, user_agent, is_bot FROM devices WHERE store_id = $1 AND id = ANY($2)", store_id, list(ids)
    )
    return {row["id"]: KnownDevice(**row) for row in rows}


# A token was last shown by an event of its moment, in whose session it belongs.
_TOKENS = """
UPDATE checkout_tokens t SET session_id = a.session_id FROM customer_activities a
 WHERE t.store_id = $1 AND t.visitor_id = ANY($2) AND a.store_id = $1 AND a.session_id = ANY($3)
   AND a.visitor_id = t.visitor_id AND a.created_at = t.seen_at AND t.session_id IS DISTINCT FROM a.session_id
"""
_ORDERS = """
UPDATE orders o SET session_id = coalesce(
    (SELECT s.id FROM checkout_tokens t JOIN sessions s ON s.store_id = t.store_id AND s.id = t.session_id
      WHERE t.store_id = $1 AND s.visitor_id = coalesce(v.merged_into, v.id)
        AND (t.token, t.kind) IN ((o.checkout_token, 'checkout'), (o.cart_token, 'cart')) ORDER BY t.kind DESC LIMIT 1),
    (SELECT s.id FROM sessions s WHERE s.store_id = $1 AND s.visitor_id = coalesce(v.merged_into, v.id)
        AND s.started_at <= o.created_at ORDER BY s.started_at DESC LIMIT 1))
  FROM visitors v
 WHERE o.store_id = $1 AND o.visitor_id = ANY($2) AND o.session_id = ANY($3) AND v.store_id = $1 AND v.id = o.visitor_id
"""


async def settle_split(
    connection: asyncpg.Connection, store_id: StoreId, members: Sequence[UUID], were: Iterable[UUID], now: Iterable[UUID]
) -> None:
    """After a split: tokens and orders go to the sessions their browsers have `now`; those that `were` and are not, go."""
    before, after = set(were), set(now)
    await connection.execute(_TOKENS, store_id, list(members), list(after))
    await connection.execute(_ORDERS, store_id, list(members), list(before))
    await connection.execute("DELETE FROM sessions WHERE store_id = $1 AND id = ANY($2)", store_id, list(before - after))
