"""Whatever a test leaves in its database, the next one finds nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import TypeVar

import asyncpg
import pytest

from tests.conftest import run_sql, wait_in_thread
from tests.embedded.any_row import TABLES, write_rows
from tests.fresh_database import TRUNCATED_FROM, FreshDatabases

Result = TypeVar("Result")


STORE = "INSERT INTO stores (id, name, created_at) VALUES (gen_random_uuid(), 'left behind', now())"
GONE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What a client sees whose connection was ended."""


class Handed:
    """One database after the other as tests get them."""

    def __init__(self, fresh: FreshDatabases) -> None:
        self.fresh, self.name = fresh, fresh.take()

    @property
    def url(self) -> str:
        return self.fresh.url_of(self.name)

    def ask(self, what: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
        async def asked() -> Result:
            connection = await asyncpg.connect(self.url)
            try:
                return await what(connection)
            finally:
                await connection.close()

        return wait_in_thread(asked())

    def value(self, query: str) -> object:
        return self.ask(lambda connection: connection.fetchval(query))

    def next_test(self) -> bool:
        """Goes on with what the next test gets; true where that is the same one, emptied, and not a new copy."""
        before, copied = self.name, self.fresh.copied
        self.fresh.give_back(before)
        self.name = self.fresh.take()
        assert self.name != before
        return self.fresh.copied == copied


@pytest.fixture
def handed(fresh_databases: FreshDatabases) -> Iterator[Handed]:
    one = Handed(fresh_databases)
    yield one
    fresh_databases.give_back(one.name)


async def filled(connection: asyncpg.Connection) -> set[str]:
    tables = [row[0] for row in await connection.fetch(TABLES)]
    return {table for table in tables if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})")}


async def shape(connection: asyncpg.Connection) -> list[str]:
    columns = (
        "SELECT format('%s %s %s %s', table_name, column_name, data_type, column_default) FROM information_schema.columns"
    )
    names = "SELECT relname || relkind::text FROM pg_class"
    found = await connection.fetch(f"{columns} UNION ALL {names} UNION ALL SELECT nspname FROM pg_namespace")
    return sorted(row[0] for row in found)


def test_rows_of_every_table_are_gone(handed: Handed) -> None:
    async def fill(connection: asyncpg.Connection) -> int:
        await connection.execute("SET session_replication_role = replica")
        tables = [row[0] for row in await connection.fetch(TABLES)]
        for table in tables:
            await write_rows(connection, table)
        assert await filled(connection) == set(tables)
        return len(tables)

    assert handed.ask(fill) > 30
    assert handed.next_test()
    assert handed.ask(filled) == set()
    assert handed.value("SELECT count(*) FROM alembic_version") == 1


def test_many_rows_that_others_point_to_are_cut_off(handed: Handed) -> None:
    async def fill(connection: asyncpg.Connection) -> int:
        await connection.execute("SET session_replication_role = replica")
        for table in ("customers", "customer_ips", "customer_activities_default"):
            await write_rows(connection, table, 3000)
        return int(await connection.fetchval("SELECT pg_relation_size('customers')"))

    assert handed.ask(fill) > TRUNCATED_FROM
    assert handed.next_test()
    assert handed.ask(filled) == set()
    assert handed.value("SELECT pg_relation_size('customers')") == 0


def test_numbers_are_given_from_the_first_again(handed: Handed) -> None:
    def next_number() -> object:
        return handed.value("SELECT nextval(pg_get_serial_sequence('outbox', 'id'))")

    assert [next_number(), next_number()] == [1, 2]
    assert handed.next_test()
    assert next_number() == 1


@pytest.mark.parametrize(
    "change",
    [
        "CREATE SCHEMA left_behind CREATE TABLE rows (id int)",
        "CREATE TABLE left_behind (name text); ALTER TABLE stores INHERIT left_behind",
        "CREATE INDEX left_behind ON stores (created_at)",
        "CREATE FUNCTION left_behind() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE VIEW left_behind AS SELECT * FROM stores",
        "CREATE SEQUENCE left_behind",
        "CREATE TYPE left_behind AS ENUM ('one')",
        "DROP TABLE visitor_ips",
        "DROP TABLE customer_activities_default",
        "ALTER TABLE stores ADD COLUMN left_behind int",
        "ALTER TABLE stores ALTER COLUMN name SET DEFAULT 'left behind'",
        "ALTER TABLE stores ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE orders DROP CONSTRAINT ck_orders_advice",
        "ALTER TABLE stores SET (fillfactor = 50)",
        "ALTER TABLE stores RENAME TO left_behind",
        "ALTER TABLE customers DISABLE TRIGGER ALL",
        "ALTER SEQUENCE outbox_id_seq INCREMENT BY 2",
        "DROP EXTENSION pg_trgm CASCADE",
        "UPDATE alembic_version SET version_num = 'left_behind'",
        f"{STORE}; ANALYZE stores",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$",
        "SELECT lo_create(0)",
    ],
)
def test_a_changed_shape_is_given_up_for_a_new_copy(handed: Handed, change: str) -> None:
    untouched = handed.ask(shape)
    wait_in_thread(run_sql(handed.url, change))
    left = handed.url
    assert not handed.next_test()
    assert handed.ask(shape) == untouched
    assert handed.ask(filled) == set()
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        wait_in_thread(asyncpg.connect(left))


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE left_behind (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, rest text)",
        "CREATE TABLE left_behind (id int); CREATE VIEW on_it AS SELECT * FROM left_behind",
        "CREATE TABLE customer_activities_1998_01 PARTITION OF customer_activities"
        " FOR VALUES FROM ('1998-01-01') TO ('1998-02-01')",
        "CREATE TABLE left_behind (id int); DROP TABLE left_behind",
        "TRUNCATE stores, orders",
    ],
)
def test_tables_of_a_test_s_own_go_with_it(handed: Handed, change: str) -> None:
    untouched = handed.ask(shape)
    wait_in_thread(run_sql(handed.url, change))
    assert handed.next_test()
    assert handed.ask(shape) == untouched


async def test_who_is_still_connected_is_cut_off_and_undone(handed: Handed) -> None:
    hanging = await asyncpg.connect(handed.url)
    await hanging.execute("BEGIN")
    await hanging.execute(STORE)
    await hanging.execute("LOCK TABLE stores, orders, customers IN ACCESS EXCLUSIVE MODE")
    await hanging.execute("SELECT pg_advisory_lock(727001)")
    idle = await asyncpg.connect(handed.url)
    old = handed.url
    assert handed.next_test()
    assert handed.ask(filled) == set()
    assert handed.value("SELECT pg_try_advisory_lock(727001)") is True
    for lost in (hanging, idle):
        with pytest.raises(GONE):
            await lost.execute(STORE)
    # A process that outlived its test finds no way back.
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(old)


async def test_one_that_keeps_coming_back_writes_nothing_into_the_next_test(handed: Handed) -> None:
    """A worker that lost its connection opens another at once."""
    ended = asyncio.Event()

    async def come_back(url: str) -> None:
        while not ended.is_set():
            with suppress(*GONE):
                again = await asyncpg.connect(url)
                await again.execute(STORE)
            await asyncio.sleep(0)

    for _ in range(5):
        coming = [asyncio.create_task(come_back(handed.url)) for _ in range(3)]
        await asyncio.sleep(0.05)
        await asyncio.to_thread(handed.next_test)
        assert await asyncio.to_thread(handed.ask, filled) == set()
        ended.set()
        await asyncio.gather(*coming)
        ended.clear()
