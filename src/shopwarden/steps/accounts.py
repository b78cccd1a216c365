"""The accounts a store may use: its own, else the environment's for a single store, else the sandbox's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from shopwarden.contracts.vendor import Account, Lookup, Vendor
from shopwarden.domain.ids import StoreId
from shopwarden.domain.sealing import Sealer
from shopwarden.errors import StopError
from shopwarden.store.database import Connection
from shopwarden.store.vendor_accounts import AccountRow, Kept, Policy, read_accounts, reseal
from shopwarden.vendors import find_vendors

Values = Mapping[str, str]
SANDBOX_VALUE = "sandbox"


class Terms(Protocol):
    """What accounts follow from besides the store: `steps.vendor_tools.VendorTools` is one."""

    @property
    def sealer(self) -> Sealer: ...
    @property
    def defaults(self) -> Mapping[str, Values]: ...
    @property
    def sandbox_url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Connected:
    """An account ready for use, with what the store set for it. Money in US dollars."""

    vendor: Vendor
    account: Account
    policy: Policy = "worthwhile"
    prices: Mapping[str, Decimal] | None = None
    daily_budget: Decimal | None = None
    monthly_budget: Decimal | None = None
    faults: int = 0
    open_until: datetime | None = None

    def price(self, lookup: Lookup) -> Decimal:
        """What one call costs by the store's own contract, else by the list price."""
        return (self.prices or {}).get(lookup.key, lookup.price)

    def hosts(self) -> tuple[str, ...]:
        """The only hosts that may be asked with this account."""
        if self.account.base_url:
            return (urlsplit(self.account.base_url).hostname or "",)
        further = self.vendor.hosts_of(self.account) if self.vendor.hosts_of is not None else ()
        return (*self.vendor.hosts, *further)


def context_of(store_id: StoreId, vendor: str) -> str:
    """Where a sealed account belongs."""
    return f"vendor:{store_id}:{vendor}"


async def connected(terms: Terms, connection: Connection, store_id: StoreId) -> dict[str, Connected]:
    """Vendor's name -> account, of those switched on and complete. One round trip; values sealed with an old key are
    sealed anew on the way. An account that does not open is left out: `vendors` of the API says why."""
    kept = await read_accounts(connection, store_id)
    found: dict[str, Connected] = {}
    for vendor in find_vendors().values():
        row = kept.rows.get(vendor.name)
        if row is not None and not row.is_on:
            continue
        account = account_of(terms, store_id, vendor, row, kept.is_only_store)
        if account is not None:
            found[vendor.name] = _with_terms(vendor, account, row)
    await _seal_anew(terms.sealer, connection, store_id, kept)
    return found


def _with_terms(vendor: Vendor, account: Account, row: AccountRow | None) -> Connected:
    row = row or AccountRow(vendor=vendor.name)
    return Connected(
        vendor=vendor,
        account=account,
        policy=row.policy,
        prices={key: Decimal(price) for key, price in row.prices.items()},
        daily_budget=row.daily_budget,
        monthly_budget=row.monthly_budget,
        faults=row.faults,
        open_until=row.open_until,
    )


def account_of(
    terms: Terms, store_id: StoreId, vendor: Vendor, row: AccountRow | None, is_only_store: bool
) -> Account | None:
    """The account to ask with, or None where a value is missing."""
    values = stored_values(terms.sealer, store_id, row) or {}
    if not values and is_only_store:
        values = dict(terms.defaults.get(vendor.name, {}))
    if terms.sandbox_url:
        if not values and not vendor.is_on and row is None:
            return None
        made_up = {each.name: each.default or SANDBOX_VALUE for each in vendor.credentials if each.needed}
        return Account(vendor.name, made_up | values, f"{terms.sandbox_url.rstrip('/')}/{vendor.name}", made_up=True)
    filled = {each.name: each.default for each in vendor.credentials if each.default} | values
    if not vendor.credentials or not all(filled.get(each.name) for each in vendor.credentials if each.needed):
        return None
    return Account(vendor.name, filled)


def stored_values(sealer: Sealer, store_id: StoreId, row: AccountRow | None) -> dict[str, str] | None:
    """The store's own values; None where it has none or they do not open."""
    if row is None or row.sealed is None:
        return None
    try:
        return msgspec.json.decode(sealer.open(row.sealed, context_of(store_id, row.vendor)), type=dict[str, str])
    except StopError:
        return None


def seal_values(sealer: Sealer, store_id: StoreId, vendor: str, values: Values) -> bytes:
    """StopError without a key to encrypt with."""
    return sealer.seal(msgspec.json.encode(dict(values)), context_of(store_id, vendor))


async def _seal_anew(sealer: Sealer, connection: Connection, store_id: StoreId, kept: Kept) -> None:
    for row in kept.rows.values():
        if row.sealed is not None and sealer.is_ready and not sealer.is_current(row.sealed):
            values = stored_values(sealer, store_id, row)
            if values is not None:
                await reseal(connection, store_id, row.vendor, row.sealed, seal_values(sealer, store_id, row.vendor, values))


async def webhook_secrets(terms: Terms, connection: Connection, store_id: StoreId, source: str) -> tuple[str, ...]:
    """The secrets a vendor signs its webhooks to this store with: its credentials named `webhook_secret` or
    `signature_key`, and for Riskified the auth token itself."""
    vendor = find_vendors().get(source)
    if vendor is None:
        return ()
    kept = await read_accounts(connection, store_id)
    account = account_of(terms, store_id, vendor, kept.rows.get(source), kept.is_only_store)
    if account is None:
        return ()
    names = ("webhook_secret", "signature_key", "auth_token")
    return tuple(secret for name in names if (secret := account.value(name)))
