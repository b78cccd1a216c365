"""What the law asks for: finding everything about a person, giving it out, and forgetting it without a trace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.store.shop_tokens import forget_tokens
from shopwarden.store.tables import metadata

KEPT_OF_SHOPS = frozenset({"api_keys", "privacy_receipts", "webhook_counts"})
"""Say nothing of a shop's customers: its keys, the receipts themselves, and how many deliveries came."""


SAME_MOMENT = timedelta(seconds=2)
"""The shop's clock and ours differ a little, and it tells whole seconds."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """All a request is about: customer rows, the texts that name the person, and the shop's ids of the orders."""

    customer_ids: tuple[CustomerId, ...]
    texts: tuple[str, ...]
    """E-mail addresses and phone numbers, normalised."""
    shopify_ids: tuple[str, ...]
    order_ids: tuple[str, ...]
    klaviyo_ids: tuple[str, ...] = ()


_FIND = """
SELECT DISTINCT i.customer_id FROM customer_identifiers i
JOIN customers c ON c.store_id = i.store_id AND c.id = i.customer_id
WHERE i.store_id = $1 AND (i.kind, i.value) IN (('shopify', $2::text), ('email', $3::text), ('phone', $4::text))
  AND ($2::text IS NULL OR c.shopify_id IS NULL OR c.shopify_id = $2)
"""


async def find_subject(
    connection: asyncpg.Connection,
    store_id: StoreId,
    named: tuple[str | None, str | None, str | None],
    orders: Sequence[str],
) -> Subject:
    """Everything known of the person whom (Shopify id, e-mail, phone) name.

    An e-mail address that is another Shopify customer's by now is left to them.
    """
    ids = [row["customer_id"] for row in await connection.fetch(_FIND, store_id, *named)]
    rows = await connection.fetch(
        "SELECT kind, value FROM customer_identifiers WHERE store_id = $1 AND customer_id = ANY($2)", store_id, ids
    )
    theirs = {row["value"] for row in rows if row["kind"] in ("email", "phone")}
    shopify = {row["value"] for row in rows if row["kind"] == "shopify"} | ({named[0]} if named[0] else set())
    ordered = await connection.fetch(
        "SELECT external_id FROM orders WHERE store_id = $1 AND (customer_id = ANY($2) OR external_id = ANY($3))",
        store_id,
        ids,
        list(orders),
    )
    return Subject(
        customer_ids=tuple(sorted(ids)),
        texts=tuple(sorted(theirs | {text for text in named[1:] if text})),
        shopify_ids=tuple(sorted(shopify)),
        order_ids=tuple(sorted({row["external_id"] for row in ordered} | set(orders))),
        klaviyo_ids=tuple(sorted(row["value"] for row in rows if row["kind"] == "klaviyo")),
    )


async def export_subject(connection: asyncpg.Connection, store_id: StoreId, subject: Subject) -> dict[str, Any]:
    """Everything kept about a person, by table, as JSON."""
    told: dict[str, Any] = {}
    for table, column in _TABLES_OF_A_PERSON.items():
        told[table] = await connection.fetchval(
            f"SELECT coalesce(jsonb_agg(to_jsonb(t) - 'store_id'), '[]') FROM {table} t"  # noqa: S608
            f" WHERE store_id = $1 AND {column} = ANY($2)",
            store_id,
            list(subject.customer_ids),
        )
    for table in ("consents", "engagements"):
        told[table] = await connection.fetchval(
            f"SELECT coalesce(jsonb_agg(to_jsonb(t) - 'store_id'), '[]') FROM {table} t"  # noqa: S608
            " WHERE store_id = $1 AND source = 'klaviyo' AND profile_id = ANY($2)",
            store_id,
            list(subject.klaviyo_ids),
        )
    return told


_TABLES_OF_A_PERSON = {
    "customers": "id",
    "customer_addresses": "customer_id",
    "customer_ips": "customer_id",
    "orders": "customer_id",
    "checkouts": "customer_id",
    "carts": "customer_id",
    "payment_attempts": "customer_id",
    "customer_activities": "customer_id",
}


async def keep_export(
    connection: asyncpg.Connection, store_id: StoreId, reference: str | None, result: dict[str, Any]
) -> UUID:
    """The export as the result of a finished task; one per reference."""
    now = datetime.now(UTC)
    task: UUID = await connection.fetchval(
        "INSERT INTO tasks (store_id, id, kind, state, done, total, result, idempotency_key, created_at, updated_at)"
        " VALUES ($1, $2, 'data_request', 'done', 1, 1, $3, $4, $5, $5)"
        " ON CONFLICT (store_id, kind, idempotency_key) DO UPDATE SET result = excluded.result, updated_at = $5"
        " RETURNING id",
        store_id,
        new_id(),
        result,
        reference,
        now,
    )
    return task


async def keep_receipt(
    connection: asyncpg.Connection, store_id: StoreId, request: tuple[str, str | None, datetime], counts: dict[str, int]
) -> None:
    """That a request (what, the shop's reference, when it came) was answered, without a word of whom it was about."""
    kind, reference, received_at = request
    await connection.execute(
        "INSERT INTO privacy_receipts (store_id, id, request, request_reference, counts, received_at, completed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        store_id,
        new_id(),
        kind,
        reference,
        counts,
        received_at,
        datetime.now(UTC),
    )


async def wipe_shop(connection: asyncpg.Connection, store_id: StoreId, but_job: str) -> dict[str, int]:
    """Deletes every row of the store but its keys, its receipts and the outbox row of the job that asks; counts by table."""
    counts: dict[str, int] = {}
    for table in reversed(metadata.sorted_tables):
        if "store_id" not in table.columns or table.name in KEPT_OF_SHOPS:
            continue
        but, job = (" AND subject <> $2", [but_job]) if table.name == "outbox" else ("", [])
        done = await connection.execute(f"DELETE FROM {table.name} WHERE store_id = $1{but}", store_id, *job)  # noqa: S608
        counts[table.name] = int(done.rpartition(" ")[2])
    return {table: count for table, count in counts.items() if count}


_UNINSTALL = """
UPDATE stores SET uninstalled_at = greatest(uninstalled_at, $2)
 WHERE id = $1 AND NOT EXISTS (SELECT FROM shop_tokens WHERE store_id = $1 AND state = 'active' AND installed_at > $3)
"""


async def set_uninstalled(connection: asyncpg.Connection, store_id: StoreId, at: datetime) -> None:
    """The app was taken out of the shop: its tokens go with it. Told late of a shop installed again since, nothing."""
    latest = at + SAME_MOMENT
    await connection.execute(_UNINSTALL, store_id, at, latest)
    await forget_tokens(connection, store_id, latest)
