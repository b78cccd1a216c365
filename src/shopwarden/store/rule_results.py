"""What a rule did to stored verdicts: how often it matched, for how much money, and what became of those orders."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.verdict_samples import TOLD_LABEL

MOST_COUNTED = 10_000
MOST_LOOKED_AT = 1_000


class MatchedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of one advice, label and currency that the rule matched; `applied`: it counted for them."""

    advice: str
    applied: bool
    label: str | None
    currency: str | None
    orders: int
    amount: Decimal


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Of the newest verdicts, those the rule could not be asked for: `missing` fact -> orders, `errors` in words."""

    looked_at: int
    orders: int
    missing: dict[str, int]
    errors: dict[str, int]


_SINCE = """
SELECT min(created_at) FROM (
  SELECT created_at FROM verdicts WHERE store_id = $1 AND subject = 'order' AND created_at >= $2 AND created_at < $3
   ORDER BY created_at DESC LIMIT $4) newest
"""
_MATCHES = """
SELECT count(*) FROM (
  SELECT FROM verdicts WHERE store_id = $1 AND subject = 'order' AND rule_hits @> ARRAY[$2::uuid]
     AND created_at >= $3 AND created_at < $4 LIMIT $5) few
"""
_GROUPS = f"""
WITH last AS (
  SELECT DISTINCT ON (v.subject_id) v.subject_id, v.advice, v.verdict FROM verdicts v
   WHERE v.store_id = $1 AND v.subject = 'order' AND v.rule_hits @> ARRAY[$2::uuid]
     AND v.created_at >= $3 AND v.created_at < $4
   ORDER BY v.subject_id, v.created_at DESC),
hits AS (
  SELECT last.subject_id, last.advice, coalesce((
    SELECT (hit ->> 'applied')::boolean FROM jsonb_array_elements(last.verdict -> 'rules') hit
     WHERE (hit ->> 'rule_id')::uuid = $2 LIMIT 1), false) AS applied
    FROM last)
SELECT hits.advice, hits.applied, told.label, o.currency, count(*) AS orders, coalesce(sum(o.total), 0) AS amount
  FROM hits JOIN orders o ON o.store_id = $1 AND o.id = hits.subject_id {TOLD_LABEL}
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""  # noqa: S608 - words of our own
_LEFT_OUT = """
WITH newest AS (
  SELECT v.subject_id, v.created_at, v.verdict FROM verdicts v
   WHERE v.store_id = $1 AND v.subject = 'order' AND v.created_at >= $3 AND v.created_at < $4
   ORDER BY v.created_at DESC LIMIT $5),
once AS (SELECT DISTINCT ON (subject_id) verdict FROM newest ORDER BY subject_id, created_at DESC)
SELECT (SELECT count(*) FROM once) AS looked_at, hit -> 'missing' AS missing, hit ->> 'error' AS error, count(*) AS orders
  FROM (SELECT) one LEFT JOIN LATERAL (
    SELECT hit FROM once, jsonb_array_elements(once.verdict -> 'rules') hit
     WHERE (hit ->> 'rule_id')::uuid = $2 AND NOT (hit ->> 'matched')::boolean) hits ON true
 GROUP BY 1, 2, 3
"""


async def counted_since(
    connection: asyncpg.Connection, store_id: StoreId, rule_id: UUID, first: datetime, until: datetime
) -> datetime:
    """From when on the rule's matches are counted: `first`, or later for a rule that matched more often than is counted at
    once; then it is the beginning of the newest verdicts."""
    few = await connection.fetchval(_MATCHES, store_id, rule_id, first, until, MOST_COUNTED + 1)
    if few <= MOST_COUNTED:
        return first
    return await connection.fetchval(_SINCE, store_id, first, until, MOST_COUNTED) or first


async def matched_groups(
    connection: asyncpg.Connection, store_id: StoreId, rule_id: UUID, first: datetime, until: datetime
) -> list[MatchedGroup]:
    """By the last verdict on each order in which the rule matched."""
    rows = await connection.fetch(_GROUPS, store_id, rule_id, first, until)
    return [MatchedGroup(**dict(row)) for row in rows]


async def left_out(
    connection: asyncpg.Connection, store_id: StoreId, rule_id: UUID, first: datetime, until: datetime
) -> LeftOut:
    """Of the newest MOST_LOOKED_AT verdicts on orders."""
    rows = await connection.fetch(_LEFT_OUT, store_id, rule_id, first, until, MOST_LOOKED_AT)
    missing, errors, orders = dict[str, int](), dict[str, int](), 0
    for row in rows:
        if row["missing"] is None and row["error"] is None:
            continue
        orders += row["orders"]
        for name in row["missing"] or ():
            missing[name] = missing.get(name, 0) + row["orders"]
        if row["error"] is not None:
            errors[row["error"]] = errors.get(row["error"], 0) + row["orders"]
    return LeftOut(looked_at=rows[0]["looked_at"], orders=orders, missing=missing, errors=errors)
