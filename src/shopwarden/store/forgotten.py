"""Digests of people who asked to be forgotten: a delivery sent before they asked must not bring them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from shopwarden.domain.ids import StoreId


async def keep_forgotten(connection: asyncpg.Connection, store_id: StoreId, digests: Sequence[bytes], at: datetime) -> None:
    await connection.execute(
        "INSERT INTO forgotten (store_id, digest, at) SELECT $1, digest, $3 FROM unnest($2::bytea[]) AS digest"
        " ON CONFLICT (store_id, digest) DO UPDATE SET at = greatest(forgotten.at, excluded.at)",
        store_id,
        digests,
        at,
    )


async def forgotten_when(
    connection: asyncpg.Connection, store_id: StoreId, digests: Sequence[bytes]
) -> dict[bytes, datetime]:
    """When each of these was forgotten, as far as they were."""
    rows = await connection.fetch(
        "SELECT digest, at FROM forgotten WHERE store_id = $1 AND digest = ANY($2)", store_id, digests
    )
    return {row["digest"]: row["at"] for row in rows}
