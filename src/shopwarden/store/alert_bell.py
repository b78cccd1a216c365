"""Rings when alerts of a store or messages about them changed, in whatever process that happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

import asyncpg

from shopwarden.store.alert_messages import BELL
from shopwarden.store.database import Database

_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


async def listen(database: Database, ring: Callable[[UUID | None], None]) -> None:
    """Calls `ring` with the store after every commit that concerned its alerts, and with None when it begins to listen,
    also after a lost connection: what happened meanwhile was not heard. Ends by cancellation."""
    while True:
        try:
            async with database.pool.acquire() as connection:
                await _until_lost(connection, ring)
        except _LOST:
            await asyncio.sleep(1)


async def _until_lost(connection: asyncpg.Connection, ring: Callable[[UUID | None], None]) -> None:
    lost = asyncio.Event()

    def heard(_: object, __: int, ___: str, payload: object) -> None:
        ring(UUID(str(payload)))

    connection.add_termination_listener(lambda _: lost.set())
    await connection.add_listener(BELL, heard)
    try:
        ring(None)
        await lost.wait()
    finally:
        if not connection.is_closed():
            await connection.remove_listener(BELL, heard)
