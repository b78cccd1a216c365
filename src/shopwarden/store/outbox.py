"""The outbox: jobs that leave with the transaction of the data they come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import asyncpg

from shopwarden.contracts.job import Payload
from shopwarden.domain.ids import StoreId

CHANNEL = "shopwarden_outbox"

# One statement: the listener is woken only when a row was really added, and by the commit itself.
_PUT = f"""
WITH added AS (
    INSERT INTO outbox (store_id, queue, subject, event, payload, run_after, created_at)
    SELECT store_id, $1, subject, event, payload, $6::timestamptz + $7::interval, $6
      FROM unnest($2::uuid[], $3::text[], $4::text[], $5::jsonb[]) AS w (store_id, subject, event, payload)
    ON CONFLICT (store_id, queue, subject, event) DO NOTHING
    RETURNING 1
)
SELECT pg_notify('{CHANNEL}', '') WHERE EXISTS (SELECT FROM added)
"""  # noqa: S608


class Job(NamedTuple):
    """A job to be put; `payload` is a JSON object with ids, not with personal data."""

    store_id: StoreId
    subject: str
    event: str
    payload: Payload


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
    await put_many(connection, queue, [Job(store_id, subject, event, payload)])


async def put_many(connection: asyncpg.Connection, queue: str, jobs: Sequence[Job], wait: timedelta = timedelta(0)) -> None:
    """As `put`, for several at once, of any stores, in one round trip. `wait`: how long they are not due yet."""
    if not jobs:
        return
    columns = [list(column) for column in zip(*jobs, strict=True)]
    await connection.execute(_PUT, queue, *columns, datetime.now(UTC), wait)
