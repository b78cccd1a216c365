"""Which webhooks a shop sends, as last seen: there, made anew, refused, or to be set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection

State = Literal["there", "repaired", "refused", "by_hand"]

# A topic made anew is `repaired` only where it was there before; the first time it is simply made.
_KEEP = """
INSERT INTO shop_subscriptions AS s (store_id, topic, external_id, state, last_error, checked_at)
SELECT $1, topic, external_id, CASE state WHEN 'repaired' THEN 'there' ELSE state END, error, $6
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS w (topic, external_id, state, error)
ON CONFLICT (store_id, topic) DO UPDATE SET
    external_id = excluded.external_id, last_error = excluded.last_error, checked_at = excluded.checked_at,
    state = CASE WHEN excluded.external_id IS DISTINCT FROM s.external_id AND excluded.state = 'there'
                      AND s.external_id IS NOT NULL THEN 'repaired' ELSE excluded.state END,
    repaired_at = CASE WHEN excluded.external_id IS DISTINCT FROM s.external_id AND excluded.state = 'there'
                            AND s.external_id IS NOT NULL THEN excluded.checked_at ELSE s.repaired_at END
"""


class SubscriptionRow(msgspec.Struct, frozen=True, kw_only=True):
    topic: str
    state: State
    external_id: str | None = None
    last_error: str | None = None
    checked_at: datetime | None = None
    repaired_at: datetime | None = None


async def keep_subscriptions(connection: Connection, store_id: StoreId, rows: Sequence[SubscriptionRow]) -> None:
    """All topics of a store as found now; topics not named any more go."""
    now = datetime.now(UTC)
    await connection.execute(
        _KEEP, store_id, [row.topic for row in rows], [row.external_id for row in rows], [row.state for row in rows],
        [row.last_error and row.last_error[:500] for row in rows], now,
    )  # fmt: skip
    await connection.execute(
        "DELETE FROM shop_subscriptions WHERE store_id = $1 AND topic <> ALL($2::text[])",
        store_id,
        [row.topic for row in rows],
    )


async def read_subscriptions(connection: Connection, store_id: StoreId) -> list[SubscriptionRow]:
    rows = await connection.fetch(
        "SELECT topic, state, external_id, last_error, checked_at, repaired_at FROM shop_subscriptions"
        " WHERE store_id = $1 ORDER BY topic",
        store_id,
    )
    return [SubscriptionRow(**dict(row)) for row in rows]
