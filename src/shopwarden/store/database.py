"""The connection pool, with our JSON and UUID ways of reading and writing set once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import asyncpg
import msgspec

Connection = asyncpg.Connection
"""One connection, for the rooms above to pass along without knowing the driver."""

LONGEST_PREPARED = 32 * 1024
"""Bytes of the longest statement that is kept planned: planning the longest of ours takes longer than running it."""

_json = msgspec.json


def _write_json(value: object) -> bytes:
    return b"\x01" + (value if isinstance(value, bytes) else _json.encode(value))


def _read_json(raw: bytes) -> Any:
    return _json.decode(raw[1:])


async def _prepare(connection: asyncpg.Connection) -> None:
    # jsonb travels as one version byte and the text; bytes given are taken as JSON already written.
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_write_json, decoder=_read_json, format="binary")
    # inet as text: addresses are normalised once, at the edge, and stay strings inside.
    await connection.set_type_codec("inet", schema="pg_catalog", encoder=_write_inet, decoder=_read_inet, format="binary")


async def _as_it_is(connection: asyncpg.Connection) -> None:
    """What the pool does with a connection handed back: nothing, where the driver would spend a round trip at every use.

    So settings are changed for a transaction only (SET LOCAL), and whoever takes a session's lock lets go of it. An open
    transaction is still rolled back.
    """


_AF_INET, _AF_INET6 = 2, 3  # PostgreSQL's own numbers (src/include/utils/inet.h)


@lru_cache(maxsize=65_536)
def _write_inet(address: str) -> bytes:
    packed = ip_address(address).packed
    family = _AF_INET if len(packed) == 4 else _AF_INET6
    return bytes((family, len(packed) * 8, 0, len(packed))) + packed


@lru_cache(maxsize=65_536)
def _read_inet(raw: bytes) -> str:
    address = str(ip_address(raw[4:]))
    return address if raw[1] == len(raw[4:]) * 8 else f"{address}/{raw[1]}"


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
            reset=_as_it_is,
            command_timeout=120,
            max_cacheable_statement_size=LONGEST_PREPARED,
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
