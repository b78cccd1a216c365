"""The outbox: jobs that leave with the transaction of the data they come from."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg

from shopwarden.contracts.job import Payload
from shopwarden.domain.ids import StoreId

CHANNEL = "shopwarden_outbox"

# One statement: the listener is woken only when a row was really added, and by the commit itself.
_PUT = f"""
WITH added AS (
    INSERT INTO outbox (store_id, queue, subject, event, payload, run_after, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6)
    ON CONFLICT (store_id, queue, subject, event) DO NOTHING
    RETURNING 1
)
SELECT pg_notify('{CHANNEL}', '') FROM added
"""  # noqa: S608


async def put(
    connection: asyncpg.Connection,
    store_id: StoreId,
    queue: str,
    subject: str,
    event: str,
    payload: Payload,
) -> None:
    """Adds a job that runs once the surrounding transaction is committed.

    The same (store, queue, subject, event) put again while it waits changes nothing. `payload` is a JSON object with ids,
    not with personal data.
    """
    await connection.execute(_PUT, store_id, queue, subject, event, payload, datetime.now(UTC))
