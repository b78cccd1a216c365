"""What a group of tracker events reads and locks before it is written: message ids, visitors, their history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.visit import VisitorState


class KnownVisitor(msgspec.Struct, kw_only=True):
    store_id: StoreId
    id: UUID
    anonymous_id: str
    customer_id: UUID | None
    state: VisitorState
    merged_into: UUID | None = None
    """The visitor this one was merged into by hand: what it does counts there."""


class Asked(msgspec.Struct, frozen=True):
    """A message about to be stored: its place in the group, its key, its visitor, and the id and time of that visitor's
    first event should nobody know the visitor yet. `at` is Unix seconds."""

    n: int
    store_id: UUID
    message_key: UUID
    anonymous_id: str
    visitor_id: str
    at: float


# Everything is locked in one order (messages, known visitors, new visitors; each sorted), so that groups with the same
# messages or visitors wait for one another and never deadlock. The OFFSET keeps the visitor's row found through its index
# also while the planner still takes the table for empty.
_OPEN = """
WITH asked AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::text::json)
    AS w (n int, store_id uuid, message_key uuid, anonymous_id text, visitor_id uuid, at float8)),
claimed AS MATERIALIZED (
  INSERT INTO message_ids (store_id, message_key, received_at)
  SELECT store_id, message_key, $2 FROM asked ORDER BY store_id, message_key
  ON CONFLICT DO NOTHING RETURNING store_id, message_key),
wanted AS MATERIALIZED (
  SELECT DISTINCT ON (store_id, anonymous_id) store_id, anonymous_id, visitor_id, to_timestamp(at) AS at
    FROM asked JOIN claimed USING (store_id, message_key) ORDER BY store_id, anonymous_id, at),
known AS MATERIALIZED (
  SELECT v.* FROM wanted w CROSS JOIN LATERAL (
    SELECT store_id, id, anonymous_id, customer_id, state, merged_into FROM visitors
     WHERE store_id = w.store_id AND anonymous_id = w.anonymous_id OFFSET 0 FOR NO KEY UPDATE) v),
made AS (
  INSERT INTO visitors (store_id, anonymous_id, id, first_seen, last_seen)
  SELECT store_id, anonymous_id, visitor_id, at, at FROM wanted w
   WHERE NOT EXISTS (SELECT FROM known k WHERE k.store_id = w.store_id AND k.anonymous_id = w.anonymous_id)
  ON CONFLICT DO NOTHING RETURNING store_id, id, anonymous_id)
SELECT store_id, id, anonymous_id, customer_id, state::text AS state, merged_into, NULL::int AS seen_before FROM known
UNION ALL SELECT store_id, id, anonymous_id, NULL, '{}', NULL, NULL FROM made
UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, n FROM asked a
  WHERE NOT EXISTS (SELECT FROM claimed c WHERE c.store_id = a.store_id AND c.message_key = a.message_key)
"""

_LOCK = """
SELECT v.store_id, v.id, v.anonymous_id, v.customer_id, v.state::text AS state, v.merged_into
  FROM unnest($1::uuid[], $2::text[]) AS w (s, a) JOIN visitors v ON v.store_id = w.s AND v.anonymous_id = w.a
 ORDER BY v.store_id, v.anonymous_id FOR NO KEY UPDATE OF v
"""

# Whoever reaches a merged visitor holds its row already and asks for one more, out of the order above. Where that would
# be a circle, the short wait ends it and the group is tried again.
_LOCK_WHOLE = """
SELECT v.store_id, v.id, v.anonymous_id, v.customer_id, v.state::text AS state, v.merged_into
  FROM unnest($1::uuid[], $2::uuid[]) AS w (s, i) JOIN visitors v ON v.store_id = w.s AND v.id = w.i
 ORDER BY v.store_id, v.anonymous_id FOR NO KEY UPDATE OF v
