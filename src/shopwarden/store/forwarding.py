"""Events on their way to a sink: put with the event itself, taken by one worker at a time, gone once delivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg

from shopwarden.domain.ids import StoreId
from shopwarden.domain.text import clean_text
from shopwarden.store.database import Database

MOST_DEAD = 10_000
DEAD_KEPT = timedelta(days=14)
_BATCH = 5_000

# A dead one is never due; its reason stays beside it until it is cleared away.
_NEVER = "'infinity'::timestamptz"


class Outgoing(NamedTuple):
    """`body`: the message as JSON."""

    store_id: StoreId
    sink: str
    message_id: str
    body: bytes


class Waiting(NamedTuple):
    id: int
    body: bytes
    tries: int
    created_at: datetime


async def put_forwarded(connection: asyncpg.Connection, events: Sequence[Outgoing]) -> None:
    """In the caller's transaction, one round trip."""
    if not events:
        return
    await connection.execute(
        "INSERT INTO forwarded_events (store_id, sink, message_id, body, run_after, created_at)"
        " SELECT w.store_id, w.sink, w.message_id, w.body, now(), now()"
        " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) WITH ORDINALITY"
        " AS w (store_id, sink, message_id, body, place) ORDER BY w.place",
        *[list(column) for column in zip(*events, strict=True)],
    )


async def stores_due(database: Database, sink: str) -> list[StoreId]:
    """Stores with events to be delivered now, hopping from store to store through the index."""
    # across stores: one worker delivers for all of them
    rows = await database.pool.fetch(
        "WITH RECURSIVE found AS ("
        " (SELECT store_id FROM forwarded_events WHERE sink = $1 ORDER BY store_id LIMIT 1)"
        " UNION ALL SELECT (SELECT f.store_id FROM forwarded_events f WHERE f.sink = $1 AND f.store_id > found.store_id"
        " ORDER BY f.store_id LIMIT 1) FROM found WHERE found.store_id IS NOT NULL"
        ") SELECT store_id FROM found WHERE EXISTS (SELECT FROM forwarded_events f"
        " WHERE f.sink = $1 AND f.store_id = found.store_id AND f.run_after <= now())",
        sink,
    )
    return [StoreId(row["store_id"]) for row in rows]


async def take_waiting(connection: asyncpg.Connection, store_id: StoreId, sink: str, most: int) -> list[Waiting]:
    """The oldest due ones, kept from other workers until the transaction ends."""
    rows = await connection.fetch(
        "SELECT id, body, tries, created_at FROM forwarded_events WHERE store_id = $1 AND sink = $2 AND run_after <= now()"
        " ORDER BY run_after, id LIMIT $3 FOR UPDATE SKIP LOCKED",
        store_id, sink, most,
    )  # fmt: skip
    return [Waiting(*row) for row in rows]


async def delivered(connection: asyncpg.Connection, store_id: StoreId, ids: Sequence[int]) -> None:
    await connection.execute("DELETE FROM forwarded_events WHERE store_id = $1 AND id = ANY($2)", store_id, list(ids))


async def again_later(
    connection: asyncpg.Connection, store_id: StoreId, ids: Sequence[int], wait: timedelta, error: str
) -> None:
    await connection.execute(
        "UPDATE forwarded_events SET tries = tries + 1, run_after = clock_timestamp() + $3, last_error = $4"
        " WHERE store_id = $1 AND id = ANY($2)",
        store_id, list(ids), wait, clean_text(error, 500),
    )  # fmt: skip


async def given_up(connection: asyncpg.Connection, store_id: StoreId, ids: Sequence[int], error: str) -> None:
    """Not sent any more; kept with the reason."""
    await connection.execute(
        f"UPDATE forwarded_events SET tries = tries + 1, run_after = {_NEVER}, last_error = $3"  # noqa: S608
        " WHERE store_id = $1 AND id = ANY($2)",
        store_id, list(ids), clean_text(error, 500),
    )  # fmt: skip


async def clear_dead(database: Database) -> int:
    """Deletes dead ones that are old, or more than are kept of a store; answers how many."""
    # across stores: what is old is old in every store
    old = await database.pool.execute(
        f"DELETE FROM forwarded_events WHERE run_after = {_NEVER} AND created_at < now() - $1::interval",  # noqa: S608
        DEAD_KEPT,
    )
    many = await database.pool.execute(
        "DELETE FROM forwarded_events WHERE id IN (SELECT id FROM ("
        " SELECT id, row_number() OVER (PARTITION BY store_id, sink ORDER BY id DESC) AS place FROM forwarded_events"
        " WHERE run_after = 'infinity'::timestamptz) AS dead WHERE place > $1)",
        MOST_DEAD,
    )
    return sum(int(done.rpartition(" ")[2]) for done in (old, many))
