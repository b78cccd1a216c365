"""A store's allow, block and watch lists: entries put, changed, removed and read."""
# ruff: noqa: S608 - the texts put together here are column names and conditions of this file; values are always bound

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.list_entry import NewEntry
from shopwarden.domain.policy import ListKind, ListName

Outcome = Literal["created", "updated", "unchanged"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is kept. `shown` is what was entered, where `value` is another spelling of it."""

    id: UUID
    list: ListName
    kind: ListKind
    value: str
    shown: str | None
    reason: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None


class Put(msgspec.Struct, frozen=True):
    """What came of putting one entry."""

    id: UUID
    outcome: Outcome


COLUMNS = ", ".join(f"e.{name}" for name in Entry.__struct_fields__)

# What the list said before stays said where nothing new is told; an entry told twice is kept once.
_WRITE = """
WITH given AS (
  SELECT DISTINCT ON (list, kind, value) * FROM (
    SELECT id, list, kind, CASE WHEN kind = 'ip' THEN network(value::inet)::text ELSE value END AS value, shown, reason,
           expires_at, place
      FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
           WITH ORDINALITY AS g (id, list, kind, value, shown, reason, expires_at, place)) spelt
   ORDER BY list, kind, value, place DESC),
put AS (
  INSERT INTO list_entries AS e (store_id, id, list, kind, value, shown, reason, created_by, created_at, expires_at)
  SELECT $1, id, list, kind, value, shown, reason, $9, $10, expires_at FROM given
  ON CONFLICT (store_id, kind, value, list) DO UPDATE SET shown = coalesce(excluded.shown, e.shown),
     reason = coalesce(excluded.reason, e.reason), expires_at = excluded.expires_at
   WHERE (e.shown, e.reason, e.expires_at) IS DISTINCT FROM
         (coalesce(excluded.shown, e.shown), coalesce(excluded.reason, e.reason), excluded.expires_at)
  RETURNING id, list, kind, value, xmax = 0 AS is_new)
"""
_PUT = (
    _WRITE
    + """
SELECT coalesce(p.id, e.id) AS id, CASE WHEN p.is_new THEN 'created' WHEN p.id IS NULL THEN 'unchanged' ELSE 'updated' END
         AS outcome
  FROM (SELECT list, kind, CASE WHEN kind = 'ip' THEN network(value::inet)::text ELSE value END AS value, place
          FROM unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS g (list, kind, value, place)) asked
  LEFT JOIN put p USING (list, kind, value)
  LEFT JOIN LATERAL (SELECT id FROM list_entries e WHERE p.id IS NULL AND e.store_id = $1 AND e.kind = asked.kind
      AND e.value = asked.value AND e.list = asked.list OFFSET 0) e ON true
 ORDER BY asked.place
"""
)
_PUT_COUNTED = (
    _WRITE + " SELECT count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS updated FROM put"
)


async def put_entries(connection: asyncpg.Connection, store_id: StoreId, entries: Sequence[NewEntry], by: str) -> list[Put]:
    """What came of each, in their order. The same value put on the same list again is the same entry: its expiry is the new
    one, its reason too where one is given. `by` is an actor as in the audit log."""
    if not entries:
        return []
    columns = [[getattr(entry, name) for entry in entries] for name in NewEntry.__struct_fields__]
    ids = [new_id() for _ in entries]
    rows = await connection.fetch(_PUT, store_id, ids, *columns, by, datetime.now(UTC))
    if any(row["id"] is None for row in rows):
        # Somebody put the same a moment before: the next statement sees it.
        rows = await connection.fetch(_PUT, store_id, ids, *columns, by, datetime.now(UTC))
    return [Put(row["id"], row["outcome"]) for row in rows]


async def put_counted(
    connection: asyncpg.Connection, store_id: StoreId, entries: Sequence[NewEntry], by: str
) -> dict[Outcome, int]:
    """As `put_entries`, of thousands at once: only how many of each outcome. What comes twice among them counts once, and
    is unchanged the other time."""
    if not entries:
        return {"created": 0, "updated": 0, "unchanged": 0}
    columns = [[getattr(entry, name) for entry in entries] for name in NewEntry.__struct_fields__]
    ids = [new_id() for _ in entries]
    row = await connection.fetchrow(_PUT_COUNTED, store_id, ids, *columns, by, datetime.now(UTC))
    created, updated = row["created"], row["updated"]
    return {"created": created, "updated": updated, "unchanged": len(entries) - created - updated}


async def find_entry(
    connection: asyncpg.Connection, store_id: StoreId, entry_id: UUID, *, for_change: bool = False
) -> Entry | None:
    """`for_change`: nobody else changes it before the caller's transaction ends."""
    locked = " FOR UPDATE" if for_change else ""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM list_entries e WHERE store_id = $1 AND id = $2{locked}", store_id, entry_id
    )
    return Entry(**row) if row is not None else None


async def change_entry(
    connection: asyncpg.Connection, store_id: StoreId, entry_id: UUID, reason: str | None, expires_at: datetime | None
) -> Entry | None:
    """The entry with this reason and expiry; None where there is none."""
    row = await connection.fetchrow(
        "UPDATE list_entries e SET reason = $3, expires_at = $4 WHERE store_id = $1 AND id = $2"
        f" RETURNING {COLUMNS}",
        store_id, entry_id, reason, expires_at,
    )  # fmt: skip
    return Entry(**row) if row is not None else None


async def remove_entries(connection: asyncpg.Connection, store_id: StoreId, ids: Collection[UUID]) -> list[Entry]:
    """The entries that were there and are gone now."""
    rows = await connection.fetch(
        f"DELETE FROM list_entries e WHERE store_id = $1 AND id = ANY($2::uuid[]) RETURNING {COLUMNS}", store_id, list(ids)
    )
    return [Entry(**row) for row in rows]
