"""Carts, checkouts, orders, payments, refunds and disputes: a newer telling replaces an older one, never the reverse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from shopwarden.domain.ids import CustomerId, OrderId, StoreId, new_id
from shopwarden.domain.observation import Json

Columns = Mapping[str, Json]

_TEXT, _MONEY, _TIME, _JSON, _UUID = "text", "numeric", "timestamptz", "jsonb", "uuid"


class _Kind(NamedTuple):
    """A table, what tells its rows apart, and the columns a telling brings. `placing`: those of them that only the telling
    with the greatest `placed_version` decides."""

    table: str
    key: tuple[str, ...]
    columns: dict[str, str]
    placing: tuple[str, ...] = ()

    @property
    def _told(self) -> str:
        typed = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        return f"jsonb_to_recordset($2) AS told (id uuid, {typed})"

    @property
    def _is_placed_later(self) -> str:
        # A row from before tellings were told apart was told by a webhook.
        row = self.table
        known = f"coalesce({row}.placed_version, CASE {row}.version WHEN '' THEN '' ELSE '1|' || {row}.version END)"
        return known + ' COLLATE "C" < {0}.placed_version COLLATE "C"'

    @property
    def upsert(self) -> str:
        names = ", ".join(self.columns)
        taken = [name for name in self.columns if name not in self.key and name not in self.placing]
        later = self._is_placed_later.format("excluded")
        updates = [f"{name} = excluded.{name}" for name in taken]
        updates += [f"{name} = CASE WHEN {later} THEN excluded.{name} ELSE {self.table}.{name} END" for name in self.placing]
        # Versions are compared byte by byte, as Python does, whatever the database's language.
        return (
            f"INSERT INTO {self.table} (store_id, id, {names}) SELECT $1, id, {names} FROM {self._told}"  # noqa: S608
            f" ON CONFLICT (store_id, {', '.join(self.key)}) DO UPDATE SET {', '.join(updates)}"
            f' WHERE {self.table}.version COLLATE "C" < excluded.version COLLATE "C" RETURNING id'
        )

    @property
    def place(self) -> str:
        updates = ", ".join(f"{name} = told.{name}" for name in self.placing)
        return (
            f"UPDATE {self.table} SET {updates} FROM {self._told}"  # noqa: S608
            f" WHERE {self.table}.store_id = $1 AND {self.table}.id = told.id"
            f" AND {self._is_placed_later.format('told')} RETURNING {self.table}.id"
        )

    @property
    def find(self) -> str:
        names = ", ".join(self.key)
        wanted = ", ".join(f"${place}::text[]" for place, _ in enumerate(self.key, 2))
        customer = "customer_id" if "customer_id" in self.columns else "NULL::uuid"
        return (
            f"SELECT {names}, id, {customer} AS customer_id FROM unnest({wanted}) AS wanted ({names})"  # noqa: S608
            f" JOIN {self.table} USING ({names}) WHERE store_id = $1"
        )


ORDERS = _Kind(
    "orders",
    ("source", "external_id"),
    {
        "source": _TEXT, "external_id": _TEXT, "name": _TEXT, "customer_id": _UUID, "customer_external_id": _TEXT,
        "email": _TEXT, "phone": _TEXT, "token": _TEXT, "checkout_token": _TEXT, "cart_token": _TEXT, "browser_ip": "inet",
        "user_agent": _TEXT, "accept_language": _TEXT, "total": _MONEY, "subtotal": _MONEY, "total_discounts": _MONEY,
        "currency": _TEXT, "item_count": "integer", "line_items": _JSON, "shipping_lines": _JSON, "discount_codes": _JSON,
        "billing_address": _JSON, "shipping_address": _JSON, "billing_key": _TEXT, "shipping_key": _TEXT,
        "financial_status": _TEXT, "fulfillment_status": _TEXT, "cancel_reason": _TEXT, "source_name": _TEXT,
        "gateway": _TEXT, "card_bin": _TEXT, "card_company": _TEXT, "card_last4": _TEXT, "card_country": _TEXT,
        "card_key": _TEXT, "avs_result": _TEXT, "cvv_result": _TEXT, "landing_site": _TEXT, "referring_site": _TEXT,
        "tags": _JSON, "note": _TEXT, "created_at": _TIME, "updated_at": _TIME, "cancelled_at": _TIME, "version": _TEXT,
        "is_test": "boolean", "placed_version": _TEXT,
    },
    # A webhook tells these better than what is fetched later, which knows of no browser and no tokens.
    placing=(
        "token", "checkout_token", "cart_token", "user_agent", "accept_language", "landing_site", "referring_site",
        "discount_codes", "placed_version",
    ),
)  # fmt: skip
CHECKOUTS = _Kind(
    "checkouts",
    ("token",),
    {
        "token": _TEXT, "cart_token": _TEXT, "customer_id": _UUID, "customer_external_id": _TEXT, "email": _TEXT,
        "phone": _TEXT, "total": _MONEY, "subtotal": _MONEY, "currency": _TEXT, "line_items": _JSON,
        "billing_address": _JSON, "shipping_address": _JSON, "landing_site": _TEXT, "referring_site": _TEXT,
        "source_name": _TEXT, "abandoned_checkout_url": _TEXT, "accepts_marketing": "boolean", "created_at": _TIME,
        "updated_at": _TIME, "completed_at": _TIME, "version": _TEXT,
    },
)  # fmt: skip
CARTS = _Kind(
    "carts",
    ("token",),
    {
        "token": _TEXT, "line_items": _JSON, "item_count": "integer", "total": _MONEY, "currency": _TEXT, "note": _TEXT,
        "created_at": _TIME, "updated_at": _TIME, "version": _TEXT,
    },
)  # fmt: skip
REFUNDS = _Kind(
    "refunds",
    ("external_id",),
    {
        "external_id": _TEXT, "order_external_id": _TEXT, "amount": _MONEY, "currency": _TEXT, "note": _TEXT,
        "created_at": _TIME, "version": _TEXT,
    },
)  # fmt: skip
DISPUTES = _Kind(
    "disputes",
    ("external_id",),
    {
        "external_id": _TEXT, "order_external_id": _TEXT, "kind": _TEXT, "status": _TEXT, "reason": _TEXT,
        "amount": _MONEY, "currency": _TEXT, "initiated_at": _TIME, "updated_at": _TIME, "version": _TEXT,
    },
)  # fmt: skip
ATTEMPTS = _Kind(
    "payment_attempts",
    ("external_id",),
    {
        "external_id": _TEXT, "order_external_id": _TEXT, "status": _TEXT, "error_code": _TEXT, "gateway": _TEXT,
        "card_key": _TEXT, "card": _JSON, "amount": _MONEY, "currency": _TEXT, "at": _TIME, "version": _TEXT,
    },
)  # fmt: skip


class Stored(NamedTuple):
    """`is_newer`: this telling was written. `was_of`: whose the row was before."""

    id: UUID
    is_newer: bool
    was_of: CustomerId | None


Key = tuple[Json, ...]


async def store_row(connection: asyncpg.Connection, store_id: StoreId, kind: _Kind, columns: Columns) -> Stored:
    """Writes one thing as told, unless an equal or newer telling of it is there already."""
    return (await store_rows(connection, store_id, kind, [columns]))[0]


async def store_rows(
    connection: asyncpg.Connection, store_id: StoreId, kind: _Kind, tellings: Sequence[Columns]
) -> list[Stored]:
    """As `store_row`, for many at once, in their order; the same thing may be told several times among them."""
    stored: dict[int, Stored] = {}
    waiting = list(enumerate(tellings))
    while waiting:
        # One statement writes a row once: what is told again waits for the next.
        distinct: dict[Key, tuple[int, Columns]] = {}
        again = []
        for place, columns in waiting:
            key = tuple(columns[name] for name in kind.key)
            if key in distinct:
                again.append((place, columns))
            else:
                distinct[key] = (place, columns)
        written = await _store_distinct(connection, store_id, kind, {key: told for key, (_, told) in distinct.items()})
        stored |= {place: written[key] for key, (place, _) in distinct.items()}
        waiting = again
    return [stored[place] for place in range(len(tellings))]


async def _store_distinct(
    connection: asyncpg.Connection, store_id: StoreId, kind: _Kind, tellings: Mapping[Key, Columns]
) -> dict[Key, Stored]:
    before = await _find(connection, store_id, kind, tellings)
    rows = {key: {**told, "id": str(before[key].id if key in before else new_id())} for key, told in tellings.items()}
    fetched = await connection.fetch(kind.upsert, store_id, list(rows.values()))
    newer = {str(row["id"]) for row in fetched}
    older = [row for row in rows.values() if row["id"] not in newer]
    if older and kind.placing:
        newer |= {str(row["id"]) for row in await connection.fetch(kind.place, store_id, older)}
    missing = [key for key, row in rows.items() if row["id"] not in newer and key not in before]
    present = before | (await _find(connection, store_id, kind, missing) if missing else {})
    return {
        key: Stored(UUID(str(row["id"])), True, before[key].was_of if key in before else None)
        if row["id"] in newer
        else present[key]
        for key, row in rows.items()
    }


async def _find(connection: asyncpg.Connection, store_id: StoreId, kind: _Kind, keys: Iterable[Key]) -> dict[Key, Stored]:
    columns = [list(column) for column in zip(*keys, strict=True)]
    found = await connection.fetch(kind.find, store_id, *columns)
    return {tuple(row[name] for name in kind.key): Stored(row["id"], False, row["customer_id"]) for row in found}


_RISK = """
INSERT INTO orders (store_id, id, source, external_id, created_at, updated_at, version, platform_risk, platform_risk_version)
VALUES ($1, $2, $3, $4, $5, $5, '', $6, $7)
ON CONFLICT (store_id, source, external_id) DO UPDATE SET
    platform_risk = excluded.platform_risk, platform_risk_version = excluded.platform_risk_version
    WHERE coalesce(orders.platform_risk_version, '') COLLATE "C" < excluded.platform_risk_version COLLATE "C"
