"""Loads the synthetic shop: indexes dropped and rebuilt, nothing logged, both cores at work; then everything as usual."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg

from bench.servers import stand
from bench.synthetic import HELPERS, STEPS, VISITS, Scale, filled, month_sql
from shopwarden.embedded.postgres import start_postgres
from shopwarden.store.migrate import make_month, month_after

ACTIVITIES = "customer_activities"
MONTHS = 12
SETTINGS = """
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 16GB
checkpoint_timeout = 1h
autovacuum = off
shared_buffers = 1GB
work_mem = 256MB
maintenance_work_mem = 768MB
max_parallel_maintenance_workers = 0
max_parallel_workers_per_gather = 0
"""
"""In override.conf while loading only. A crash then means loading again."""

_INDEXES = """
SELECT t.relname AS table, i.relname AS index, pg_get_indexdef(i.oid) AS made, c.conname AS constraint,
       pg_get_constraintdef(c.oid) AS constrained
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
  LEFT JOIN pg_constraint c ON c.conindid = i.oid AND c.contype IN ('p', 'u')
 WHERE t.relname = ANY($1) ORDER BY c.contype = 'p' DESC NULLS LAST, i.relname
"""
_FOREIGN = """
SELECT conrelid::regclass::text AS table, conname AS constraint, pg_get_constraintdef(oid) AS constrained
  FROM pg_constraint WHERE contype = 'f' AND (conrelid::regclass::text = ANY($1) OR confrelid::regclass::text = ANY($1))
   AND conparentid = 0
