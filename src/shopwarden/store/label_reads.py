"""Labels read: newest first by pages, one, all of them; and the orders that labels name."""
# ruff: noqa: S608 - the texts put together here are column names and conditions of this file; values are always bound

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.label import LabelName, LabelSource
from shopwarden.store.database import Database
from shopwarden.store.fraud_sql import STANDING_FIRST, is_known


class KeptLabel(msgspec.Struct, frozen=True, kw_only=True):
    """`event_at`: when it happened; `known_at`: since when it counts. Withdrawn, it counts no more from then on."""

    id: UUID
    label: LabelName
    source: LabelSource
    reference: str
    order_external_id: str | None
    order_id: UUID | None
    customer_id: UUID | None
    reason_code: str | None
    note: str | None
    amount: Decimal | None
    currency: str | None
    event_at: datetime
    known_at: datetime
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


COLUMNS = ", ".join(f"l.{name}" for name in KeptLabel.__struct_fields__)
PORTION = 2_000
_FIND = f"SELECT {COLUMNS} FROM labels l WHERE l.store_id = $1 AND l.id = $2"
# Each filter is in the text only where it is asked for, so that each has its own plan and the right index.
_FILTERS = {
    "label": "l.label = {0}",
    "source": "l.source = {0}",
    "order": "l.order_external_id = {0}",
    "customer_id": "l.customer_id = {0}",
    "known_at": is_known("l", "{0}::timestamptz"),
}


class LabelFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`known_at`: only those known, and not withdrawn, at that time."""

    label: LabelName | None = None
    source: LabelSource | None = None
    order: str | None = None
    customer_id: UUID | None = None
    known_at: datetime | None = None


class NamedOrder(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    external_id: str
    customer_id: UUID | None
    created_at: datetime


async def newest_labels(
    connection: asyncpg.Connection,
    store_id: StoreId,
    wanted: LabelFilter,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[KeptLabel]:
    """By when they were kept, newest first; `after`: older than this one."""
    values: list[object] = [store_id]
    conditions = ["l.store_id = $1"]
    for name, text in _FILTERS.items():
        value = getattr(wanted, name)
        if value is not None:
            values.append(value)
            conditions.append(text.replace("{0}", f"${len(values)}"))
    if after is not None:
        values += after
        conditions.append(f"(l.created_at, l.id) < (${len(values) - 1}, ${len(values)})")
    values.append(limit)
    query = (
        f"SELECT {COLUMNS} FROM labels l WHERE {' AND '.join(conditions)}"
        f" ORDER BY l.created_at DESC, l.id DESC LIMIT ${len(values)}"
    )
    return [KeptLabel(**row) for row in await connection.fetch(query, *values)]


async def all_labels(database: Database, store_id: StoreId, wanted: LabelFilter) -> AsyncIterator[list[KeptLabel]]:
    """Everything, some thousands at a time; each portion is a read of its own, so that a slow reader holds up nobody."""
    after: tuple[datetime, UUID] | None = None
    while True:
        async with database.pool.acquire() as connection:
            found = await newest_labels(connection, store_id, wanted, PORTION, after)
        if not found:
            return
        yield found
        after = (found[-1].created_at, found[-1].id)


async def find_label(connection: asyncpg.Connection, store_id: StoreId, label_id: UUID) -> KeptLabel | None:
    row = await connection.fetchrow(_FIND, store_id, label_id)
    return None if row is None else KeptLabel(**row)


async def standing_label(
    connection: asyncpg.Connection, store_id: StoreId, order_external_id: str, at: datetime
) -> KeptLabel | None:
    """The label that says what this order is, as known at `at`."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM labels l WHERE l.store_id = $1 AND l.order_external_id = $2 AND {is_known('l', '$3')}"
        f" ORDER BY {STANDING_FIRST} LIMIT 1",
        store_id, order_external_id, at,
    )  # fmt: skip
    return None if row is None else KeptLabel(**row)


async def orders_named(
    connection: asyncpg.Connection, store_id: StoreId, external_ids: Iterable[str]
) -> dict[str, NamedOrder]:
    """The shop's orders by its own ids; an order that was only asked about where the shop told of none."""
    rows = await connection.fetch(
        "SELECT id, external_id, customer_id, created_at FROM orders"
        " WHERE store_id = $1 AND source IN ('check', 'shopify') AND external_id = ANY($2) ORDER BY source",
        store_id, list(set(external_ids)),
    )  # fmt: skip
    return {row["external_id"]: NamedOrder(**row) for row in rows}


async def order_by_id(connection: asyncpg.Connection, store_id: StoreId, order_id: UUID) -> NamedOrder | None:
    row = await connection.fetchrow(
        "SELECT id, external_id, customer_id, created_at FROM orders WHERE store_id = $1 AND id = $2", store_id, order_id
    )
    return None if row is None else NamedOrder(**row)


async def told_otherwise(
    connection: asyncpg.Connection, store_id: StoreId, told: Sequence[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Of (the shop's id of an order, reference), those that are labels of another source than an import, withdrawn or not:
    an import that tells them gives back what was exported here."""
    rows = await connection.fetch(
        "SELECT labels.order_external_id, labels.reference FROM unnest($2::text[], $3::text[]) AS told (number, reference)"
        " JOIN labels ON labels.store_id = $1 AND labels.order_external_id = told.number"
        " AND labels.reference = told.reference AND labels.source <> 'import'",
        store_id, [number for number, _ in told], [reference for _, reference in told],
    )  # fmt: skip
    return {(row["order_external_id"], row["reference"]) for row in rows}