"""
MOST_WAIT_MS = 250

_read_state = msgspec.json.Decoder(VisitorState).decode


def _known(row: asyncpg.Record) -> KnownVisitor:
    return KnownVisitor(
        store_id=row["store_id"],
        id=row["id"],
        anonymous_id=row["anonymous_id"],
        customer_id=row["customer_id"],
        state=_read_state(row["state"]),
        merged_into=row["merged_into"],
    )


async def open_group(
    connection: asyncpg.Connection, asked: Sequence[Asked], at: datetime
) -> tuple[set[int], list[KnownVisitor]]:
    """Marks messages as seen and locks or adds the visitors of the new ones, until the transaction ends.

    Answers the places of messages seen before, and the visitors; one that another process added in the meantime is missing.
    Messages must be distinct.
    """
    rows = await connection.fetch(_OPEN, msgspec.json.encode(asked).decode(), at)
    seen_before = {row["seen_before"] for row in rows if row["id"] is None}
    return seen_before, [_known(row) for row in rows if row["id"] is not None]


async def lock_visitors(connection: asyncpg.Connection, wanted: Sequence[tuple[UUID, str]]) -> list[KnownVisitor]:
    """The visitors already known among (store, anonymous id) pairs, locked in one order until the transaction ends."""
    rows = await connection.fetch(_LOCK, [store for store, _ in wanted], [anonymous for _, anonymous in wanted])
    return [_known(row) for row in rows]


async def lock_whole(connection: asyncpg.Connection, wanted: Sequence[tuple[UUID, UUID]]) -> list[KnownVisitor]:
    """The visitors others were merged into, by (store, id), locked until the transaction ends.

    Their members must be locked already: then nobody can merge or split them meanwhile.
    """
    await connection.execute(f"SET LOCAL lock_timeout = {MOST_WAIT_MS}")
    rows = await connection.fetch(_LOCK_WHOLE, [store for store, _ in wanted], [one for _, one in wanted])
    await connection.execute("SET LOCAL lock_timeout = 0")
    return [_known(row) for row in rows]


async def history(connection: asyncpg.Connection, store_id: UUID, visitor_id: UUID, limit: int) -> list[asyncpg.Record]:
    """A visitor's collected events, those of visitors merged into it among them, newest first, at most `limit`."""
    return list(
        await connection.fetch(
            "SELECT a.id, a.created_at, a.activity_type, a.activity_data, a.ip_address, a.session_id, a.device_id,"
            " a.visitor_id"
            " FROM sessions s JOIN customer_activities a ON a.store_id = s.store_id AND a.session_id = s.id"
            " WHERE s.store_id = $1 AND s.visitor_id = $2 AND a.source = 'collect'"
            " ORDER BY a.created_at DESC LIMIT $3",
            store_id, visitor_id, limit,
        )
    )  # fmt: skip


async def file_again(connection: asyncpg.Connection, store_id: UUID, moved: Sequence[tuple[UUID, UUID, datetime]]) -> None:
    """Puts activities into another session: (new session, activity id, its time)."""
    await connection.executemany(
        "UPDATE customer_activities SET session_id = $2 WHERE store_id = $1 AND id = $3 AND created_at = $4",
        [(store_id, session, activity, at) for session, activity, at in moved],
    )


async def replace_sessions(connection: asyncpg.Connection, store_id: UUID, replaced: dict[UUID, UUID]) -> None:
    """Sessions that a late event made vanish: whatever pointed at the old one points at its successor."""
    for table in ("checkout_tokens", "orders"):
        await connection.execute(
            f"UPDATE {table} t SET session_id = w.new FROM unnest($2::uuid[], $3::uuid[]) AS w (old, new)"  # noqa: S608
            " WHERE t.store_id = $1 AND t.session_id = w.old",
            store_id,
            list(replaced),
            list(replaced.values()),
        )
    await connection.execute("DELETE FROM sessions WHERE store_id = $1 AND id = ANY($2)", store_id, list(replaced))
