"""A clean migrated database for every test: one per test process, emptied in between, copied anew where its shape changed.

Copying files takes a third of a second of a core, emptying a used database a hundredth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

import asyncpg

Result = TypeVar("Result")

FIRST_OWN_OID = 16_384  # below lies what PostgreSQL itself brought (src/include/access/transam.h)

TRUNCATED_FROM = 256 * 1024
"""Bytes of a table's file from which it is cut off, not only emptied: dead rows would slow the tests to come."""

# Every catalog in which an object of ours leaves a row, and what in it stays the same while only rows of tables change.
# A row rewritten gets another xmin; pg_class is rewritten by TRUNCATE too, and pg_attribute by nothing but DDL.
_CATALOGS = {
    "pg_class": "c.oid, c.relname, c.relnamespace, c.relkind, c.relowner, c.relchecks, c.reloptions, c.relacl,"
    " c.relrowsecurity, c.relreplident, c.relispartition, c.relpersistence, c.reltablespace,"
    " CASE c.relkind WHEN 'r' THEN c.reltuples END",
    "pg_attribute": "c.attrelid, c.attnum, c.xmin",
    "pg_attrdef": "c.oid, c.xmin",
    "pg_constraint": "c.oid, c.xmin",
    "pg_index": "c.indexrelid, c.xmin",
    "pg_inherits": "c.inhrelid, c.xmin",
    "pg_namespace": "c.oid, c.xmin",
    "pg_proc": "c.oid, c.xmin",
    "pg_rewrite": "c.oid, c.xmin",
    "pg_sequence": "c.seqrelid, c.xmin",
    "pg_statistic_ext": "c.oid, c.xmin",
    "pg_statistic": "c.starelid, c.staattnum, c.xmin",
    "pg_trigger": "c.oid, c.xmin",
    "pg_type": "c.oid, c.xmin",
    "pg_description": "c.objoid, c.objsubid, c.xmin",
    "pg_extension": "c.oid, c.xmin",
    "pg_event_trigger": "c.oid, c.xmin",
    "pg_policy": "c.oid, c.xmin",
    "pg_publication": "c.oid, c.xmin",
    "pg_largeobject_metadata": "c.oid, c.xmin",
    "pg_default_acl": "c.oid, c.xmin",
}
"""Catalog: its columns to compare. The first is the object's number."""


def _shape_query() -> str:
    parts = []
    for catalog, columns in _CATALOGS.items():
        number = columns.split(",")[0]
        row = f"hashtextextended(ROW({columns})::text, 0)"
        parts.append(f"(SELECT count(*) || ':' || sum({row}) FROM {catalog} c WHERE {number} >= {FIRST_OWN_OID})")
    set_here = "SELECT setconfig::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
    parts.append(f"({set_here} WHERE d.datname = current_database())")
    parts.append("(SELECT string_agg(version_num, ',') FROM alembic_version)")
    return f"SELECT ARRAY[{', '.join(parts)}]"


_SHAPE = _shape_query()

_TABLES = f"SELECT array_agg(oid) FROM pg_class WHERE relkind IN ('r', 'p') AND oid >= {FIRST_OWN_OID}"
_STRANGERS = (
    f"SELECT string_agg(oid::regclass::text, ',') FROM pg_class WHERE relkind IN ('r', 'p')"
    f" AND oid >= {FIRST_OWN_OID} AND oid <> ALL ($1)"
)

# Foreign keys are not asked: every table is emptied anyway, and so the order does not matter.
_EMPTY = f"""
DO $$
DECLARE
  found record;
  held boolean;
  cut text := '';
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR found IN
    SELECT oid::regclass::text AS name, pg_relation_size(oid) AS bytes FROM pg_class
    WHERE relkind = 'r' AND oid >= {FIRST_OWN_OID} AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
  LOOP
    IF found.bytes >= {TRUNCATED_FROM} THEN
      cut := cut || ',' || found.name;
    ELSE
      EXECUTE 'SELECT EXISTS (SELECT FROM ' || found.name || ')' INTO held;
      IF held THEN EXECUTE 'DELETE FROM ' || found.name; END IF;
    END IF;
  END LOOP;
  IF cut <> '' THEN EXECUTE 'TRUNCATE ' || substr(cut, 2) || ' CASCADE'; END IF;
  FOR found IN SELECT seqrelid, seqstart FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL LOOP
    PERFORM setval(found.seqrelid::regclass, found.seqstart, false);
  END LOOP;
END $$
"""

