"""Decisions read in bulk for trials of policies: what signals said, facts where they are needed, what orders became."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from shopwarden.domain.backtest import TrueLabel
from shopwarden.domain.ids import StoreId, VerdictId
from shopwarden.domain.verdict import Advice, Weights
from shopwarden.store.fraud_sql import CONFIRMS, STANDING_FIRST, is_known
from shopwarden.store.weights import weights_of

EMPTY_VERDICT = 16
"""Bytes within which only a verdict lies that was erased; asked by size, as reading it would unpack kilobytes."""

_MARKS = """jsonb_build_object('customer', v.customer_id, 'shop_customer', o.customer_external_id,
    'device', o.device_id, 'shipping_key', nullif(o.shipping_key, ''), 'card_key', o.card_key)"""

_EDGES = """
SELECT array_agg(created_at ORDER BY created_at) FILTER (WHERE place % $4 = 0) AS edges, max(place) AS total
  FROM (SELECT created_at, row_number() OVER (ORDER BY created_at) AS place FROM verdicts
         WHERE store_id = $1 AND subject = 'order' AND created_at >= $2 AND created_at < $3) AS placed
"""

# Of the one order `o`, what `fraud_sql` says of all of them; without suspicions, which are advice again and no truth.
_LABELLED = f"""
LEFT JOIN LATERAL (
  SELECT l.label, l.source FROM labels l
   WHERE l.store_id = $1 AND l.order_external_id = o.external_id AND {is_known("l", "$4")}
   ORDER BY {STANDING_FIRST} LIMIT 1) told ON true
LEFT JOIN LATERAL (
  SELECT true AS is_confirming FROM disputes d
   WHERE d.store_id = $1 AND d.order_external_id = o.external_id AND d.updated_at <= $4 AND {CONFIRMS} LIMIT 1
) disputed ON true
"""  # noqa: S608 - SQL of our own
_LABEL = """
CASE WHEN told.source <> 'delivered' THEN told.label
     WHEN disputed.is_confirming OR o.cancel_reason = 'fraud' AND coalesce(o.cancelled_at, o.updated_at) <= $4 THEN 'fraud'
     ELSE coalesce(told.label, 'unknown') END
"""

# One decision counts of each order: its last one of the time. What was only asked about is no second order beside the
# shop's own. The period's end is part of the question, so that asking again later finds the same.
_ROWS = f"""
SELECT v.id, v.created_at, v.advice, v.score, v.weights_version, v.ruleset_version, v.code_version, v.heard,
       CASE WHEN $5 OR substring(v.heard FROM 1 FOR 7) IS DISTINCT FROM $6 OR v.ruleset_version <> 0
            THEN v.facts::text END AS facts,
       o.external_id, (o.total * 100)::bigint AS cents, o.currency,
       {_LABEL} AS label,
       pg_column_size(v.verdict) <= {EMPTY_VERDICT} AS is_erased,
       CASE WHEN $8 THEN {_MARKS} END AS marks
  FROM verdicts v JOIN orders o ON o.store_id = $1 AND o.id = v.subject_id {_LABELLED}
 WHERE v.store_id = $1 AND v.subject = 'order' AND v.created_at >= $2 AND v.created_at < $3 AND NOT o.is_test
   AND (o.verdict_id = v.id OR NOT EXISTS (
         SELECT FROM verdicts n WHERE n.store_id = $1 AND n.subject = 'order' AND n.subject_id = v.subject_id
            AND (n.created_at, n.id) > (v.created_at, v.id) AND n.created_at < $7))
   AND (o.source <> 'check' OR NOT EXISTS (
         SELECT FROM orders s WHERE s.store_id = $1 AND s.source = 'shopify' AND s.external_id = o.external_id))
"""  # noqa: S608 - SQL of our own


class Span(NamedTuple):
    """A stretch of time; `end` is where the whole period ends, `as_of` the time whose knowledge labels show."""

    first: datetime
    until: datetime
    end: datetime
    as_of: datetime


class Wanted(NamedTuple):
    """Facts of every decision, not only where nothing else will do; what of it may be on a list."""

    facts: bool
    marks: bool


class Decision(NamedTuple):
    """One order's decision. `facts` is JSON, None where it was not asked for; `cents` None where no total is known."""

    id: VerdictId
    created_at: datetime
    advice: Advice
    score: int
    weights_version: int
    ruleset_version: int
    code_version: str
    heard: bytes | None
    facts: str | None
    external_id: str
    cents: int | None
    currency: str | None
    label: TrueLabel
    is_erased: bool
    marks: dict[str, str | None] | None
    """What of it may be on a list and is not among its facts; None where it was not asked for."""


async def edges_between(
    connection: asyncpg.Connection, store_id: StoreId, first: datetime, until: datetime, stretch: int
) -> tuple[tuple[datetime, ...], int]:
    """Where stretches of about `stretch` verdicts on orders begin and the last one ends, and how many there are in all."""
    row = await connection.fetchrow(_EDGES, store_id, first, until, stretch)
    inner = [edge for edge in row["edges"] or () if first < edge < until]
    return tuple(sorted({first, *inner, until})), row["total"] or 0


async def read_decisions(
    connection: asyncpg.Connection, store_id: StoreId, span: Span, prefix: bytes, wanted: Wanted
) -> Sequence[tuple[object, ...]]:
    """The last decisions of orders in the stretch, as rows in the order of Decision's fields. `prefix` is how
    begins what was heard by today's signals: where it is missing or older, and where rules were in force, facts come too."""
    rows: Sequence[tuple[object, ...]] = await connection.fetch(
        _ROWS, store_id, span.first, span.until, span.as_of, wanted.facts, prefix, span.end, wanted.marks
    )
    return rows


async def count_verdicts(connection: asyncpg.Connection, store_id: StoreId, span: Span) -> int:
    """All verdicts on orders of the stretch, those an order had before its last one too."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM verdicts WHERE store_id = $1 AND subject = 'order' AND created_at >= $2 AND created_at < $3",
        store_id, span.first, span.until,
    )  # fmt: skip
    return count


async def weights_at(connection: asyncpg.Connection, store_id: StoreId, version: int) -> Weights:
    """The weights of this version; the defaults for 0."""
    row = await connection.fetchrow(
        "SELECT version, weights FROM weights WHERE store_id = $1 AND version = $2", store_id, version
    )
    return weights_of(row["version"], row["weights"]) if row else Weights()


async def marks_of(connection: asyncpg.Connection, store_id: StoreId, verdict_id: VerdictId) -> dict[str, str | None]:
    """What of a verdict's order may be on a list and is not among its facts."""
    found = await connection.fetchval(
        f"SELECT {_MARKS} FROM verdicts v LEFT JOIN orders o ON o.store_id = $1 AND o.id = v.subject_id"  # noqa: S608
        " WHERE v.store_id = $1 AND v.id = $2",
        store_id, verdict_id,
    )  # fmt: skip
    return found or {}
