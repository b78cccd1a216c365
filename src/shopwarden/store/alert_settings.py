"""What a store wants of its alerts, kept among its settings."""

from __future__ import annotations

import asyncpg
import msgspec

from shopwarden.domain.alert_settings import AlertSettings, alert_settings
from shopwarden.domain.ids import StoreId

_READ = "SELECT settings -> 'alerts' FROM stores WHERE id = $1"


async def read_alert_settings(connection: asyncpg.Connection, store_id: StoreId, *, lock: bool = False) -> AlertSettings:
    """`lock`: nobody else changes the store's settings before the transaction ends."""
    return alert_settings(await connection.fetchval(f"{_READ} FOR UPDATE" if lock else _READ, store_id))


async def keep_alert_settings(connection: asyncpg.Connection, store_id: StoreId, wanted: AlertSettings) -> None:
    await connection.execute(
        "UPDATE stores SET settings = settings || jsonb_build_object('alerts', $2::jsonb) WHERE id = $1",
        store_id, msgspec.to_builtins(wanted),
    )  # fmt: skip