SENDS_AWAY = 5_000
"""How often, 2 ms apart, those still connected are told to go before the database is given up."""

_SEND_AWAY = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"


@dataclass
class FreshDatabases:
    """Gives out the names of clean databases copied from `template` and takes them back. `server_url` names another one."""

    server_url: str
    template: str
    url_of: Callable[[str], str]

    def __post_init__(self) -> None:
        self._clean: list[str] = []
        self._shape: list[str] | None = None
        self._tables: list[int] = []
        self._server: asyncpg.Connection | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = ThreadPoolExecutor(1)
        self.copied = 0
        """How many databases had to be made, each a copy of the template."""

    def take(self) -> str:
        return self._run(self._take())

    def give_back(self, name: str) -> None:
        """Whatever is still connected is cut off. The next test finds it empty and under another name."""
        self._run(self._give_back(name))

    def close(self) -> None:
        self._run(self._close())
        self._thread.submit(self._loop.close).result()
        self._thread.shutdown()

    def _run(self, work: Coroutine[object, object, Result]) -> Result:
        # A loop of its own in a thread of its own: tests have theirs running.
        return self._thread.submit(self._loop.run_until_complete, work).result()

    async def _tell_server(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        if self._server is None or self._server.is_closed():
            self._server = await asyncpg.connect(self.server_url)
        return list(await self._server.fetch(statement, *arguments))

    async def _take(self) -> str:
        if self._clean:
            return self._clean.pop()
        name = _new_name()
        await self._copy(name)
        if self._shape is None:
            connection = await asyncpg.connect(self.url_of(name))
            self._shape, self._tables = await connection.fetchval(_SHAPE), await connection.fetchval(_TABLES)
            await connection.close()
        return name

    async def _copy(self, name: str) -> None:
        # Copying files takes a tenth of the time of the default, which writes every page to the log.
        await self._tell_server(f"CREATE DATABASE {name} TEMPLATE {self.template} STRATEGY file_copy")
        self.copied += 1

    async def _give_back(self, name: str) -> None:
        again = _new_name()
        try:
            # No process that outlived its test finds its way there.
            await self._rename(name, again)
            if await self._emptied(again):
                self._clean.append(again)
                return
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            pass
        for each in (name, again):
            await self._tell_server(f"DROP DATABASE IF EXISTS {each} WITH (FORCE)")

    async def _rename(self, name: str, again: str) -> None:
        # A process that was sent away would be back at once.
        await self._tell_server(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        for _ in range(SENDS_AWAY):
            if not await self._tell_server(_SEND_AWAY, name):
                break
            await asyncio.sleep(0.002)
        await self._tell_server(f"ALTER DATABASE {name} RENAME TO {again}")
        await self._tell_server(f"ALTER DATABASE {again} ALLOW_CONNECTIONS true")

    async def _emptied(self, name: str) -> bool:
        """False: a test changed more than rows and tables of its own."""
        connection = await asyncpg.connect(self.url_of(name))
        try:
            strangers = await connection.fetchval(_STRANGERS, self._tables)
            if strangers is not None:
                await connection.execute(f"DROP TABLE {strangers} CASCADE")
            if await connection.fetchval(_SHAPE) != self._shape:
                return False
            await connection.execute(_EMPTY)
            return True
        finally:
            await connection.close()

    async def _close(self) -> None:
        while self._clean:
            await self._tell_server(f"DROP DATABASE IF EXISTS {self._clean.pop()} WITH (FORCE)")
        if self._server is not None:
            await self._server.close()


def _new_name() -> str:
    return f"test_{uuid4().hex}"
