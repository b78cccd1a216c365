"""Puts kept webhooks back through the outbox, and dead jobs back to life."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from shopwarden.contracts.job import WEBHOOK_PROCESSING
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.outbox import CHANNEL

BATCH = 500


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries; None: no limit of that kind. `topics`: for deliveries of topics that were not supported then."""

    source: str | None = None
    store_id: StoreId | None = None
    outcomes: tuple[str, ...] | None = None
    since: datetime | None = None
    inbox_id: UUID | None = None


_CHOSEN = """
    ($1::text IS NULL OR source = $1) AND ($2::uuid IS NULL OR store_id = $2) AND ($3::text[] IS NULL OR outcome = ANY($3))
    AND ($4::timestamptz IS NULL OR received_at >= $4) AND ($5::uuid IS NULL OR id = $5)
"""

_COUNT = f"SELECT count(*) AS chosen, count(*) FILTER (WHERE octet_length(body) = 0) AS emptied FROM inbox WHERE {_CHOSEN}"  # noqa: S608

# A delivery whose job is still there gets that job back; only one without gets a new one, under a fresh event key.
_REPLAY = f"""
WITH chosen AS (
    SELECT store_id, id, source FROM inbox
    WHERE {_CHOSEN} AND octet_length(body) > 0 AND id > $6 ORDER BY id LIMIT $7
), revived AS (
    UPDATE outbox SET state = 'pending', attempts = 0, run_after = $8, sent_at = NULL, last_error = NULL
    FROM chosen WHERE outbox.store_id = chosen.store_id AND outbox.queue = '{WEBHOOK_PROCESSING}'
        AND outbox.subject = chosen.id::text AND outbox.state = 'dead'
    RETURNING chosen.id
), added AS (
    INSERT INTO outbox (store_id, queue, subject, event, payload, run_after, created_at)
    SELECT store_id, '{WEBHOOK_PROCESSING}', id::text, $9, jsonb_build_object('inbox_id', id::text, 'source', source), $8, $8
    FROM chosen WHERE NOT EXISTS (
        SELECT 1 FROM outbox WHERE outbox.store_id = chosen.store_id AND outbox.queue = '{WEBHOOK_PROCESSING}'
        AND outbox.subject = chosen.id::text)
    ON CONFLICT (store_id, queue, subject, event) DO NOTHING
    RETURNING 1
), reset AS (
    UPDATE inbox SET outcome = 'kept', detail = NULL FROM chosen
    WHERE inbox.store_id = chosen.store_id AND inbox.id = chosen.id
), rung AS (SELECT pg_notify('{CHANNEL}', ''))
SELECT (SELECT max(id::text)::uuid FROM chosen) AS last, (SELECT count(*) FROM chosen) AS chosen,
    (SELECT count(*) FROM revived) + (SELECT count(*) FROM added) AS put, (SELECT count(*) FROM rung) AS rung
"""  # noqa: S608

_REVIVE = f"""
WITH revived AS (
    UPDATE outbox SET state = 'pending', attempts = 0, run_after = $3, sent_at = NULL, last_error = NULL
    WHERE state = 'dead' AND queue <> '{WEBHOOK_PROCESSING}' AND ($1::uuid IS NULL OR store_id = $1)
        AND ($2::timestamptz IS NULL OR created_at >= $2)
    RETURNING 1
), rung AS (SELECT pg_notify('{CHANNEL}', ''))
SELECT (SELECT count(*) FROM revived) + 0 * (SELECT count(*) FROM rung)
"""  # noqa: S608


def _arguments(choice: Choice) -> tuple[object, ...]:
    outcomes = list(choice.outcomes) if choice.outcomes is not None else None
    return choice.source, choice.store_id, outcomes, choice.since, choice.inbox_id


async def count_chosen(database: Database, choice: Choice) -> tuple[int, int]:
    """How many deliveries are chosen, and how many of them can't be replayed as their body is no longer kept."""
    row = await database.pool.fetchrow(_COUNT, *_arguments(choice))
    return row["chosen"], row["emptied"]


async def replay(database: Database, choice: Choice, run: str) -> AsyncIterator[tuple[int, int]]:
    """Puts the chosen deliveries' jobs again, a batch per transaction; yields (looked at, put) of each.

    `run` names this replay: the same name again adds nothing that still waits. Deliveries whose job waits are left alone.
    """
    last = UUID(int=0)
    while True:
        row = await database.pool.fetchrow(_REPLAY, *_arguments(choice), last, BATCH, datetime.now(UTC), f"replay:{run}")
        if not row["chosen"]:
            return
        yield row["chosen"], row["put"]
        last = row["last"]


async def count_dead(database: Database, choice: Choice) -> int:
    """Dead jobs of the other queues."""
    count: int = await database.pool.fetchval(
        "SELECT count(*) FROM outbox WHERE state = 'dead' AND queue <> $3 AND ($1::uuid IS NULL OR store_id = $1)"
        " AND ($2::timestamptz IS NULL OR created_at >= $2)",
        choice.store_id,
        choice.since,
        WEBHOOK_PROCESSING,
    )
    return count


async def revive_dead(database: Database, choice: Choice) -> int:
    """Gives dead enrichment and scoring jobs of the chosen store and time another full set of attempts; answers how many."""
    count: int = await database.pool.fetchval(_REVIVE, choice.store_id, choice.since, datetime.now(UTC))
    return count