"""

Say = Callable[[str], None]


def load(folder: Path, scale: Scale, say: Say) -> None:
    """Fills the databases in `folder`, made where missing. A folder that is loaded already is left as it is."""
    marker = folder / f"loaded-{scale.customers}-{scale.activities}"
    if marker.exists():
        say(f"{folder} is loaded already")
        return
    begun = time.monotonic()
    unfinished = folder / "loading"
    if unfinished.exists():
        shutil.rmtree(folder / "postgres", ignore_errors=True)
    unfinished.touch()
    with stand(folder) as made:
        store_id = made.store_id
    with _loading(folder) as url:
        asyncio.run(_Loader(url, store_id, scale, say).run())
        say("writing everything to disk")
    os.sync()
    marker.touch()
    unfinished.unlink()
    say(f"loaded in {time.monotonic() - begun:.0f} s")


@contextmanager
def _loading(folder: Path) -> Iterator[str]:
    override = folder / "postgres" / "override.conf"
    override.write_text(SETTINGS, "utf-8")
    override.chmod(0o644)
    try:
        server = start_postgres(folder)
        try:
            yield server.url
        finally:
            server.stop()
    finally:
        override.unlink()


class _Loader:
    def __init__(self, url: str, store_id: object, scale: Scale, say: Say) -> None:
        self._url, self._store_id, self._scale = url, store_id, scale
        self._begun = time.monotonic()
        self._tell = say

    def _say(self, text: str) -> None:
        self._tell(f"{time.monotonic() - self._begun:5.0f} s  {text}")

    async def run(self) -> None:
        one, two = await asyncpg.connect(self._url), await asyncpg.connect(self._url)
        tables = [table for table, _ in STEPS]
        keys, indexes = await self._drop(one, [*tables, ACTIVITIES])
        await one.execute(HELPERS)
        await self._fill(one, "bench_visits", VISITS)
        await one.execute("ANALYZE bench_visits, bench_events, bench_ways")
        # The people on one connection, the events of the first months on the other, then both take months in turn.
        months = await self._months(one)
        await asyncio.gather(self._people(one, months), self._events(two, months))
        await self._rebuild((one, two), indexes)
        for table, constraint, made in keys:
            await one.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{constraint}" {made}')
        self._say("foreign keys checked")
        await self._statistics((one, two), tables, months)
        await one.execute("DROP TABLE bench_visits, bench_events, bench_ways")
        await one.execute("CHECKPOINT")
        await one.close()
        await two.close()

    async def _drop(
        self, connection: asyncpg.Connection, tables: Sequence[str]
    ) -> tuple[list[tuple[str, str, str]], list[tuple[str, str]]]:
        """Drops foreign keys and indexes; answers how to make them again."""
        foreign = await connection.fetch(_FOREIGN, tables)
        for row in foreign:
            await connection.execute(f'ALTER TABLE {row["table"]} DROP CONSTRAINT "{row["constraint"]}"')
        indexes = []
        for row in await connection.fetch(_INDEXES, tables):
            if row["constraint"]:
                await connection.execute(f'ALTER TABLE {row["table"]} DROP CONSTRAINT "{row["constraint"]}"')
                made = f'ALTER TABLE {row["table"]} ADD CONSTRAINT "{row["constraint"]}" {row["constrained"]}'
            else:
                await connection.execute(f'DROP INDEX "{row["index"]}"')
                made = row["made"].replace(" ON ONLY ", " ON ")
            indexes.append((row["table"], made))
        return [(row["table"], row["constraint"], row["constrained"]) for row in foreign], indexes

    async def _fill(self, connection: asyncpg.Connection, table: str, sql: str) -> None:
        # A table emptied in the same transaction needs no entries in the log.
        async with connection.transaction():
            await connection.execute(f"TRUNCATE {table}")
            done = await connection.execute(filled(sql, self._store_id, self._scale))
        self._say(f"{table}: {int(done.split()[-1]):,}")

    async def _months(self, connection: asyncpg.Connection) -> list[tuple[date, date]]:
        today = datetime.now(UTC).date()
        months = [(month_after(today, step), month_after(today, step + 1)) for step in range(-MONTHS, 1)]
        for first, last in months:
            await make_month(connection, first, last)
        return months

    async def _people(self, connection: asyncpg.Connection, months: list[tuple[date, date]]) -> None:
        for table, sql in STEPS:
            await self._fill(connection, table, sql)
            await connection.execute(f"ANALYZE {table}")
        await self._events(connection, months)

    async def _events(self, connection: asyncpg.Connection, months: list[tuple[date, date]]) -> None:
        while months:
            first, last = months.pop(0)
            table = f"{ACTIVITIES}_{first:%Y_%m}"
            await self._fill(connection, table, month_sql(table, first, last))

    async def _rebuild(self, connections: Sequence[asyncpg.Connection], indexes: Sequence[tuple[str, str]]) -> None:
        large = [made for table, made in indexes if table == ACTIVITIES]
        small = [made for table, made in indexes if table != ACTIVITIES]
        # The slowest (of trigrams) first, so that the two ends meet.
        small.sort(key=lambda made: "gin" not in made)

        async def work(connection: asyncpg.Connection, *queues: list[str]) -> None:
            for queue in queues:
                while queue:
                    statement = queue.pop(0)
                    await connection.execute(statement, timeout=3600)
                    self._say(statement.split("(")[0].replace("public.", "")[:90])

        # The primary key of the activities shuts everybody else out of that table, so it is made before the others there.
        key, rest = large[:1], large[1:]
        await asyncio.gather(work(connections[0], key, rest, small), work(connections[1], small, rest))

    async def _statistics(
        self, connections: Sequence[asyncpg.Connection], tables: Sequence[str], months: Sequence[tuple[date, date]]
    ) -> None:
        parts = await connections[0].fetch(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::text::regclass", ACTIVITIES
        )
        todo = [*tables, *(row[0] for row in parts)]

        async def work(connection: asyncpg.Connection) -> None:
            while todo:
                await connection.execute(f"VACUUM (ANALYZE) {todo.pop(0)}", timeout=3600)

        await asyncio.gather(*map(work, connections))
        await connections[0].execute(f"ANALYZE {ACTIVITIES}")
        self._say("statistics are fresh")
