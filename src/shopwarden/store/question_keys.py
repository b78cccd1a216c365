"""The secret of a store that its questions are digested with: without it nobody can tell what was asked."""

from __future__ import annotations

import asyncpg

from shopwarden.domain.ids import StoreId


async def read_question_key(connection: asyncpg.Connection, store_id: StoreId) -> str | None:
    """As it was kept; None where there is none yet."""
    kept: str | None = await connection.fetchval("SELECT settings ->> 'question_key' FROM stores WHERE id = $1", store_id)
    return kept


async def make_question_key(connection: asyncpg.Connection, store_id: StoreId, fresh: str) -> str | None:
    """Keeps `fresh` unless another process was quicker; answers the one that holds. None: there is no such store."""
    kept: str | None = await connection.fetchval(
        "UPDATE stores SET settings = jsonb_build_object('question_key', $2::text) || settings WHERE id = $1"
        " RETURNING settings ->> 'question_key'",
        store_id, fresh,
    )  # fmt: skip
    return kept


async def replace_question_key(connection: asyncpg.Connection, store_id: StoreId, old: str, new: str) -> None:
    """The same secret, sealed anew."""
    await connection.execute(
        "UPDATE stores SET settings = jsonb_set(settings, '{question_key}', to_jsonb($3::text))"
        " WHERE id = $1 AND settings ->> 'question_key' = $2",
        store_id, old, new,
    )  # fmt: skip
