"""What a store wants of Klaviyo beyond reading it."""

from __future__ import annotations

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection
from shopwarden.store.stores import Store


class KlaviyoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`push`: risk and predictions are written into profiles. `forget`: who is to be forgotten here is deleted there too."""

    push: bool = False
    forget: bool = False


def klaviyo_settings(store: Store) -> KlaviyoSettings:
    """The defaults where nothing, or something unreadable, is kept."""
    return _read(store.settings.get("klaviyo"))


async def read_klaviyo_settings(connection: Connection, store_id: StoreId) -> KlaviyoSettings:
    """As `klaviyo_settings`, as of now."""
    return _read(await connection.fetchval("SELECT settings -> 'klaviyo' FROM stores WHERE id = $1", store_id))


def _read(kept: object) -> KlaviyoSettings:
    try:
        return msgspec.convert(kept or {}, KlaviyoSettings)
    except msgspec.ValidationError:
        return KlaviyoSettings()


async def keep_klaviyo_settings(connection: Connection, store_id: StoreId, wanted: KlaviyoSettings) -> None:
    await connection.execute(
        "UPDATE stores SET settings = settings || jsonb_build_object('klaviyo', $2::jsonb) WHERE id = $1",
        store_id, msgspec.to_builtins(wanted),
    )  # fmt: skip
