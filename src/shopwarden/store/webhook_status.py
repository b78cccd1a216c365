"""How each webhook source of a store is doing, and how long the queues are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

import asyncpg
import msgspec

from shopwarden.contracts.job import QUEUES, WEBHOOK_PROCESSING, OutboxState
from shopwarden.domain.ids import StoreId

Status = Literal["active", "silent", "failing", "never"]
# Quiet shops go a day without an order, hardly two without any cart, customer or order changing.
SILENT_AFTER = timedelta(hours=48)
# The longest wait between two attempts is ten minutes.
LATE_AFTER = timedelta(minutes=15)


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`counts`: deliveries by outcome, ever (kept and processed are both counted for one that went well).

    status: `never` heard of; `failing`: jobs are dead or late, or only wrongly signed deliveries come in; `silent`: nothing
    good for two days; `active` otherwise.
    """

    source: str
    status: Status
    last_received: datetime | None
    counts: dict[str, int]
    pending: int
    dead: int
    oldest_pending_seconds: float | None


_SOURCES = """
SELECT name, counts.outcome, counts.total, counts.last_at,
    (SELECT received_at FROM inbox WHERE inbox.store_id = $1 AND inbox.source = name
     ORDER BY received_at DESC LIMIT 1) AS received
FROM (SELECT DISTINCT source AS name FROM webhook_counts WHERE store_id = $1 UNION SELECT unnest($2::text[])) AS names
LEFT JOIN webhook_counts AS counts ON counts.store_id = $1 AND counts.source = name
ORDER BY name
"""

_JOBS = """
SELECT payload ->> 'source' AS source, count(*) FILTER (WHERE state <> 'dead') AS pending,
    count(*) FILTER (WHERE state = 'dead') AS dead, min(created_at) FILTER (WHERE state <> 'dead') AS oldest
FROM outbox WHERE store_id = $1 AND queue = $2 GROUP BY 1
"""


async def webhook_status(
    connection: asyncpg.Connection, store_id: StoreId, known: Iterable[str] = (), now: datetime | None = None
) -> list[SourceStatus]:
    """Every source that was ever heard of and every `known` one, by name."""
    now = now or datetime.now(UTC)
    rows = await connection.fetch(_SOURCES, store_id, sorted(known))
    jobs = {row["source"]: row for row in await connection.fetch(_JOBS, store_id, WEBHOOK_PROCESSING)}
    statuses = []
    for name in dict.fromkeys(row["name"] for row in rows):
        own = [row for row in rows if row["name"] == name]
        counts = {row["outcome"]: row["total"] for row in own if row["outcome"]}
        refused_at = next((row["last_at"] for row in own if row["outcome"] == "bad_signature"), None)
        received = own[0]["received"]
        waiting = jobs.get(name)
        age = now - waiting["oldest"] if waiting and waiting["oldest"] else None
        dead = waiting["dead"] if waiting else 0
        statuses.append(
            SourceStatus(
                source=name,
                status=judge_source(now, received, refused_at, age, dead),
                last_received=received,
                counts=counts,
                pending=waiting["pending"] if waiting else 0,
                dead=dead,
                oldest_pending_seconds=max(0.0, age.total_seconds()) if age is not None else None,
            )
        )
    return statuses


def judge_source(
    now: datetime, received: datetime | None, refused_at: datetime | None, oldest: timedelta | None, dead: int
) -> Status:
    """One word for a source, from its last good and its last wrongly signed delivery, its longest wait and its dead jobs."""
    if dead or (oldest is not None and oldest > LATE_AFTER):
        return "failing"
    if refused_at is not None and (received is None or refused_at > received):
        return "failing"
    if received is None:
        return "never"
    return "silent" if now - received > SILENT_AFTER else "active"


async def outbox_state(executor: asyncpg.Pool) -> dict[str, OutboxState]:
    """Unfinished jobs of the whole installation, by queue."""
    rows = await executor.fetch(
        "SELECT queue, count(*) FILTER (WHERE state = 'pending') AS pending, count(*) FILTER (WHERE state = 'sent') AS sent,"
        " count(*) FILTER (WHERE state = 'dead') AS dead,"
        " extract(epoch FROM now() - min(run_after) FILTER (WHERE state <> 'dead'))::float8 AS oldest"
        " FROM outbox GROUP BY queue"
    )
    found = {
        row["queue"]: OutboxState(row["pending"], row["sent"], row["dead"], max(0.0, row["oldest"] or 0.0)) for row in rows
    }
    return {queue: found.get(queue, OutboxState()) for queue in QUEUES}
