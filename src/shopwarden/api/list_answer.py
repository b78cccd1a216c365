"""An entry of a store's lists as the API shows and takes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from shopwarden.api.auth import Caller
from shopwarden.domain.list_entry import LONGEST_REASON, LONGEST_VALUE, NewEntry, mask_listed, normalise_value
from shopwarden.domain.paging import EARLIEST, LATEST
from shopwarden.domain.policy import ListKind, ListName
from shopwarden.domain.text import clean_text
from shopwarden.errors import RefuseError
from shopwarden.store.list_entries import Entry

Reason = Annotated[str, Meta(max_length=LONGEST_REASON, examples=["Three chargebacks in a week"])]


class EntryShown(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is as it was entered, where that differs from `kept_as`, the spelling it is found by. Both are masked for
    callers without pii:read. An entry beyond `expires_at` counts no more."""

    id: UUID
    list: ListName
    kind: ListKind
    value: str
    kept_as: str
    reason: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    is_expired: bool


class EntryWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`value` by `kind`. customer: our id or the shop's number. email: its mailbox, whatever tags and dots. domain: of
    e-mail addresses, those below it too. phone: with its country code. ip: an address or a network (203.0.113.0/24).
    device: its id or strong fingerprint. address: country, postal code or city, street (`US|10001|350 Fifth Avenue`).
    card: an order's card key, or its first six to eight and last four digits (`411111-1111`)."""

    list: ListName
    kind: ListKind
    value: Annotated[str, Meta(min_length=1, max_length=LONGEST_VALUE, examples=["203.0.113.0/24"])]
    reason: Reason | None = None
    expires_at: datetime | None = None


def shown(entry: Entry, caller: Caller, now: datetime) -> EntryShown:
    may_see = caller.may("pii:read")
    told = entry.shown or entry.value
    return EntryShown(
        id=entry.id,
        list=entry.list,
        kind=entry.kind,
        value=told if may_see else mask_listed(entry.kind, told),
        kept_as=entry.value if may_see else mask_listed(entry.kind, entry.value),
        reason=entry.reason,
        created_by=entry.created_by,
        created_at=entry.created_at,
        expires_at=entry.expires_at,
        is_expired=entry.expires_at is not None and entry.expires_at <= now,
    )


def read_entry(wanted: EntryWanted) -> NewEntry:
    """RefuseError names `value` or `expires_at`."""
    try:
        value, told = normalise_value(wanted.kind, wanted.value)
    except ValueError as wrong:
        raise RefuseError(f"value: {wrong}.", type="invalid-input", fields={"value": str(wrong)}) from None
    return NewEntry(
        list=wanted.list,
        kind=wanted.kind,
        value=value,
        shown=told,
        reason=read_reason(wanted.reason),
        expires_at=read_expiry(wanted.expires_at),
    )


def read_reason(text: str | None) -> str | None:
    return clean_text(text, LONGEST_REASON) or None if text else None


def read_expiry(said: datetime | None) -> datetime | None:
    """In UTC; a time without a zone is taken for UTC. RefuseError for one beyond the calendar."""
    if said is None:
        return None
    moment = said if said.tzinfo is not None else said.replace(tzinfo=UTC)
    if not EARLIEST <= moment <= LATEST:
        raise RefuseError("expires_at: is no usable time.", type="invalid-input", fields={"expires_at": "is no usable time"})
    return moment.astimezone(UTC)
