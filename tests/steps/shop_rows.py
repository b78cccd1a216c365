"""Puts rows of a small shop into a real database, with only what a test cares about spelled out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from shopwarden.domain.ids import new_id

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Shop:
    """Every method adds one row and answers its id."""

    def __init__(self, connection: asyncpg.Connection, store_id: UUID) -> None:
        self.connection, self.store_id = connection, store_id

    async def add(self, table: str, **values: Any) -> UUID:
        row = {"store_id": self.store_id, "id": new_id(), **values}
        marks = ", ".join(f"${place}" for place in range(1, len(row) + 1))
        await self.connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())
        return row["id"]

    async def customer(self, email: str | None = None, **more: Any) -> UUID:
        row = {"id": new_id(), "primary_source": "shopify", "created_at": NOW - 30 * DAY, "updated_at": NOW, **more}
        return await self.add("customers", email=email, person_id=row["id"], **row)

    async def order(self, external_id: str, **more: Any) -> UUID:
        row = {"created_at": NOW, "updated_at": NOW, "version": "1", "source": "shopify", **more}
        return await self.add("orders", external_id=external_id, **row)

    async def visitor(self, anonymous_id: str, **more: Any) -> UUID:
        row = {"first_seen": NOW - HOUR, "last_seen": NOW, "sessions": 1, "session_seconds": 600.0, "page_views": 6, **more}
        return await self.add("visitors", anonymous_id=anonymous_id, **row)

    async def session(self, visitor_id: UUID, **more: Any) -> UUID:
        row = {"started_at": NOW - HOUR / 2, "ended_at": NOW, "page_views": 6, **more}
        return await self.add("sessions", visitor_id=visitor_id, **row)

    async def device(self, fingerprint: str, *, is_strong: bool = True, **more: Any) -> UUID:
        row = {"first_seen": NOW - DAY, "last_seen": NOW, **more}
        return await self.add("devices", fingerprint=fingerprint, is_strong=is_strong, **row)

    async def payment(self, external_id: str, status: str = "failed", **more: Any) -> UUID:
        return await self.add("payment_attempts", external_id=external_id, status=status, **{"at": NOW - HOUR / 4, **more})

    async def token(self, token: str, kind: str, visitor_id: UUID, session_id: UUID | None = None) -> None:
        await self.connection.execute(
            "INSERT INTO checkout_tokens (store_id, token, kind, visitor_id, session_id, seen_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            self.store_id, token, kind, visitor_id, session_id, NOW,
        )  # fmt: skip

    async def seen_on(self, visitor_id: UUID, ip: str, first: datetime, last: datetime) -> None:
        await self.connection.execute(
            "INSERT INTO visitor_ips (store_id, visitor_id, ip, first_seen, last_seen, events) VALUES ($1,$2,$3,$4,$5,1)",
            self.store_id, visitor_id, ip, first, last,
        )  # fmt: skip

    async def one(self, table: str, row_id: UUID) -> asyncpg.Record:
        return await self.connection.fetchrow(
            f"SELECT * FROM {table} WHERE store_id = $1 AND id = $2", self.store_id, row_id
        )

    async def count(self, table: str) -> int:
        return await self.connection.fetchval(f"SELECT count(*) FROM {table} WHERE store_id = $1", self.store_id)
