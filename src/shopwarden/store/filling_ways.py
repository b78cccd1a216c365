"""Sessions stored before their ways were kept: found visitor by visitor, and filled."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection, Database


class FilledWay(msgspec.Struct, frozen=True, kw_only=True):
    """What is filled in of one session; `basket` in the store's currency."""

    id: UUID
    source: str
    path: str
    basket: float
    visible: float
    inputs: int


# The session's number is counted from its visitor's sessions, which outlive their events.
_FILL = """
UPDATE sessions s
   SET source = w.source, path = w.path, basket_value = round(w.basket::numeric, 2), visible_seconds = w.visible,
       inputs = w.inputs,
       number = (SELECT count(*) FROM sessions e WHERE e.store_id = $1 AND e.visitor_id = s.visitor_id
                    AND (e.started_at, e.id) <= (s.started_at, s.id))
  FROM json_to_recordset($2::text::json) AS w (id uuid, source text, path text, basket float8, visible float8, inputs int)
 WHERE s.store_id = $1 AND s.id = w.id AND s.path = ''
"""


async def visitors_without_way(database: Database, store_id: StoreId, after: UUID, limit: int) -> list[UUID]:
    """Visitors with a session of which no station is known, by id, behind `after`."""
    rows = await database.pool.fetch(
        "SELECT DISTINCT visitor_id FROM sessions WHERE store_id = $1 AND path = '' AND visitor_id > $2"
        " ORDER BY visitor_id LIMIT $3",
        store_id, after, limit,
    )  # fmt: skip
    return [row["visitor_id"] for row in rows]


async def count_without_way(database: Database, store_id: StoreId) -> int:
    """How many visitors that are."""
    found: int = await database.pool.fetchval(
        "SELECT count(DISTINCT visitor_id) FROM sessions WHERE store_id = $1 AND path = ''", store_id
    )
    return found


async def fill(connection: Connection, store_id: StoreId, ways: Sequence[FilledWay]) -> int:
    """Fills sessions that have no way yet, and answers how many; one that has got its way in the meantime keeps it."""
    done: str = await connection.execute(_FILL, store_id, msgspec.json.encode(ways).decode())
    return int(done.rpartition(" ")[2])
