"""The outbox seen from the worker: due jobs are taken, run inside their own transaction, and removed with their effects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg

from shopwarden.contracts.job import QUEUES, WEBHOOK_PROCESSING, Job, Ticket
from shopwarden.store.database import Database
from shopwarden.store.job_endings import note_failure, note_unreadable
from shopwarden.store.webhook_counts import count_outcomes

_TAKE = """
WITH due AS (
    SELECT found.id FROM unnest($1::text[], $2::int[]) AS room (queue, free)
    CROSS JOIN LATERAL (
        SELECT id FROM outbox WHERE state = 'pending' AND outbox.queue = room.queue AND run_after <= $3
        ORDER BY run_after LIMIT room.free FOR UPDATE SKIP LOCKED
    ) AS found
)
UPDATE outbox SET state = 'sent', sent_at = $3 FROM due WHERE outbox.id = due.id
RETURNING outbox.id, outbox.queue, outbox.attempts
"""

# A job being run holds its row's lock, so SKIP LOCKED leaves it alone however long it takes.
_RECOVER = """
WITH lost AS (
    SELECT id FROM outbox WHERE state = 'sent' AND queue = ANY($1) AND sent_at <= $2 FOR UPDATE SKIP LOCKED
)
UPDATE outbox SET state = 'pending', sent_at = NULL FROM lost WHERE outbox.id = lost.id
"""

_OPEN = """
SELECT store_id, subject, event, payload FROM outbox
WHERE id = $1 AND attempts = $2 AND state <> 'dead' FOR UPDATE SKIP LOCKED
"""


class OutboxKeeper:
    """Fulfils `contracts.job.Keeper` with PostgreSQL. Everything that is not committed here did not happen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_due(self, room: Mapping[str, int]) -> list[Ticket]:
        rows = await self._database.pool.fetch(_TAKE, list(room), list(room.values()), datetime.now(UTC))
        return [Ticket(row["id"], row["queue"], row["attempts"]) for row in sorted(rows, key=lambda row: row["id"])]

    async def in_flight(self) -> dict[str, int]:
        rows = await self._database.pool.fetch("SELECT queue, count(*) FROM outbox WHERE state = 'sent' GROUP BY queue")
        return {row["queue"]: row["count"] for row in rows}

    async def give_back(self, tickets: Sequence[Ticket]) -> None:
        await self._database.pool.execute(
            "UPDATE outbox SET state = 'pending', sent_at = NULL WHERE id = ANY($1) AND state = 'sent'",
            [ticket.outbox_id for ticket in tickets],
        )

    async def recover(self, lease: timedelta | None) -> int:
        before = datetime.now(UTC) - (lease or timedelta(0))
        done: str = await self._database.pool.execute(_RECOVER, QUEUES, before)
        return int(done.split()[-1])

    @asynccontextmanager
    async def open(self, ticket: Ticket) -> AsyncIterator[tuple[asyncpg.Connection, Job] | None]:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_OPEN, ticket.outbox_id, ticket.attempt)
            if row is None:
                yield None
                return
            yield connection, Job(ticket, **row)
            await connection.execute("DELETE FROM outbox WHERE id = $1", ticket.outbox_id)

    async def fail(self, ticket: Ticket, error: str, run_after: timedelta | None) -> bool:
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                "UPDATE outbox SET attempts = attempts + 1, state = $3, run_after = $4, sent_at = NULL, last_error = $5"
                " WHERE id = $1 AND attempts = $2 AND state <> 'dead' RETURNING store_id, subject, attempts",
                ticket.outbox_id,
                ticket.attempt,
                "dead" if run_after is None else "pending",
                now + (run_after or timedelta(0)),
                error,
            )
            source = (
                await note_failure(connection, row, error, dead=run_after is None) if row and _is_webhook(ticket) else None
            )
        if source is not None and run_after is None:
            await count_outcomes(self._database.pool, row["store_id"], source, "failed")
        return row is not None

    async def skip(self, ticket: Ticket, error: str) -> None:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                "DELETE FROM outbox WHERE id = $1 AND attempts = $2 AND state <> 'dead' RETURNING store_id, subject",
                ticket.outbox_id,
                ticket.attempt,
            )
            source = await note_unreadable(connection, row, error) if row and _is_webhook(ticket) else None
        if source is not None:
            await count_outcomes(self._database.pool, row["store_id"], source, "unreadable")

    async def count_done(self, job: Job) -> None:
        source = job.payload.get("source")
        if _is_webhook(job.ticket) and isinstance(source, str):
            await count_outcomes(self._database.pool, job.store_id, source, "processed")


def _is_webhook(ticket: Ticket) -> bool:
    return ticket.queue == WEBHOOK_PROCESSING
