"""What the inbox says of a delivery whose job did not end well."""

from __future__ import annotations

from uuid import UUID

import asyncpg


async def note_failure(connection: asyncpg.Connection, row: asyncpg.Record, error: str, *, dead: bool) -> str | None:
    """Counts the attempt; a dead job's delivery is `failed`. `row` has store_id, subject (the inbox id) and attempts.

    Answers the delivery's source, None when there is no such delivery.
    """
    source: str | None = await connection.fetchval(
        "UPDATE inbox SET attempts = $3, detail = $4, outcome = CASE WHEN $5 THEN 'failed' ELSE outcome END"
        " WHERE store_id = $1 AND id = $2 RETURNING source",
        row["store_id"],
        inbox_id_of(row["subject"]),
        row["attempts"],
        error,
        dead,
    )
    return source


async def note_unreadable(connection: asyncpg.Connection, row: asyncpg.Record, error: str) -> str | None:
    """Marks the delivery as one that can never be read; answers its source."""
    source: str | None = await connection.fetchval(
        "UPDATE inbox SET outcome = 'unreadable', detail = $3 WHERE store_id = $1 AND id = $2 RETURNING source",
        row["store_id"],
        inbox_id_of(row["subject"]),
        error,
    )
    return source


def inbox_id_of(subject: str) -> UUID | None:
    """The inbox id a webhook job is about; None for jobs put by hand under another subject."""
    try:
        return UUID(subject)
    except ValueError:
        return None
