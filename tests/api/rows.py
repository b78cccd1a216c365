"""Rows put straight into the tables, so that reads are tested against what is known to be there."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from shopwarden.domain.ids import new_id
from shopwarden.store.database import Database

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


async def insert(database: Database, table: str, values: dict[str, object]) -> None:
    names = ", ".join(values)
    marks = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    await database.pool.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())


async def add_customer(database: Database, store_id: UUID, **values: object) -> UUID:
    customer_id = values.pop("id", None) or new_id()
    row: dict[str, object] = {
        "store_id": store_id,
        "id": customer_id,
        "person_id": customer_id,
        "primary_source": "shopify",
        "created_at": MARCH,
        "updated_at": MARCH,
        **values,
    }
    await insert(database, "customers", row)
    assert isinstance(customer_id, UUID)
    return customer_id


async def add_visitor(database: Database, store_id: UUID, **values: object) -> UUID:
    visitor_id = new_id()
    row: dict[str, object] = {
        "store_id": store_id,
        "id": visitor_id,
        "anonymous_id": str(visitor_id),
        "first_seen": MARCH,
        "last_seen": MARCH,
        **values,
    }
    await insert(database, "visitors", row)
    return visitor_id


async def add_case(database: Database, store_id: UUID, order_id: UUID | None = None, **values: object) -> UUID:
    case_id = new_id()
    row: dict[str, object] = {
        "store_id": store_id,
        "id": case_id,
        "subject": "order",
        "subject_id": order_id or new_id(),
        "opened_by": "advice",
        "opened_at": MARCH,
        "updated_at": MARCH,
        "due_at": MARCH,
        **values,
    }
    await insert(database, "cases", row)
    return case_id


def money(text: str) -> Decimal:
    return Decimal(text)
