"""Customer rows, written from what was said, and what has to move when a row gives way to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.observation import Json
from shopwarden.domain.rows import Move

_STATED = {
    "email": "text", "phone": "text", "first_name": "text", "last_name": "text", "primary_source": "text",
    "sources": "jsonb", "external_ids": "jsonb", "customer_type": "text", "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "gender": "text", "age_range": "text", "income_range": "text", "education_level": "text", "occupation": "text",
    "marital_status": "text", "has_children": "boolean", "email_verified": "boolean", "phone_verified": "boolean",
    "accepts_marketing": "boolean", "tags": "jsonb", "notes": "text", "custom_attributes": "jsonb", "shopify_id": "text",
    "currency": "text", "country_code": "text", "stated_orders_count": "integer", "stated_total_spent": "numeric",
    "provenance": "jsonb", "deleted_at": "timestamptz",
}  # fmt: skip
_NAMES = ", ".join(_STATED)
_TYPED = ", ".join(f"{name} {kind}" for name, kind in _STATED.items())
_UPDATES = ", ".join(f"{name} = excluded.{name}" for name in _STATED)

# An address that changes hands must be free before its new owner takes it.
_RELEASE = """
UPDATE customers c SET email = NULL FROM jsonb_to_recordset($2) AS r (id uuid, email text)
WHERE c.store_id = $1 AND c.id = r.id AND c.email IS NOT NULL AND c.email IS DISTINCT FROM r.email
"""

# Blocked and vip are set by hand and stay, except that a customer the shop took away is no vip any more.
_WRITE = f"""
INSERT INTO customers (store_id, id, person_id, status, {_NAMES})
SELECT $1, r.id, r.id, CASE WHEN r.deleted_at IS NULL THEN 'active' ELSE 'inactive' END, {_NAMES}
FROM jsonb_to_recordset($2) AS r (id uuid, {_TYPED}) ORDER BY r.id
ON CONFLICT (store_id, id) DO UPDATE SET {_UPDATES}, status = CASE
    WHEN customers.status = 'blocked' THEN 'blocked'
    WHEN excluded.deleted_at IS NOT NULL THEN 'inactive'
    WHEN customers.status = 'vip' THEN 'vip' ELSE 'active' END
"""  # noqa: S608


async def write_customers(
    connection: asyncpg.Connection,
    store_id: StoreId,
    rows: Mapping[CustomerId, dict[str, Json]],
    giving_up: Iterable[CustomerId] = (),
) -> None:
    """Makes or updates rows from composed columns (see `domain.customer_row`); leaves all other columns alone.

    Rows in `giving_up` lose their e-mail address at once, so that another row can take it.
    """
    if not rows:
        return
    listed = [{"id": str(row_id), **rows[row_id]} for row_id in sorted(rows)]
    await connection.execute(_RELEASE, store_id, [*listed, *({"id": str(row_id), "email": None} for row_id in giving_up)])
    await connection.execute(_WRITE, store_id, listed)


_MOVE = "UPDATE {0} SET customer_id = $3 WHERE store_id = $1 AND customer_id = $2 AND {1} RETURNING id, cart_token, {2}"
_BY_IDENTIFIER = {
    "email": "email = $4 AND customer_external_id IS NULL",
    "phone": "phone = $4 AND email IS NULL AND customer_external_id IS NULL",
}


class Moved(NamedTuple):
    """Orders and checkouts that changed hands, and what hangs on them."""

    orders: list[UUID]
    order_external_ids: list[str]
    checkouts: list[UUID]
    cart_tokens: list[str]


async def move_commerce(connection: asyncpg.Connection, store_id: StoreId, moves: Sequence[Move]) -> Moved:
    """Orders and checkouts that came in under an identifier follow it to its new row."""
    moved = Moved([], [], [], [])
    for move in moves:
        condition = _BY_IDENTIFIER.get(move.identifier.kind)
        if condition is None:
            continue
        where = (store_id, move.was, move.now, move.identifier.value)
        for row in await connection.fetch(_MOVE.format("orders", condition, "external_id"), *where):
            moved.orders.append(row["id"])
            moved.order_external_ids.append(row["external_id"])
            moved.cart_tokens.extend(filter(None, [row["cart_token"]]))
        for row in await connection.fetch(_MOVE.format("checkouts", condition, "token"), *where):
            moved.checkouts.append(row["id"])
            moved.cart_tokens.extend(filter(None, [row["cart_token"]]))
    return moved


_FOLLOWERS = (
    "orders",
    "checkouts",
    "carts",
    "payment_attempts",
    "verdicts",
    "visitors",
    "identities",
    "customer_activities",
)


async def give_up(connection: asyncpg.Connection, store_id: StoreId, gone: CustomerId, successor: CustomerId) -> None:
    """Everything that still lies with a row goes to its successor, and the row is deleted."""
    for table in _FOLLOWERS:
        await connection.execute(
            f"UPDATE {table} SET customer_id = $3 WHERE store_id = $1 AND customer_id = $2",  # noqa: S608
            store_id,
            gone,
            successor,
        )
    await connection.execute(
        "UPDATE verdicts SET subject_id = $3 WHERE store_id = $1 AND subject = 'customer' AND subject_id = $2",
        store_id,
        gone,
        successor,
    )
    await connection.execute(_KEEP_BLOCK, store_id, gone, successor)
    await connection.execute(
        "UPDATE customers SET person_id = $3 WHERE store_id = $1 AND person_id = $2 AND id <> $2", store_id, gone, successor
    )
    await connection.execute("DELETE FROM customers WHERE store_id = $1 AND id = $2", store_id, gone)


# Who was blocked stays blocked under the other row: the decision was about the person.
_KEEP_BLOCK = """
UPDATE customers kept SET is_blocked = true, status = 'blocked',
    blocked_reason = coalesce(kept.blocked_reason, gone.blocked_reason)
FROM customers gone WHERE gone.store_id = $1 AND gone.id = $2 AND gone.is_blocked AND kept.store_id = $1 AND kept.id = $3
"""


async def find_customer(connection: asyncpg.Connection, store_id: StoreId, customer_id: CustomerId) -> dict[str, Any] | None:
    row = await connection.fetchrow("SELECT * FROM customers WHERE store_id = $1 AND id = $2", store_id, customer_id)
    return dict(row) if row else None


async def live_customers(
    connection: asyncpg.Connection, store_id: StoreId, customer_ids: Iterable[CustomerId]
) -> list[CustomerId]:
    """Those of the ids that are rows, sorted."""
    rows = await connection.fetch(
        "SELECT id FROM customers WHERE store_id = $1 AND id = ANY($2) ORDER BY id", store_id, list(customer_ids)
    )
    return [CustomerId(row["id"]) for row in rows]
