"""Labels kept and withdrawn: what orders turned out to be, by who knew and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.label import LabelSource, NewLabel
from shopwarden.store.label_effects import mark_devices

_TOLD = """jsonb_to_recordset($2) AS told (
    id uuid, place int, label text, source text, reference text, event_at timestamptz, known_at timestamptz,
    created_by text, order_external_id text, order_id uuid, customer_id uuid, reason_code text, note text,
    amount numeric, currency text)"""

# An order is found by our id or the shop's, so that a label knows all three: what it names, and whose order that is. An
# order the shop has yet to tell of keeps its label under the shop's id.
_PUT = f"""
WITH told AS (SELECT DISTINCT ON (source, reference) * FROM {_TOLD} ORDER BY source, reference, place),
written AS (
  INSERT INTO labels (store_id, id, order_external_id, order_id, customer_id, label, source, reference, reason_code, note,
                      amount, currency, event_at, known_at, created_by, created_at)
  SELECT $1, told.id, coalesce(told.order_external_id, named.external_id), coalesce(told.order_id, named.id),
         coalesce(told.customer_id, named.customer_id), told.label, told.source, told.reference, told.reason_code, told.note,
         told.amount, told.currency, told.event_at, told.known_at, told.created_by, $3
    FROM told LEFT JOIN LATERAL (
      SELECT o.source, o.id, o.external_id, o.customer_id FROM orders o WHERE o.store_id = $1 AND o.id = told.order_id
      UNION ALL
      SELECT o.source, o.id, o.external_id, o.customer_id FROM orders o
       WHERE told.order_id IS NULL AND o.store_id = $1 AND o.source IN ('shopify', 'check')
         AND o.external_id = told.order_external_id
       ORDER BY source DESC LIMIT 1) named ON true
  ON CONFLICT (store_id, source, reference) DO NOTHING
  RETURNING id, source, reference, order_external_id)
SELECT source, reference, id, order_external_id FROM written
"""  # noqa: S608 - SQL of our own

_KEPT = f"""
SELECT told.place, labels.id FROM {_TOLD}
  JOIN labels ON labels.store_id = $1 AND labels.source = told.source AND labels.reference = told.reference
 ORDER BY told.place
"""  # noqa: S608 - SQL of our own

_WITHDRAW = """
UPDATE labels SET withdrawn_at = $3, withdrawn_by = $4
 WHERE store_id = $1 AND id = $2 AND withdrawn_at IS NULL
RETURNING id, order_external_id
"""


_WITHDRAW_TOLD = """
UPDATE labels SET withdrawn_at = $5, withdrawn_by = 'vendor:' || $2
 WHERE store_id = $1 AND source = $2 AND withdrawn_at IS NULL AND known_at <= $5
   AND (order_external_id = $3 OR $3 IS NULL AND order_external_id IS NULL AND customer_id = $4)
RETURNING order_external_id
"""


class Kept(NamedTuple):
    id: UUID
    is_new: bool


async def put_labels(connection: asyncpg.Connection, store_id: StoreId, labels: Sequence[NewLabel]) -> list[UUID]:
    """Keeps them and gives their ids in the order given. Told twice (same source and reference), a label is kept as it was
    told first: its id then is the one it has."""
    return [kept.id for kept in await keep_labels(connection, store_id, labels)]


async def keep_labels(connection: asyncpg.Connection, store_id: StoreId, labels: Sequence[NewLabel]) -> list[Kept]:
    """As `put_labels`, saying which of them are new."""
    if not labels:
        return []
    told = [{**_row_of(label), "id": str(new_id()), "place": place} for place, label in enumerate(labels)]
    rows = await connection.fetch(_PUT, store_id, told, datetime.now(UTC))
    await mark_devices(connection, store_id, {row["order_external_id"] for row in rows if row["order_external_id"]})
    written = {(row["source"], row["reference"]): row["id"] for row in rows}
    if all((label.source, label.reference) in written for label in labels):
        return [Kept(written[label.source, label.reference], True) for label in labels]
    new = set(written.values())
    return [Kept(row["id"], row["id"] in new) for row in await connection.fetch(_KEPT, store_id, told)]


async def withdraw_label(
    connection: asyncpg.Connection, store_id: StoreId, label_id: UUID, withdrawn_by: str, at: datetime | None = None
) -> bool:
    """From `at` (now) on it counts nowhere; an evaluation as of an earlier time still sees it. False: no such label, or it
    was withdrawn before."""
    row = await connection.fetchrow(_WITHDRAW, store_id, label_id, at or datetime.now(UTC), withdrawn_by)
    if row is not None and row["order_external_id"]:
        await mark_devices(connection, store_id, [row["order_external_id"]])
    return row is not None


async def withdraw_told(
    connection: asyncpg.Connection, store_id: StoreId, source: LabelSource, whose: str | UUID, at: datetime
) -> None:
    """Takes back what a vendor said until `at` of an order (the shop's id) or of a customer (ours)."""
    order, customer = (whose, None) if isinstance(whose, str) else (None, whose)
    rows = await connection.fetch(_WITHDRAW_TOLD, store_id, source, order, customer, at)
    await mark_devices(connection, store_id, {row["order_external_id"] for row in rows if row["order_external_id"]})


def _row_of(label: NewLabel) -> dict[str, object]:
    return {name: getattr(label, name) for name in label.__struct_fields__}
