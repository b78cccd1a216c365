"""Postal addresses of customers: from their address book at the shop, their orders and their checkouts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import asyncpg
import msgspec

from shopwarden.domain.ids import CustomerId, StoreId, stable_id
from shopwarden.domain.observation import Address

_TEXTS = (
    "first_name", "last_name", "company", "address_line1", "address_line2", "city", "state_province", "country_code",
    "postal_code", "phone",
)  # fmt: skip


class StatedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address as one source stated it. The greater `version` decides how it is spelt."""

    customer_id: CustomerId
    type: str
    address: Address
    at: datetime
    version: str


class KeptAddress(msgspec.Struct, frozen=True, kw_only=True):
    """All statements of one place: first and last time told, the newest spelling, and what is wrong with its form."""

    customer_id: CustomerId
    type: str
    place_key: str
    address: Address
    is_default: bool
    created_at: datetime
    updated_at: datetime
    version: str
    is_validated: bool
    validation_errors: tuple[str, ...]


# An order's address is told by its newest order only, but since its first.
_FROM_ORDERS = """
SELECT DISTINCT ON (customer_id, key) customer_id, address, version, min(created_at) OVER same AS first,
       max(updated_at) OVER same AS last
FROM (SELECT customer_id, {type}_key AS key, {type}_address AS address, created_at, updated_at, version, external_id
      FROM orders WHERE store_id = $1 AND customer_id = ANY($2) AND {type}_key IS NOT NULL AND source <> 'check') AS told
WINDOW same AS (PARTITION BY customer_id, key)
ORDER BY customer_id, key, version COLLATE "C" DESC, external_id DESC
"""


async def stated_addresses(
    connection: asyncpg.Connection, store_id: StoreId, customer_ids: Iterable[CustomerId]
) -> list[StatedAddress]:
    """Everything the address books, orders and checkouts of these customers say; places told twice come twice."""
    ids = list(customer_ids)
    found: list[StatedAddress] = []
    books = await connection.fetch(
        "SELECT customer_id, fields -> 'addresses' AS stated, first_at, last_at FROM customer_identifiers"
        " WHERE store_id = $1 AND customer_id = ANY($2) AND fields ? 'addresses'",
        store_id,
        ids,
    )
    for row in books:
        version, _, addresses = row["stated"]
        for address in msgspec.convert(addresses or [], list[Address]):
            found += [
                StatedAddress(
                    customer_id=row["customer_id"], type="shipping", address=address, at=at, version=f"{version}|book"
                )
                for at in (row["first_at"], row["last_at"])
            ]
    for kind in ("billing", "shipping"):
        for row in await connection.fetch(_FROM_ORDERS.format(type=kind), store_id, ids):
            found += _told(row, kind, row["address"], (row["first"], row["last"]))
        checkouts = await connection.fetch(
            f"SELECT customer_id, {kind}_address AS address, created_at, updated_at, version"  # noqa: S608
            f" FROM checkouts WHERE store_id = $1 AND customer_id = ANY($2) AND {kind}_address <> '{{}}'",
            store_id,
            ids,
        )
        for row in checkouts:
            found += _told(row, kind, row["address"], (row["created_at"], row["updated_at"]))
    return found


def _told(row: asyncpg.Record, kind: str, stated: Mapping[str, object], times: tuple[datetime, ...]) -> list[StatedAddress]:
    address = msgspec.convert(stated, Address)
    return [
        StatedAddress(customer_id=row["customer_id"], type=kind, address=address, at=at, version=row["version"])
        for at in times
    ]


_TYPED = ", ".join(f"{name} text" for name in _TEXTS)
_NAMES = ", ".join(_TEXTS)
_WRITE = f"""
INSERT INTO customer_addresses (store_id, id, customer_id, type, is_default, {_NAMES}, is_validated, validation_errors,
                                created_at, updated_at, place_key, version)
SELECT $1, id, customer_id, type, is_default, {_NAMES}, is_validated, validation_errors, created_at, updated_at, place_key,
       version
FROM jsonb_to_recordset($2) AS r (id uuid, customer_id uuid, type text, is_default boolean, {_TYPED}, is_validated boolean,
    validation_errors jsonb, created_at timestamptz, updated_at timestamptz, place_key text, version text)
ON CONFLICT (store_id, customer_id, type, place_key) DO UPDATE SET is_default = excluded.is_default,
    {", ".join(f"{name} = excluded.{name}" for name in _TEXTS)}, is_validated = excluded.is_validated,
    validation_errors = excluded.validation_errors, created_at = excluded.created_at, updated_at = excluded.updated_at,
    version = excluded.version
"""  # noqa: S608


async def write_addresses(
    connection: asyncpg.Connection, store_id: StoreId, customer_ids: Iterable[CustomerId], kept: Iterable[KeptAddress]
) -> None:
    """Makes `kept` all addresses these customers have. What vendors said of a place stays with it."""
    rows: list[dict[str, object]] = []
    for one in kept:
        texts: dict[str, object] = {name: getattr(one.address, name) for name in _TEXTS}
        rest: dict[str, object] = msgspec.to_builtins(one)
        rest.pop("address")
        row_id = stable_id("address", str(one.customer_id), one.type, one.place_key)
        rows.append({"id": str(row_id), **rest, **texts})
    await connection.execute(
        "DELETE FROM customer_addresses WHERE store_id = $1 AND customer_id = ANY($2) AND NOT id = ANY($3::uuid[])",
        store_id,
        list(customer_ids),
        [row["id"] for row in rows],
    )
    if rows:
        await connection.execute(_WRITE, store_id, rows)
