"""Stores' accounts with vendors: sealed values, what a person set, and the state of the breaker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection, Database

Policy = Literal["always", "worthwhile", "by_hand"]


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """`sealed` None: the values are those of the environment. Budgets in US dollars; `faults` in a row."""

    vendor: str
    sealed: bytes | None = None
    is_on: bool = True
    policy: Policy = "worthwhile"
    prices: dict[str, str] = {}
    daily_budget: Decimal | None = None
    monthly_budget: Decimal | None = None
    faults: int = 0
    open_until: datetime | None = None
    last_fault_kind: str | None = None
    last_fault: str | None = None
    last_fault_at: datetime | None = None
    last_answer_at: datetime | None = None
    checked_at: datetime | None = None
    check_result: str | None = None
    updated_at: datetime | None = None
    updated_by: str | None = None


class Kept(msgspec.Struct, frozen=True):
    """All accounts of a store that have a row, and whether it is the only store of this installation."""

    rows: dict[str, AccountRow]
    is_only_store: bool


_COLUMNS = ", ".join(AccountRow.__struct_fields__)
_READ = f"""
SELECT (SELECT count(*) < 2 FROM (SELECT FROM stores LIMIT 2) AS s) AS is_only_store, a.*
  FROM (SELECT) AS one
  LEFT JOIN (SELECT {_COLUMNS} FROM vendor_accounts WHERE store_id = $1) AS a ON true
"""  # noqa: S608

_SAVE = """
INSERT INTO vendor_accounts (
    store_id, vendor, sealed, is_on, policy, prices, daily_budget, monthly_budget, created_at, updated_at, updated_by
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
ON CONFLICT (store_id, vendor) DO UPDATE SET
    sealed = EXCLUDED.sealed, is_on = EXCLUDED.is_on, policy = EXCLUDED.policy, prices = EXCLUDED.prices,
    daily_budget = EXCLUDED.daily_budget, monthly_budget = EXCLUDED.monthly_budget,
    updated_at = EXCLUDED.updated_at, updated_by = EXCLUDED.updated_by,
    faults = 0, open_until = NULL, checked_at = NULL, check_result = NULL
"""

_CHECKED = """
INSERT INTO vendor_accounts (store_id, vendor, checked_at, check_result, created_at, updated_at)
VALUES ($1, $2, $3, $4, $3, $3)
ON CONFLICT (store_id, vendor) DO UPDATE SET checked_at = EXCLUDED.checked_at, check_result = EXCLUDED.check_result
"""


async def read_accounts(connection: Connection, store_id: StoreId) -> Kept:
    """One round trip. A vendor without a row is absent."""
    found = await connection.fetch(_READ, store_id)
    rows = {
        row["vendor"]: msgspec.convert({name: row[name] for name in AccountRow.__struct_fields__}, AccountRow)
        for row in found
        if row["vendor"] is not None
    }
    return Kept(rows=rows, is_only_store=bool(found[0]["is_only_store"]))


async def save_account(connection: Connection, store_id: StoreId, row: AccountRow, by: str) -> None:
    """What a person set, all of it; a changed account starts with a closed breaker and unchecked."""
    await connection.execute(
        _SAVE, store_id, row.vendor, row.sealed, row.is_on, row.policy, dict(row.prices), row.daily_budget,
        row.monthly_budget, datetime.now(UTC), by,
    )  # fmt: skip


async def remove_account(connection: Connection, store_id: StoreId, vendor: str) -> bool:
    """Whether there was one. Its answers stay: they are the store's."""
    status = await connection.execute("DELETE FROM vendor_accounts WHERE store_id = $1 AND vendor = $2", store_id, vendor)
    return not str(status).endswith(" 0")


async def keep_check(connection: Connection, store_id: StoreId, vendor: str, result: str) -> None:
    """What the last test of the connection said."""
    await connection.execute(_CHECKED, store_id, vendor, datetime.now(UTC), result)


async def reseal(connection: Connection, store_id: StoreId, vendor: str, old: bytes, new: bytes) -> None:
    """The same values under a newer key; nothing where somebody changed them meanwhile."""
    await connection.execute(
        "UPDATE vendor_accounts SET sealed = $4 WHERE store_id = $1 AND vendor = $2 AND sealed = $3",
        store_id, vendor, old, new,
    )  # fmt: skip


async def stores_with(database: Database, vendors: Sequence[str]) -> Mapping[StoreId, frozenset[str]]:
    """Store -> those of the vendors it has a row for that is switched on."""
    # across stores: who has a vendor at all is asked once for every store
    rows = await database.pool.fetch(
        "SELECT store_id, array_agg(vendor) AS vendors FROM vendor_accounts WHERE vendor = ANY($1) AND is_on GROUP BY 1",
        list(vendors),
    )
    return {StoreId(row["store_id"]): frozenset(row["vendors"]) for row in rows}
