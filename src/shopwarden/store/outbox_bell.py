"""Rings when a job was put into the outbox, so that nobody has to ask every few milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg

from shopwarden.store.database import Database
from shopwarden.store.outbox import CHANNEL

_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


async def listen(database: Database, ring: Callable[[], None]) -> None:
    """Calls `ring` after every commit that put a job, for ever; a lost connection is made again. Ends by cancellation.

    Behind a pooler that doesn't pass LISTEN on, it stays silent: whoever listens polls as well, only slower.
    """
    while True:
        try:
            async with database.pool.acquire() as connection:
                await _until_lost(connection, ring)
        except _LOST:
            await asyncio.sleep(1)


async def _until_lost(connection: asyncpg.Connection, ring: Callable[[], None]) -> None:
    lost = asyncio.Event()

    def heard(*_: object) -> None:
        ring()

    connection.add_termination_listener(lambda _: lost.set())
    await connection.add_listener(CHANNEL, heard)
    try:
        # What was put while nobody listened.
        ring()
        await lost.wait()
    finally:
        if not connection.is_closed():
            await connection.remove_listener(CHANNEL, heard)
