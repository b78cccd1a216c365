"""What a person changes about an account with a vendor: checked, merged with what is there, sealed and kept."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from shopwarden.contracts.vendor import Credential, Vendor
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError
from shopwarden.steps.accounts import Terms, seal_values, stored_values
from shopwarden.store import audit
from shopwarden.store.database import Connection
from shopwarden.store.vendor_accounts import AccountRow, Policy, read_accounts, save_account
from shopwarden.vendors import find_vendors

LONGEST_VALUE = 4000
MOST_MONEY = Decimal(1_000_000)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is UNSET stays as it is. A value of None takes it away; a budget of None means no limit."""

    values: Mapping[str, str | None] = {}
    is_on: bool | UnsetType = UNSET
    policy: Policy | UnsetType = UNSET
    prices: Mapping[str, Decimal] | UnsetType = UNSET
    daily_budget: Decimal | UnsetType | None = UNSET
    monthly_budget: Decimal | UnsetType | None = UNSET


def vendor_named(name: str) -> Vendor:
    """RefuseError 404 that names those there are."""
    vendor = find_vendors().get(name)
    if vendor is None:
        known = ", ".join(find_vendors())
        raise RefuseError(f"There is no vendor {name[:60]!r}. There are: {known}.", status=404, type="not-found")
    return vendor


async def change_account(
    terms: Terms, connection: Connection, store_id: StoreId, vendor: Vendor, change: Change, by: str
) -> None:
    """RefuseError that names each wrong field, or says that no key to encrypt with is set. One transaction of the caller."""
    _refuse_wrong(vendor, change)
    kept = await read_accounts(connection, store_id)
    row = kept.rows.get(vendor.name) or AccountRow(vendor=vendor.name)
    sealed = row.sealed
    if change.values:
        if not terms.sealer.is_ready:
            raise RefuseError(
                "Secrets can't be stored: ENCRYPTION_KEYS is not set on this server.",
                status=409,
                type="encryption-key-missing",
            )
        values = dict(stored_values(terms.sealer, store_id, row) or {})
        for name, value in change.values.items():
            if value:
                values[name] = value.strip()
            else:
                values.pop(name, None)
        sealed = seal_values(terms.sealer, store_id, vendor.name, values) if values else None
    after = _changed(row, change, sealed)
    await save_account(connection, store_id, after, by)
    # Which values were set is on record, what they are is not.
    names: dict[str, object] = {"values_set": sorted(change.values)} if change.values else {}
    noted = audit.Change(actor=by, action="vendor.changed", subject="vendor", subject_id=vendor.name,
                         before=_terms(row), after={**_terms(after), **names})  # fmt: skip
    await audit.note(connection, store_id, noted)


def _terms(row: AccountRow) -> dict[str, object]:
    return {"is_on": row.is_on, "policy": row.policy, "prices": row.prices, "daily_budget": row.daily_budget,
            "monthly_budget": row.monthly_budget}  # fmt: skip


def _changed(row: AccountRow, change: Change, sealed: bytes | None) -> AccountRow:
    return msgspec.structs.replace(
        row,
        sealed=sealed,
        is_on=row.is_on if change.is_on is UNSET else change.is_on,
        policy=row.policy if change.policy is UNSET else change.policy,
        prices=row.prices if change.prices is UNSET else {key: str(price) for key, price in change.prices.items()},
        daily_budget=row.daily_budget if change.daily_budget is UNSET else change.daily_budget,
        monthly_budget=row.monthly_budget if change.monthly_budget is UNSET else change.monthly_budget,
    )


def _refuse_wrong(vendor: Vendor, change: Change) -> None:
    known = {credential.name: credential for credential in vendor.credentials}
    wrong: dict[str, str] = {}
    for name, value in change.values.items():
        said = _fault_in(known.get(name), value, tuple(known))
        if said:
            wrong[f"values.{name[:60]}"] = said
    keys = {lookup.key for lookup in vendor.lookups}
    for key, price in {} if change.prices is UNSET else change.prices.items():
        if key not in keys:
            wrong[f"prices.{key[:60]}"] = (
                f"is not a look-up of {vendor.title}; there are {', '.join(sorted(keys)) or 'none'}"
            )
        elif not _is_money(price):
            wrong[f"prices.{key}"] = "must be an amount of US dollars from 0"
    for name in ("daily_budget", "monthly_budget"):
        budget = getattr(change, name)
        if budget is not UNSET and budget is not None and not _is_money(budget):
            wrong[name] = "must be an amount of US dollars from 0, or null for no limit"
    if wrong:
        named = "; ".join(f"{field} {what}" for field, what in list(wrong.items())[:5])
        raise RefuseError(f"Not understood: {named}.", type="invalid-input", fields=wrong)


def _fault_in(credential: Credential | None, value: str | None, names: tuple[str, ...]) -> str:
    if credential is None:
        return f"is not a value of this vendor; there are {', '.join(names) or 'none'}"
    if value is None or value == "":
        return ""
    if len(value) > LONGEST_VALUE:
        return f"is longer than {LONGEST_VALUE} characters"
    if not value.strip().isprintable():
        return "holds line breaks or other characters no key has"
    if credential.choices and value.strip() not in credential.choices:
        return f"must be one of {', '.join(credential.choices)}"
    return ""


def _is_money(amount: Decimal) -> bool:
    return amount.is_finite() and 0 <= amount <= MOST_MONEY
