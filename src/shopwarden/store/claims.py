"""A stored claim of identity: what an event said about who its visitor is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from shopwarden.domain.ids import StoreId, VisitorId
from shopwarden.store.database import Connection


class StoredClaim(msgspec.Struct, frozen=True, kw_only=True):
    visitor_id: VisitorId
    at: datetime
    said: dict[str, str]
    """kind, user_id, previous_id, email, phone, first_name, last_name; what was not said is left out."""


async def read_claim(connection: Connection, store_id: StoreId, activity_id: UUID, at: datetime) -> StoredClaim | None:
    """The claim of one activity; None where the activity is gone or says nothing."""
    row = await connection.fetchrow(
        "SELECT visitor_id, created_at, activity_data -> 'claim' AS claim FROM customer_activities"
        " WHERE store_id = $1 AND id = $2 AND created_at = $3",
        store_id, activity_id, at,
    )  # fmt: skip
    if row is None or not row["claim"] or row["visitor_id"] is None:
        return None
    said = {name: str(value) for name, value in row["claim"].items() if value is not None}
    return StoredClaim(visitor_id=row["visitor_id"], at=row["created_at"], said=said)


async def visitor_named(connection: Connection, store_id: StoreId, anonymous_id: str) -> VisitorId | None:
    found: UUID | None = await connection.fetchval(
        "SELECT id FROM visitors WHERE store_id = $1 AND anonymous_id = $2", store_id, anonymous_id
    )
    return None if found is None else VisitorId(found)
