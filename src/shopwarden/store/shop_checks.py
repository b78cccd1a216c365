"""Comparisons of a shop with what is known of it: what is known, and how each comparison ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection

Kind = Literal["customers", "orders"]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of comparison on one day. `found`: lost ones fetched that day."""

    day: date
    kind: str
    theirs: int
    ours: int
    found: int
    detail: dict[str, object]
    checked_at: datetime


_COLUMNS = ", ".join(Check.__struct_fields__)
_KEEP = """
INSERT INTO shop_checks (store_id, day, kind, theirs, ours, found, detail, checked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (store_id, day, kind) DO UPDATE SET theirs = excluded.theirs, ours = excluded.ours,
    found = shop_checks.found + excluded.found, detail = excluded.detail, checked_at = excluded.checked_at
"""

# What an order or another source says of a customer is no telling of the customer: the shop's own object states when they
# came, and the version of that statement begins with the time of its last change.
_KNOWN = {
    "orders": "SELECT external_id AS id, split_part(version, '|', 1) AS at FROM orders"
    " WHERE store_id = $1 AND source = 'shopify' AND version <> '' AND external_id = ANY($2)",
    "customers": "SELECT value AS id, split_part(fields -> 'created_at' ->> 0, '|', 1) AS at FROM customer_identifiers"
    " WHERE store_id = $1 AND kind = 'shopify' AND fields ? 'created_at' AND value = ANY($2)",
}
_THERE = {
    "orders": "FROM orders WHERE store_id = $1 AND source = 'shopify' AND version <> ''",
    "customers": "FROM customers WHERE store_id = $1 AND shopify_id IS NOT NULL AND deleted_at IS NULL",
}
_ID = {"orders": "external_id", "customers": "shopify_id"}
_IS_NUMBER = {kind: f" AND {column} ~ '^[0-9]{{1,18}}$'" for kind, column in _ID.items()}
_GAPS = """
WITH numbered AS (
    SELECT DISTINCT substring(name FROM '([0-9]{1,15})$')::bigint AS number FROM orders
     WHERE store_id = $1 AND source = 'shopify' AND created_at >= $2 AND name ~ '[0-9]{1,15}$'
), followed AS (SELECT number, lead(number) OVER (ORDER BY number) AS next FROM numbered)
SELECT number + 1 AS first, next - 1 AS last FROM followed WHERE next > number + 1 ORDER BY number DESC LIMIT $3
"""


async def known_times(connection: Connection, store_id: StoreId, kind: Kind, ids: list[str]) -> dict[str, datetime]:
    """Shop's id -> when what is known of it was last changed at the shop, for those of the ids that are known."""
    rows = await connection.fetch(_KNOWN[kind], store_id, ids)
    return {row["id"]: datetime.fromisoformat(row["at"]) for row in rows if row["at"]}


async def count_known(connection: Connection, store_id: StoreId, kind: Kind, since: datetime, until: datetime) -> int:
    """How many are there that came from `since` on and before `until`."""
    count: int = await connection.fetchval(
        f"SELECT count(*) {_THERE[kind]} AND created_at >= $2 AND created_at < $3",
        store_id, since, until,
    )  # fmt: skip
    return count


async def known_ids(connection: Connection, store_id: StoreId, kind: Kind, since: datetime) -> list[int]:
    """The shop's own ids of those that came from `since` on, sorted."""
    rows = await connection.fetch(
        f"SELECT {_ID[kind]}::bigint AS id {_THERE[kind]}{_IS_NUMBER[kind]} AND created_at >= $2 ORDER BY 1",
        store_id, since,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def gaps(connection: Connection, store_id: StoreId, since: datetime, most: int) -> list[tuple[int, int]]:
    """Numbers no order has, though later ones are there: (first, last) of each gap, the newest first."""
    return [(row["first"], row["last"]) for row in await connection.fetch(_GAPS, store_id, since, most)]


async def keep_check(
    connection: Connection, store_id: StoreId, kind: str, counts: tuple[int, int, int], detail: Mapping[str, object]
) -> None:
    """`counts`: theirs, ours before anything was fetched, and how many were fetched. Several of a day add up what they
    found."""
    now = datetime.now(UTC)
    await connection.execute(_KEEP, store_id, now.date(), kind, *counts, dict(detail), now)


async def recent_checks(connection: Connection, store_id: StoreId, days: int) -> list[Check]:
    """Newest first."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM shop_checks WHERE store_id = $1 AND day > $2 ORDER BY day DESC, kind",  # noqa: S608
        store_id, datetime.now(UTC).date() - timedelta(days=days),
    )  # fmt: skip
    return [Check(**dict(row)) for row in rows]
