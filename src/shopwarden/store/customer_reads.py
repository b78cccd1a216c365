"""Reads around one customer: the whole profile, activities and IP addresses."""
# ruff: noqa: S608 - the texts put together here are column names and conditions of this file; values are always bound

from __future__ import annotations

from typing import TypeVar

import asyncpg
import msgspec

from shopwarden.domain.customers import (
    CustomerActivity,
    CustomerAddress,
    CustomerIdentifier,
    CustomerIp,
    CustomerOrder,
    CustomerProfile,
    LinkedCustomer,
)
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.paging import Position
from shopwarden.store.database import Database

LATEST_ORDERS, MOST_LINKED = 20, 100
Shape = TypeVar("Shape", bound=msgspec.Struct)
_PROFILE_PARTS = {"addresses", "identifiers", "ips_count", "visitors_count", "linked_customers", "latest_orders"}


def _columns(shape: type[msgspec.Struct], left_out: set[str] = frozenset()) -> str:  # type: ignore[assignment]
    return ", ".join(name for name in shape.__struct_fields__ if name not in left_out)


def _read(shape: type[Shape], rows: list[asyncpg.Record]) -> tuple[Shape, ...]:
    return tuple(shape(**row) for row in rows)


_PROFILE = f"SELECT {_columns(CustomerProfile, _PROFILE_PARTS)} FROM customers WHERE store_id = $1 AND id = $2"
_ADDRESSES = (
    f"SELECT {_columns(CustomerAddress)} FROM customer_addresses WHERE store_id = $1 AND customer_id = $2"
    " ORDER BY is_default DESC, type, created_at, id"
)
_IDENTIFIERS = "SELECT kind, value FROM customer_identifiers WHERE store_id = $1 AND customer_id = $2 ORDER BY kind, value"
_LINKED = (
    f"SELECT {_columns(LinkedCustomer)} FROM customers WHERE store_id = $1 AND person_id = $2 AND id <> $3"
    f" ORDER BY created_at, id LIMIT {MOST_LINKED}"
)
_ORDERS = (
    f"SELECT {_columns(CustomerOrder)} FROM orders WHERE store_id = $1 AND customer_id = $2 AND source <> 'check'"
    f" ORDER BY created_at DESC, id DESC LIMIT {LATEST_ORDERS}"
)
_COUNTS = (
    "SELECT (SELECT count(*) FROM customer_ips WHERE store_id = $1 AND customer_id = $2) AS ips,"
    " (SELECT count(DISTINCT visitor_id) FROM identities WHERE store_id = $1 AND customer_id = $2) AS visitors"
)
_IPS = (
    f"SELECT {_columns(CustomerIp)} FROM customer_ips WHERE store_id = $1 AND customer_id = $2"
    " ORDER BY last_seen_at DESC, id LIMIT $3 OFFSET $4"
)


async def customer_exists(database: Database, store_id: StoreId, customer_id: CustomerId) -> bool:
    return bool(
        await database.pool.fetchval("SELECT 1 FROM customers WHERE store_id = $1 AND id = $2", store_id, customer_id)
    )


async def get_profile(database: Database, store_id: StoreId, customer_id: CustomerId) -> CustomerProfile | None:
    """The whole profile; None if this store has no such customer."""
    async with database.pool.acquire() as connection:
        row = await connection.fetchrow(_PROFILE, store_id, customer_id)
        if row is None:
            return None
        counts = await connection.fetchrow(_COUNTS, store_id, customer_id)
        return CustomerProfile(
            **{**row, "tags": tuple(row["tags"])},
            addresses=_read(CustomerAddress, await connection.fetch(_ADDRESSES, store_id, customer_id)),
            identifiers=_read(CustomerIdentifier, await connection.fetch(_IDENTIFIERS, store_id, customer_id)),
            ips_count=counts["ips"],
            visitors_count=counts["visitors"],
            linked_customers=_read(LinkedCustomer, await connection.fetch(_LINKED, store_id, row["person_id"], customer_id)),
            latest_orders=_read(CustomerOrder, await connection.fetch(_ORDERS, store_id, customer_id)),
        )


async def list_activities(
    database: Database,
    store_id: StoreId,
    customer_id: CustomerId,
    *,
    types: tuple[str, ...] = (),
    limit: int,
    after: Position | None = None,
) -> list[CustomerActivity]:
    """A customer's activities, newest first; `after` goes on behind a position."""
    values: list[object] = [store_id, customer_id, limit]
    where = "store_id = $1 AND customer_id = $2"
    if types:
        values.append(list(types))
        where += f" AND activity_type = ANY(${len(values)}::text[])"
    if after is not None:
        values += [after.value, after.id]
        where += f" AND (created_at, id) < (${len(values) - 1}, ${len(values)})"
    rows = await database.pool.fetch(
        f"SELECT {_columns(CustomerActivity)} FROM customer_activities WHERE {where}"
        " ORDER BY created_at DESC, id DESC LIMIT $3",
        *values,
    )
    return list(_read(CustomerActivity, rows))


async def list_ips(
    database: Database, store_id: StoreId, customer_id: CustomerId, limit: int, offset: int
) -> tuple[list[CustomerIp], int]:
    """A customer's IP addresses, the latest seen first, and how many there are."""
    rows = await database.pool.fetch(_IPS, store_id, customer_id, limit, offset)
    total = await database.pool.fetchval(
        "SELECT count(*) FROM customer_ips WHERE store_id = $1 AND customer_id = $2", store_id, customer_id
    )
    return list(_read(CustomerIp, rows)), total
