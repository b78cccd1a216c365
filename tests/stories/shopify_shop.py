"""A shop that sends webhooks: deliveries go in as kept ones do, and the tables come out in a form that can be compared."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shopwarden.domain.ids import StoreId
from shopwarden.pipeline import process_webhook
from shopwarden.store.database import Database
from shopwarden.store.inbox import Delivery, keep
from tests.sources.shopify_bodies import CAPTURED

LAST = {"app/uninstalled", "customers/redact", "shop/redact", "customers/data_request"}
TABLES = (
    "customers", "customer_identifiers", "customer_addresses", "customer_ips", "customer_activities", "orders", "checkouts",
    "carts", "payment_attempts", "refunds", "disputes", "identities", "devices", "visitors",
)  # fmt: skip
KEY = {
    "orders": "external_id", "checkouts": "token", "carts": "token", "payment_attempts": "external_id",
    "refunds": "external_id", "disputes": "external_id", "visitors": "anonymous_id", "devices": "fingerprint",
}  # fmt: skip

Sent = tuple[str, dict[str, Any]]


def captured() -> list[Sent]:
    """Every captured body of every topic that leaves something, in one order of many."""
    return [(topic, body) for topic, bodies in CAPTURED.items() if topic not in LAST for body in bodies]


async def send(database: Database, store_id: StoreId, topic: str, body: dict[str, Any], delivery: str | None = None) -> str:
    """One delivery, kept and processed; answers its outcome. The same body without an own id is the same delivery."""
    raw = json.dumps(body).encode()
    async with database.transaction() as connection:
        kept = await keep(
            connection,
            store_id,
            Delivery(
                source="shopify",
                topic=topic,
                delivery_id=delivery or f"{topic}-{hash(raw)}",
                event_id=None,
                triggered_at=datetime(2026, 3, 1, tzinfo=UTC),
                api_version="2026-10",
                body=raw,
            ),
        )
        if kept.inbox_id is None:
            return "duplicate"
        await process_webhook(connection, store_id, kept.inbox_id)
        return str(await connection.fetchval("SELECT outcome FROM inbox WHERE id = $1", kept.inbox_id))


async def rows(database: Database, store_id: StoreId, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await database.pool.fetch(f"SELECT * FROM {table} WHERE store_id = $1", store_id)]


async def one(database: Database, store_id: StoreId, table: str, **where: Any) -> dict[str, Any]:
    """The single row of a table that has these values."""
    found = [row for row in await rows(database, store_id, table) if all(row[name] == v for name, v in where.items())]
    assert len(found) == 1, f"{len(found)} rows in {table} where {where}"
    return found[0]


async def exact(database: Database, store_id: StoreId) -> dict[str, list[str]]:
    """Every row of every table, byte by byte."""
    return {table: sorted(map(repr, await rows(database, store_id, table))) for table in TABLES}


async def comparable(database: Database, store_id: StoreId) -> dict[str, list[str]]:
    """The same with natural keys in the place of ids that are made up, so that two stores can be compared."""
    tables = {table: await rows(database, store_id, table) for table in TABLES}
    names: dict[UUID, str] = {}
    for table, key in KEY.items():
        names |= {row["id"]: f"{table}:{row[key]}" for row in tables[table]}
    for row in sorted(tables["customer_identifiers"], key=lambda row: (row["kind"], row["value"])):
        if row["customer_id"] is not None and row["first_at"] is not None:
            names.setdefault(row["customer_id"], f"customer:{row['kind']}:{row['value']}")
    persons: dict[UUID, list[str]] = {}
    for row in tables["customers"]:
        persons.setdefault(row["person_id"], []).append(names[row["id"]])
    for row in tables["customers"]:
        row["person_id"] = sorted(persons[row["person_id"]])
    for table in ("customer_addresses", "customer_ips"):
        for row in tables[table]:
            del row["id"]
    return {
        table: sorted(
            repr({name: names.get(v, v) if isinstance(v, UUID) else v for name, v in row.items() if name != "store_id"})
            for row in found
        )
        for table, found in tables.items()
    }
