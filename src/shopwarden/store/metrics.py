"""Figures over all customers of a store, and over the queues of the installation."""

from __future__ import annotations

from shopwarden.store.database import Database


async def queue_depths(database: Database) -> list[tuple[str, str, int]]:
    """(queue, state, jobs) of what the outbox still holds; sent jobs are not counted."""
    rows = await database.pool.fetch(
        "SELECT queue, state, count(*) AS jobs FROM outbox WHERE state <> 'sent' GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return [(row["queue"], row["state"], row["jobs"]) for row in rows]
