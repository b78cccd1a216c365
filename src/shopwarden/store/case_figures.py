"""Figures of the review queue: what waits and is overdue, what is at stake, who decided how much and how fast."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId


class Stake(msgspec.Struct, frozen=True, kw_only=True):
    """Money of undecided cases in one currency."""

    currency: str | None
    cases: int
    amount: Decimal
    expected_loss: Decimal


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    open: int
    escalated: int
    unassigned: int
    overdue: int
    due_within_hour: int
    oldest_opened_at: datetime | None


class Worked(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided in the period: by one analyst, or (`analyst` None) by all. Times in minutes, from opening to
    decision; `within_target` is a share (0..1) of those that had a due time."""

    analyst: str | None
    decided: int
    approved: int
    declined: int
    median_minutes: float | None
    p90_minutes: float | None
    within_target: float | None


class Money(msgspec.Struct, frozen=True, kw_only=True):
    currency: str | None
    approved: Decimal
    declined: Decimal


_WAITING = """
SELECT count(*) FILTER (WHERE state = 'open') AS open, count(*) FILTER (WHERE state = 'escalated') AS escalated,
       count(*) FILTER (WHERE assigned_to IS NULL) AS unassigned, count(*) FILTER (WHERE due_at < $2) AS overdue,
       count(*) FILTER (WHERE due_at >= $2 AND due_at < $2 + interval '1 hour') AS due_within_hour,
       min(opened_at) AS oldest_opened_at
  FROM cases WHERE store_id = $1 AND state <> 'decided'
"""
_STAKES = """
SELECT currency, count(*) AS cases, coalesce(sum(amount), 0) AS amount, sum(expected_loss) AS expected_loss
  FROM cases WHERE store_id = $1 AND state <> 'decided' GROUP BY currency ORDER BY expected_loss DESC
"""
# What ended with its order was decided by nobody.
_DECIDED = "store_id = $1 AND state = 'decided' AND decided_at >= $2 AND decided_at < $3 AND decided_by <> 'system'"
_MINUTES = "round(extract(epoch FROM decided_at - opened_at) / 60, 1)"
_WORKED = f"""
SELECT decided_by AS analyst, count(*) AS decided, count(*) FILTER (WHERE decision = 'approve') AS approved,
       count(*) FILTER (WHERE decision = 'decline') AS declined,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY {_MINUTES}) AS median_minutes,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY {_MINUTES}) AS p90_minutes,
       avg((decided_at <= due_at)::int)::float8 AS within_target
  FROM cases WHERE {_DECIDED} GROUP BY GROUPING SETS ((decided_by), ())
 ORDER BY decided_by IS NOT NULL, decided DESC LIMIT 201
"""  # noqa: S608
_MONEY = f"""
SELECT currency, coalesce(sum(amount) FILTER (WHERE decision = 'approve'), 0) AS approved,
       coalesce(sum(amount) FILTER (WHERE decision = 'decline'), 0) AS declined
  FROM cases WHERE {_DECIDED} GROUP BY currency ORDER BY currency
"""  # noqa: S608


async def waiting(connection: asyncpg.Connection, store_id: StoreId, now: datetime) -> tuple[Waiting, list[Stake]]:
    row = await connection.fetchrow(_WAITING, store_id, now)
    stakes = await connection.fetch(_STAKES, store_id)
    return Waiting(**dict(row)), [Stake(**dict(each)) for each in stakes]


async def worked(
    connection: asyncpg.Connection, store_id: StoreId, first: datetime, before: datetime
) -> tuple[list[Worked], list[Money]]:
    """All together first, then each analyst, who decided most first (at most 200)."""
    rows = await connection.fetch(_WORKED, store_id, first, before)
    money = await connection.fetch(_MONEY, store_id, first, before)
    return [Worked(**dict(row)) for row in rows], [Money(**dict(row)) for row in money]
