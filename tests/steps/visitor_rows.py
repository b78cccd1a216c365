"""What is kept of visitors, read so that two ways of getting there can be compared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shopwarden.store.database import Database

DAY = datetime(2026, 3, 2, tzinfo=UTC)
NAMES = ("id", "anonymous_id", "store_id", "customer_id", "merged_into", "visitor_id", "created_at", "received_at")


def at(minute: float) -> str:
    return (DAY + timedelta(minutes=minute)).isoformat()


async def figures(database: Database, anonymous: str) -> dict[str, Any]:
    """Everything of a visitor but its names."""
    row = await database.pool.fetchrow("SELECT * FROM visitors WHERE anonymous_id = $1", anonymous)
    assert row is not None
    return {name: value for name, value in row.items() if name not in NAMES}


async def sessions(database: Database, anonymous: str) -> list[dict[str, Any]]:
    """A visitor's sessions in the order of time, ids included: they follow from the events."""
    rows = await database.pool.fetch(
        "SELECT s.* FROM sessions s JOIN visitors v ON v.store_id = s.store_id AND v.id = s.visitor_id"
        " WHERE v.anonymous_id = $1 ORDER BY s.started_at, s.id",
        anonymous,
    )
    return [{name: value for name, value in row.items() if name not in ("store_id", "visitor_id")} for row in rows]


async def picture(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row a merge could touch."""
    tables = {
        "visitors": "SELECT * FROM visitors ORDER BY anonymous_id",
        "sessions": "SELECT * FROM sessions ORDER BY id",
        "activities": "SELECT * FROM customer_activities ORDER BY id",
        "tokens": "SELECT * FROM checkout_tokens ORDER BY token, kind",
        "ips": "SELECT * FROM visitor_ips ORDER BY visitor_id, ip",
    }
    return {name: [dict(row) for row in await database.pool.fetch(statement)] for name, statement in tables.items()}
