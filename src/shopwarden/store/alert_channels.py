"""Channels alerts leave by: their addresses sealed, and how each fares."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.alert_channel import Channel
from shopwarden.domain.ids import StoreId
from shopwarden.domain.quiet_hours import QuietHours

CHANNEL_COLUMNS = ", ".join(Channel.__struct_fields__)
_FIND = f"SELECT {CHANNEL_COLUMNS}, sealed FROM alert_channels WHERE store_id = $1 AND id = $2"  # noqa: S608
CHANGEABLE = frozenset({
    "name", "sealed", "shown", "least_severity", "kinds", "quiet", "for_escalation", "enabled", "updated_at",
})  # fmt: skip
MOST_CHANNELS = 50
"""Of one store."""


def channel_of(row: asyncpg.Record) -> Channel:
    values = {name: row[name] for name in Channel.__struct_fields__}
    values["kinds"] = tuple(values["kinds"])
    values["quiet"] = msgspec.convert(row["quiet"], QuietHours) if row["quiet"] else None
    return Channel(**values)


def quiet_row(quiet: QuietHours | None) -> object:
    return {} if quiet is None else msgspec.to_builtins(quiet)


async def list_channels(connection: asyncpg.Connection, store_id: StoreId) -> list[Channel]:
    rows = await connection.fetch(
        f"SELECT {CHANNEL_COLUMNS} FROM alert_channels WHERE store_id = $1 ORDER BY created_at, id",  # noqa: S608
        store_id,
    )
    return [channel_of(row) for row in rows]


async def find_channel(
    connection: asyncpg.Connection, store_id: StoreId, channel_id: UUID, *, lock: bool = False
) -> tuple[Channel, bytes] | None:
    """The channel with what is sealed of it. `lock`: nobody else changes it before the transaction ends."""
    row = await connection.fetchrow(
        f"{_FIND} FOR UPDATE" if lock else _FIND,
        store_id, channel_id,
    )  # fmt: skip
    return None if row is None else (channel_of(row), row["sealed"])


async def add_channel(connection: asyncpg.Connection, store_id: StoreId, channel: Channel, sealed: bytes) -> bool:
    """False where the store has as many as it may have."""
    values = {name: getattr(channel, name) for name in Channel.__struct_fields__}
    values |= {"quiet": quiet_row(channel.quiet), "kinds": list(channel.kinds), "sealed": sealed}
    marks = ", ".join(f"${place}" for place in range(3, len(values) + 3))
    insert = f"INSERT INTO alert_channels (store_id, {', '.join(values)}) SELECT $1, {marks}"
    room = " WHERE (SELECT count(*) FROM alert_channels WHERE store_id = $1) < $2"
    added = await connection.execute(insert + room, store_id, MOST_CHANNELS, *values.values())
    return bool(added == "INSERT 0 1")


async def change_channel(
    connection: asyncpg.Connection, store_id: StoreId, channel_id: UUID, values: Mapping[str, object]
) -> None:
    """Sets columns (`CHANGEABLE`). What waits is due at once: a new address or other hours of quiet may let it leave."""
    if wrong := set(values) - CHANGEABLE:
        raise ValueError(f"not to be changed: {sorted(wrong)}")
    settings = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, 3))
    await connection.execute(
        f"UPDATE alert_channels SET {settings}, resting_until = NULL, failures = 0 WHERE store_id = $1 AND id = $2",  # noqa: S608
        store_id, channel_id, *values.values(),
    )  # fmt: skip
    await connection.execute(
        "UPDATE alert_deliveries SET due_at = created_at WHERE store_id = $1 AND channel_id = $2 AND state = 'pending'",
        store_id, channel_id,
    )  # fmt: skip


async def remove_channel(connection: asyncpg.Connection, store_id: StoreId, channel_id: UUID) -> None:
    """With all its deliveries, also those that wait."""
    await connection.execute("DELETE FROM alert_deliveries WHERE store_id = $1 AND channel_id = $2", store_id, channel_id)
    await connection.execute("DELETE FROM alert_channels WHERE store_id = $1 AND id = $2", store_id, channel_id)
