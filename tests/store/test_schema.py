"""The columns written down in `store/tables` and what the migrations make are the same."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from shopwarden.store.tables import metadata

# Months of activities are made by the product itself, not by migrations; Alembic keeps its own table.
MADE_ELSEWHERE = ("customer_activities_", "alembic_version")
# Indexes over expressions, said in SQL alone.
OVER_EXPRESSIONS = {"ix_customers_search", "ix_customers_active", "ix_customers_domain"}


def differences(connection: Connection) -> list[object]:
    def concerns_us(_: object, name: str | None, kind: str, *__: object) -> bool:
        if kind == "index":
            return name not in OVER_EXPRESSIONS
        return not (kind == "table" and name is not None and name.startswith(MADE_ELSEWHERE))

    options = {"compare_type": True, "include_object": concerns_us}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def test_migrations_make_the_tables_that_are_written_down(database_url: str) -> None:
    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
        assert [(one[0], getattr(one[1], "name", one)) for one in found] == []
    finally:
        await engine.dispose()
