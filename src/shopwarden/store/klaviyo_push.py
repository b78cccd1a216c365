"""Whose risk or predictions Klaviyo does not know yet as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.store.database import Connection

WHAT = "klaviyo:"
"""Before the profile's id: a customer may have several."""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    customer_id: CustomerId
    profile_id: str
    risk_level: str
    risk_score: int
    lifetime_value: Decimal | None
    predicted_lifetime_value: Decimal | None
    churn_probability: Decimal | None
    predicted_next_order_date: date | None
    digest: bytes


_CHANGED = """
WITH told AS (
    SELECT c.id AS customer_id, i.value AS profile_id, c.risk_level, c.risk_score, c.lifetime_value,
           c.predicted_lifetime_value, c.churn_probability, c.predicted_next_order_date,
           sha256(convert_to(concat_ws('|', i.value, c.risk_level, c.risk_score, coalesce(c.lifetime_value::text, '-'),
               coalesce(c.predicted_lifetime_value::text, '-'), coalesce(c.churn_probability::text, '-'),
               coalesce(c.predicted_next_order_date::text, '-')), 'UTF8')) AS digest
      FROM customers c JOIN customer_identifiers i
        ON i.store_id = $1 AND i.kind = 'klaviyo' AND i.customer_id = c.id
     WHERE c.store_id = $1 AND c.deleted_at IS NULL)
SELECT t.* FROM told t LEFT JOIN shop_writes w
    ON w.store_id = $1 AND w.subject = 'customer' AND w.subject_id = t.customer_id AND w.what = $2 || t.profile_id
 WHERE w.digest IS DISTINCT FROM t.digest ORDER BY t.customer_id, t.profile_id LIMIT $3
"""

_WRITTEN = """
INSERT INTO shop_writes (store_id, subject, subject_id, what, digest, last_error, written_at)
VALUES ($1, 'customer', $2, $3, $4, $5, $6)
ON CONFLICT (store_id, subject, subject_id, what) DO UPDATE SET
    digest = EXCLUDED.digest, last_error = EXCLUDED.last_error, written_at = EXCLUDED.written_at
"""


async def changed_customers(connection: Connection, store_id: StoreId, limit: int) -> Sequence[Changed]:
    """At most so many, one for each profile."""
    rows = await connection.fetch(_CHANGED, store_id, WHAT, limit)
    return [Changed(**dict(row)) for row in rows]


async def keep_pushed(connection: Connection, store_id: StoreId, told: Changed, error: str | None = None) -> None:
    """Klaviyo knows this state now, or refused it for good: either way it is not told again."""
    what = WHAT + told.profile_id
    await connection.execute(_WRITTEN, store_id, told.customer_id, what, told.digest, error, datetime.now(UTC))