RETURNING id
"""


async def store_platform_risk(
    connection: asyncpg.Connection, store_id: StoreId, order: tuple[str, str], level: str, told: tuple[str, object]
) -> OrderId | None:
    """Keeps the platform's risk level of the order (source, external id) as told at (version, time); None if not newer.

    An order not heard of yet gets a row of which nothing else is known.
    """
    version, at = told
    row = await connection.fetchval(_RISK, store_id, new_id(), *order, at, level, version)
    return None if row is None else OrderId(row)


class OrderRef(NamedTuple):
    id: OrderId
    customer_id: CustomerId | None
    device_id: UUID | None


async def find_orders(connection: asyncpg.Connection, store_id: StoreId, external_ids: Iterable[str]) -> list[OrderRef]:
    rows = await connection.fetch(
        "SELECT id, customer_id, device_id FROM orders WHERE store_id = $1 AND source = 'shopify' AND external_id = ANY($2)"
        " ORDER BY id",
        store_id,
        list(external_ids),
    )
    return [OrderRef(*row) for row in rows]


# The card of an order is the one its best attempt was made with: a successful one, else the latest that names a card.
_CARDS = """
UPDATE orders o SET card_key = b.card ->> 'key', card_bin = b.card ->> 'bin', card_company = b.card ->> 'company',
    card_last4 = b.card ->> 'last4', avs_result = b.card ->> 'avs', cvv_result = b.card ->> 'cvv'
FROM (
    SELECT DISTINCT ON (order_external_id) order_external_id, card FROM payment_attempts
    WHERE store_id = $1 AND order_external_id = ANY($2) AND card ? 'last4'
    ORDER BY order_external_id, status = 'succeeded' DESC, at DESC, external_id DESC
) AS b
WHERE o.store_id = $1 AND o.source = 'shopify' AND o.external_id = b.order_external_id
"""


async def settle_cards(connection: asyncpg.Connection, store_id: StoreId, order_external_ids: Iterable[str]) -> None:
    """Lets payment attempts tell which card an order was paid with."""
    await connection.execute(_CARDS, store_id, list(order_external_ids))
