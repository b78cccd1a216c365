"""A store's weights: every change a new version, with who made it and why."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.verdict import Weights


class WeightsVersion(msgspec.Struct, frozen=True, kw_only=True):
    """`changed_by` and `changed_at` are None for the defaults (version 0)."""

    weights: Weights
    changed_by: str | None = None
    reason: str | None = None
    changed_at: datetime | None = None


LATEST = 2**31 - 1
DEFAULTS = WeightsVersion(weights=Weights())


def weights_of(version: int | None, stored: object) -> Weights:
    """Weights from a stored JSON object; the defaults when there is none."""
    if version is None:
        return Weights()
    return msgspec.structs.replace(msgspec.convert(stored, Weights), version=version)


async def current_weights(connection: asyncpg.Connection, store_id: StoreId) -> Weights:
    return (await current_version(connection, store_id)).weights


async def current_version(connection: asyncpg.Connection, store_id: StoreId) -> WeightsVersion:
    found = await list_weights(connection, store_id, LATEST, 1)
    return found[0] if found else DEFAULTS


async def find_weights(connection: asyncpg.Connection, store_id: StoreId, version: int) -> WeightsVersion | None:
    """This version; None if it never was. Version 0 are the defaults."""
    if version == 0:
        return DEFAULTS
    found = await list_weights(connection, store_id, version + 1, 1)
    return found[0] if found and found[0].weights.version == version else None


async def list_weights(connection: asyncpg.Connection, store_id: StoreId, before: int, limit: int) -> list[WeightsVersion]:
    """Versions below `before`, the newest first; the defaults are not among them."""
    rows = await connection.fetch(
        "SELECT version, weights, changed_by, reason, created_at FROM weights WHERE store_id = $1 AND version < $2"
        " ORDER BY version DESC LIMIT $3",
        store_id, before, limit,
    )  # fmt: skip
    return [
        WeightsVersion(
            weights=weights_of(row["version"], row["weights"]),
            changed_by=row["changed_by"],
            reason=row["reason"],
            changed_at=row["created_at"],
        )
        for row in rows
    ]


async def put_weights(
    connection: asyncpg.Connection, store_id: StoreId, weights: Weights, changed_by: str, reason: str | None
) -> WeightsVersion:
    """Keeps `weights` as the store's next version (its own `version` is ignored); needs a transaction."""
    await connection.execute("SELECT FROM stores WHERE id = $1 FOR UPDATE", store_id)
    now = datetime.now(UTC)
    newest = await connection.fetchval("SELECT max(version) FROM weights WHERE store_id = $1", store_id)
    weights = msgspec.structs.replace(weights, version=(newest or 0) + 1)
    await connection.execute(
        "INSERT INTO weights (store_id, version, weights, changed_by, reason, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        store_id, weights.version, msgspec.json.encode(weights), changed_by, reason, now,
    )  # fmt: skip
    return WeightsVersion(weights=weights, changed_by=changed_by, reason=reason, changed_at=now)
