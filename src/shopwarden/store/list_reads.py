"""Entries of a store's lists read: newest first by pages, all of them in the order of their values, and counted."""
# ruff: noqa: S608 - the texts put together here are column names and conditions of this file; values are always bound

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.policy import LIST_KINDS, LISTS, ListKind, ListName
from shopwarden.store.database import Database
from shopwarden.store.list_entries import COLUMNS, Entry

MOST_COUNTED = 10_000
EXPORTED_AT_ONCE = 2_000

# One short walk down the index for each list and kind, however many entries the others have.
_NEWEST = f"""
SELECT found.* FROM unnest($2::text[]) AS l (list) CROSS JOIN unnest($3::text[]) AS k (kind)
 CROSS JOIN LATERAL (
   SELECT {COLUMNS} FROM list_entries e
    WHERE e.store_id = $1 AND e.list = l.list AND e.kind = k.kind {{more}}
    ORDER BY e.created_at DESC, e.id DESC LIMIT $4) found
 ORDER BY found.created_at DESC, found.id DESC LIMIT $4
"""
_AFTER = " AND (e.created_at, e.id) < ($5, $6)"
_COUNTS = """
SELECT l.list, k.kind, least(found.entries, $4) AS entries
  FROM unnest($2::text[]) AS l (list) CROSS JOIN unnest($3::text[]) AS k (kind)
 CROSS JOIN LATERAL (SELECT count(*) AS entries FROM (
   SELECT FROM list_entries e WHERE e.store_id = $1 AND e.list = l.list AND e.kind = k.kind LIMIT $4) one) found
"""
_BY_IDS = f"""
SELECT {COLUMNS} FROM list_entries e WHERE e.store_id = $1 AND e.id = ANY($2::uuid[])
   AND e.list = ANY($3::text[]) AND e.kind = ANY($4::text[]) ORDER BY e.created_at DESC, e.id DESC
"""
_STARTING = f"""
SELECT found.* FROM unnest($2::text[]) AS k (kind) CROSS JOIN LATERAL (
   SELECT {COLUMNS} FROM list_entries e
    WHERE e.store_id = $1 AND e.kind = k.kind AND e.value >= $3 AND e.value < $4 AND e.list = ANY($5::text[])
    ORDER BY e.value LIMIT $6) found
 ORDER BY found.value, found.kind LIMIT $6
"""
_ALL = f"""
SELECT {COLUMNS} FROM list_entries e WHERE e.store_id = $1 AND e.kind = $2 AND (e.value, e.list) > ($3, $4)
   AND e.list = ANY($5::text[]) ORDER BY e.kind, e.value, e.list LIMIT $6
"""


class EntryFilter(msgspec.Struct, frozen=True, kw_only=True):
    lists: tuple[ListName, ...] = LISTS
    kinds: tuple[ListKind, ...] = LIST_KINDS


class EntryCount(msgspec.Struct, frozen=True, kw_only=True):
    """`entries` is exact up to 10,000; beyond that it says 10,001."""

    list: ListName
    kind: ListKind
    entries: int


async def newest_entries(
    connection: asyncpg.Connection,
    store_id: StoreId,
    wanted: EntryFilter,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[Entry]:
    """Newest first, expired ones too; `after`: older than this one."""
    query = _NEWEST.format(more=_AFTER if after is not None else "")
    rows = await connection.fetch(query, store_id, wanted.lists, wanted.kinds, limit, *(after or ()))
    return [Entry(**row) for row in rows]


async def entries_by_ids(
    connection: asyncpg.Connection, store_id: StoreId, wanted: EntryFilter, ids: Sequence[UUID]
) -> list[Entry]:
    rows = await connection.fetch(_BY_IDS, store_id, ids, wanted.lists, wanted.kinds)
    return [Entry(**row) for row in rows]


async def entries_starting(
    connection: asyncpg.Connection, store_id: StoreId, wanted: EntryFilter, start: str, limit: int
) -> list[Entry]:
    """Whose value begins so, in the order of their values."""
    rows = await connection.fetch(
        _STARTING, store_id, wanted.kinds, start, f"{start}\U0010ffff", wanted.lists, limit
    )  # fmt: skip
    return [Entry(**row) for row in rows]


async def count_entries(connection: asyncpg.Connection, store_id: StoreId) -> list[EntryCount]:
    rows = await connection.fetch(_COUNTS, store_id, LISTS, LIST_KINDS, MOST_COUNTED + 1)
    return [EntryCount(**row) for row in rows]


async def all_entries(database: Database, store_id: StoreId, wanted: EntryFilter) -> AsyncIterator[list[Entry]]:
    """Everything, some thousands at a time; each portion is a read of its own, so that a slow reader holds up nobody."""
    for kind in wanted.kinds:
        value, name = "", ""
        while True:
            rows = await database.pool.fetch(_ALL, store_id, kind, value, name, wanted.lists, EXPORTED_AT_ONCE)
            if not rows:
                break
            yield [Entry(**row) for row in rows]
            value, name = rows[-1]["value"], rows[-1]["list"]
