"""Entries found by what a person types: those a decision on it would meet, then those that begin so."""

from __future__ import annotations

from datetime import datetime

from shopwarden.domain.ids import StoreId
from shopwarden.domain.list_entry import Listable, normalise_value
from shopwarden.domain.policy import LIST_KINDS, ListKind
from shopwarden.domain.text import clean_text
from shopwarden.store.database import Connection
from shopwarden.store.list_entries import Entry
from shopwarden.store.list_matching import fitting_entries
from shopwarden.store.list_reads import EntryFilter, entries_by_ids, entries_starting


async def search_entries(
    connection: Connection, store_id: StoreId, wanted: EntryFilter, text: str, limit: int, at: datetime
) -> list[Entry]:
    """At most `limit`."""
    said = clean_text(text)
    asked = [one for kind in LIST_KINDS if (one := _listable(kind, said)) is not None]
    hits = [hit.entry_id for found in await fitting_entries(connection, store_id, asked, at) for hit in found]
    fitting = await entries_by_ids(connection, store_id, wanted, hits) if hits else []
    starting = [] if not said else await entries_starting(connection, store_id, wanted, _folded(said), limit)
    entries = {entry.id: entry for entry in (*fitting, *starting)}
    return list(entries.values())[:limit]


def _folded(said: str) -> str:
    """As most kinds are kept; an address keeps its country in capitals."""
    return said if "|" in said else said.lower()


def _listable(kind: ListKind, said: str) -> Listable | None:
    try:
        value = normalise_value(kind, said).value
    except ValueError:
        return None
    if kind == "email":
        return Listable(email=value)
    if kind == "domain":
        # As if somebody wrote from there: entries of the domains above it fit too.
        return Listable(email=f"x@{value}")
    if kind == "ip":
        return Listable(ip=value)
    if kind == "customer":
        return Listable(shop_customer=value) if value.startswith("shopify:") else Listable(customer=value)
    if kind == "device":
        return Listable(devices=(value,))
    return {
        "phone": Listable(phone=value), "address": Listable(shipping_key=value), "card": Listable(card_key=value)
    }[kind]  # fmt: skip
