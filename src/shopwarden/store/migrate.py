"""Brings a database to the newest schema, and makes the monthly partitions ahead of time."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).resolve().parent.parent / "migrations"))
    config.attributes["database_url"] = database_url
    return config


def migrate(database_url: str, revision: str = "head") -> None:
    """Upgrades the schema; safe to run at every start and by several processes at once (they queue on a lock)."""
    command.upgrade(_config(database_url), revision)
    asyncio.run(_ahead(database_url))


async def _ahead(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await make_partitions(connection, datetime.now(UTC).date())
    finally:
        await connection.close()


def month_after(day: date, months: int) -> date:
    """The first day of the month `months` after the month of `day` (negative: before)."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


async def make_partitions(connection: asyncpg.Connection, today: date, *, back: int = 1, ahead: int = 3) -> None:
    """Monthly partitions of the activities from `back` months ago to `ahead` months from now.

    What falls outside every month (late imports, clocks gone wrong) lies in the default partition, so nothing
    is ever refused for its date.
    """
    await connection.execute("SELECT pg_advisory_lock(727001)")
    try:
        for step in range(-back, ahead + 1):
            first, last = month_after(today, step), month_after(today, step + 1)
            await make_month(connection, first, last)
    finally:
        await connection.execute("SELECT pg_advisory_unlock(727001)")


async def make_month(connection: asyncpg.Connection, first: date, last: date) -> None:
    name = f"customer_activities_{first:%Y_%m}"
    if await connection.fetchval("SELECT to_regclass($1)", name) is not None:
        return
    async with connection.transaction():
        # Rows of this month that already lie in the default partition have to move, or the new one is refused.
        await connection.execute(f"CREATE TABLE {name} (LIKE customer_activities INCLUDING DEFAULTS)")
        await connection.execute(
            f"WITH moved AS (DELETE FROM customer_activities_default"  # noqa: S608
            f" WHERE created_at >= $1 AND created_at < $2 RETURNING *) INSERT INTO {name} SELECT * FROM moved",
            datetime(first.year, first.month, 1, tzinfo=UTC),
            datetime(last.year, last.month, 1, tzinfo=UTC),
        )
        await connection.execute(
            f"ALTER TABLE customer_activities ATTACH PARTITION {name}"
            f" FOR VALUES FROM ('{first:%Y-%m-%d}+00') TO ('{last:%Y-%m-%d}+00')"
        )


async def drop_old_partitions(connection: asyncpg.Connection, today: date, retention_days: int) -> list[str]:
    """Drops whole months that ended more than `retention_days` ago; answers their names."""
    rows = await connection.fetch(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'customer_activities'::regclass AND c.relname ~ '^customer_activities_[0-9]{4}_[0-9]{2}$'"
        " ORDER BY 1"
    )
    dropped = []
    for row in rows:
        year, month = map(int, row["relname"].rsplit("_", 2)[1:])
        if (today - month_after(date(year, month, 1), 1)).days > retention_days:
            await connection.execute(f"DROP TABLE {row['relname']}")
            dropped.append(row["relname"])
    return dropped
