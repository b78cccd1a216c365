"""How a store's tracking script behaves: kept with the store, read by every visitor's browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.api_keys import find_write_key
from shopwarden.store.database import Connection, Database
from shopwarden.store.stores import Store, find_store

Consent = Literal["shopify", "required", "assumed"]


class TrackerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`consent`: "shopify" asks the shop's own privacy banner, "required" waits for the page's word, "assumed" does not.

    A browser that says it does not want to be tracked is never identified, whatever is set here.
    """

    fingerprint: bool = False
    consent: Consent = "shopify"


def tracker_settings_of(store: Store) -> TrackerSettings:
    """The store's own, or the defaults where there are none or they can't be read."""
    try:
        return msgspec.convert(store.settings.get("tracker", {}), TrackerSettings)
    except msgspec.ValidationError:
        return TrackerSettings()


async def settings_of_write_key(database: Database, key: str) -> TrackerSettings | None:
    """None for a key that sends events to no store."""
    store_id = await find_write_key(database, key)
    store = await find_store(database, store_id) if store_id is not None else None
    return tracker_settings_of(store) if store is not None and store.uninstalled_at is None else None


async def keep_tracker_settings(
    connection: Connection, store_id: StoreId, wanted: TrackerSettings, allowed_origins: Sequence[str]
) -> None:
    await connection.execute(
        "UPDATE stores SET settings = jsonb_set(settings, '{tracker}', $2), allowed_origins = $3 WHERE id = $1",
        store_id, msgspec.to_builtins(wanted), list(allowed_origins),
    )  # fmt: skip
