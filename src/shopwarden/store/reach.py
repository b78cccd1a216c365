"""Whether a database answers, and what it says of itself."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import msgspec
from alembic.config import Config
from alembic.script import ScriptDirectory

from shopwarden.errors import RetryError


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """`version` as the server writes it ("16.4"), `number` as PostgreSQL counts it (160004); `revision` of our schema."""

    version: str
    number: int
    revision: str | None


async def reach(database_url: str, patience: float = 5.0) -> Reached:
    """Asks the server who it is; raises RetryError with the reason when it can't be reached within `patience` seconds."""
    try:
        connection = await asyncpg.connect(database_url, timeout=patience)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        raise RetryError(str(problem) or type(problem).__name__) from None
    try:
        version = str(await connection.fetchval("SHOW server_version"))
        number = int(await connection.fetchval("SHOW server_version_num"))
        table = await connection.fetchval("SELECT to_regclass('alembic_version')::text")
        revision = await connection.fetchval("SELECT version_num FROM alembic_version") if table else None
        return Reached(version=version, number=number, revision=revision)
    finally:
        await connection.close()


def newest_revision() -> str | None:
    """The newest schema revision this installation brings."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).resolve().parent.parent / "migrations"))
    return ScriptDirectory.from_config(config).get_current_head()
