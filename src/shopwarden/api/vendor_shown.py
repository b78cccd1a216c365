"""How a vendor and a store's account with it are shown: what can be set, what is set, and how it fares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from shopwarden.contracts.vendor import Account, Credential, Lookup, Vendor
from shopwarden.domain.ids import StoreId
from shopwarden.steps.accounts import Terms, account_of, stored_values
from shopwarden.store.vendor_accounts import AccountRow, Kept, Policy
from shopwarden.store.vendor_usage import Spent

State = Literal["connected", "made_up", "off", "incomplete", "not_connected", "unreadable"]
From = Literal["store", "environment", "default"]


class CredentialShown(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is never there for a secret. `comes_from`: the store itself, this server's environment, the vendor's usual."""

    name: str
    meaning: str
    variable: str
    secret: bool
    needed: bool
    choices: list[str]
    is_set: bool
    comes_from: From | None
    value: str | None


class LookupShown(msgspec.Struct, frozen=True, kw_only=True):
    """`price` in US dollars a call: the store's own where it set one. `keep_days` null: for ever."""

    key: str
    title: str
    subject: str
    needs: list[str]
    feeds: list[str]
    price: Decimal
    list_price: Decimal
    keep_days: float | None


class BreakerShown(msgspec.Struct, frozen=True, kw_only=True):
    """`open`: the vendor is left alone until then, after faults in a row."""

    state: Literal["closed", "open"]
    faults: int
    open_until: datetime | None
    last_fault_kind: str | None
    last_fault: str | None
    last_fault_at: datetime | None
    last_answer_at: datetime | None


class VendorShown(msgspec.Struct, frozen=True, kw_only=True):
    """`made_up`: the sandbox answers instead of the vendor. Money in US dollars."""

    name: str
    title: str
    about: str
    notice: str | None
    state: State
    missing: list[str]
    is_on: bool
    policy: Policy
    credentials: list[CredentialShown]
    lookups: list[LookupShown]
    tells: bool
    can_be_tested: bool
    daily_budget: Decimal | None
    monthly_budget: Decimal | None
    spent_today: Decimal
    spent_this_month: Decimal
    breaker: BreakerShown
    checked_at: datetime | None
    check_result: str | None
    updated_at: datetime | None
    updated_by: str | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """What vendors of one store are shown from."""

    terms: Terms
    store_id: StoreId
    kept: Kept
    spent: Mapping[str, Spent]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def show(self, vendor: Vendor) -> VendorShown:
        row = self.kept.rows.get(vendor.name) or AccountRow(vendor=vendor.name)
        spent = self.spent.get(vendor.name, Spent(Decimal(0), Decimal(0)))
        own = stored_values(self.terms.sealer, self.store_id, row)
        defaults = self.terms.defaults.get(vendor.name, {}) if self.kept.is_only_store and not own else {}
        credentials = [_credential(each, own or {}, defaults) for each in vendor.credentials]
        known = self.kept.rows.get(vendor.name)
        account = account_of(self.terms, self.store_id, vendor, known, self.kept.is_only_store)
        missing = [each.name for each in credentials if each.needed and not each.is_set]
        return VendorShown(
            name=vendor.name,
            title=vendor.title,
            about=vendor.about,
            notice=vendor.notice,
            state=_state(row, own, account, any(each.comes_from in ("store", "environment") for each in credentials)),
            missing=missing,
            is_on=row.is_on,
            policy=row.policy,
            credentials=credentials,
            lookups=[_lookup(each, row) for each in vendor.lookups],
            tells=vendor.teller is not None,
            can_be_tested=vendor.check is not None,
            daily_budget=row.daily_budget,
            monthly_budget=row.monthly_budget,
            spent_today=spent.today,
            spent_this_month=spent.this_month,
            breaker=_breaker(row, self.now),
            checked_at=row.checked_at,
            check_result=row.check_result,
            updated_at=row.updated_at,
            updated_by=row.updated_by,
        )


def _state(row: AccountRow, own: Mapping[str, str] | None, account: Account | None, begun: bool) -> State:
    if not row.is_on:
        return "off"
    if row.sealed is not None and own is None:
        return "unreadable"
    if account is None:
        return "incomplete" if begun else "not_connected"
    return "made_up" if account.made_up else "connected"


def _credential(credential: Credential, own: Mapping[str, str], defaults: Mapping[str, str]) -> CredentialShown:
    comes_from: From | None = None
    value = ""
    sources: tuple[tuple[From, str], ...] = (
        ("store", own.get(credential.name, "")),
        ("environment", defaults.get(credential.name, "")),
        ("default", credential.default),
    )
    for name, given in sources:
        if given:
            comes_from, value = name, given
            break
    return CredentialShown(
        name=credential.name,
        meaning=credential.meaning,
        variable=credential.variable,
        secret=credential.secret,
        needed=credential.needed,
        choices=list(credential.choices),
        is_set=bool(value),
        comes_from=comes_from,
        value=None if credential.secret or not value else value,
    )


def _lookup(lookup: Lookup, row: AccountRow) -> LookupShown:
    return LookupShown(
        key=lookup.key,
        title=lookup.title or lookup.key,
        subject=lookup.subject,
        needs=list(lookup.needs),
        feeds=list(lookup.feeds),
        price=Decimal(row.prices.get(lookup.key, lookup.price)),
        list_price=lookup.price,
        keep_days=None if lookup.keep is None else lookup.keep.total_seconds() / 86400,
    )


def _breaker(row: AccountRow, now: datetime) -> BreakerShown:
    is_open = row.open_until is not None and row.open_until > now
    return BreakerShown(
        state="open" if is_open else "closed",
        faults=row.faults,
        open_until=row.open_until if is_open else None,
        last_fault_kind=row.last_fault_kind,
        last_fault=row.last_fault,
        last_fault_at=row.last_fault_at,
        last_answer_at=row.last_answer_at,
    )
