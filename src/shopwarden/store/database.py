"""The connection pool, with our JSON and UUID ways of reading and writing set once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec

_json = msgspec.json


def _write_json(value: object) -> bytes:
    return b"\x01" + (value if isinstance(value, bytes) else _json.encode(value))


def _read_json(raw: bytes) -> Any:
    return _json.decode(raw[1:])


async def _prepare(connection: asyncpg.Connection) -> None:
    # jsonb travels as one version byte and the text; bytes given are taken as JSON already written.
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_write_json, decoder=_read_json, format="binary")
    # inet as text: addresses are normalised once, at the edge, and stay strings inside.
    await connection.set_type_codec("inet", schema="pg_catalog", encoder=str, decoder=_read_inet, format="text")


def _read_inet(text: str) -> str:
    return text.removesuffix("/32") if "." in text else text.removesuffix("/128")


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    @classmethod
    async def connect(cls, url: str, *, smallest: int = 1, largest: int = 10) -> Database:
        pool = await asyncpg.create_pool(
            url,
            min_size=smallest,
            max_size=largest,
            init=_prepare,
            command_timeout=120,
            server_settings={"application_name": "shopwarden", "timezone": "UTC", "jit": "off"},
        )
        return cls(pool)

    async def close(self) -> None:
        await self.pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """One transaction on one connection; commits at the end, rolls back on any error."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection
