"""How many webhooks of each store and source ended in which outcome, ever, and when the last one did."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg

from shopwarden.domain.ids import StoreId

# Every webhook of a store meets in one row. Not waiting for the disk keeps that row's lock to microseconds; a crash may
# forget the last counts, never an event.
_COUNT = """
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO webhook_counts AS counts (store_id, source, outcome, total, last_at)
SELECT $1, $2, outcome, 1, $4 FROM unnest($3::text[]) AS outcome, quick ORDER BY outcome
ON CONFLICT (store_id, source, outcome) DO UPDATE SET total = counts.total + 1, last_at = greatest(counts.last_at, $4)
"""


async def count_outcomes(executor: asyncpg.Pool, store_id: StoreId, source: str, *outcomes: str) -> None:
    """Adds one to each (distinct) outcome, in a transaction of its own."""
    await executor.execute(_COUNT, store_id, source, list(outcomes), datetime.now(UTC))
