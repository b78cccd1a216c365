"""The review queue as lists: what waits, by urgency and expected loss or by due time, and what was decided."""
# ruff: noqa: S608 - the texts put together here are names and conditions of this file; values are always bound

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.case import CaseState, Decision, ReviewCase
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError
from shopwarden.store.cases import CASE_COLUMNS, case_of, find_case

MOST_COUNTED = 10_000
MOST_OVERDUE = 200
CaseSort = Literal["priority", "due", "decided"]

_ORDERS: dict[CaseSort, str] = {
    "priority": "urgency DESC, expected_loss DESC, opened_at, id",
    "due": "due_at, id",
    "decided": "decided_at DESC, id",
}
# As values and not as a join: only so the index is entered at the place where the page before ended.
_BEHIND: dict[CaseSort, tuple[tuple[str, ...], str]] = {
    "priority": (
        ("urgency", "expected_loss", "opened_at", "id"),
        "c.urgency <= ?0 AND (c.urgency < ?0 OR c.expected_loss < ?1"
        " OR (c.expected_loss = ?1 AND (c.opened_at, c.id) > (?2, ?3)))",
    ),
    "due": (("due_at", "id"), "(c.due_at, c.id) > (?0, ?1)"),
    "decided": (("decided_at", "id"), "c.decided_at <= ?0 AND (c.decided_at < ?0 OR c.id > ?1)"),
}


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """None and empty tuples do not filter. `assigned_to` '' means nobody. `overdue_at`: due before that time."""

    states: tuple[CaseState, ...] = ()
    assigned_to: str | None = None
    decided_by: str | None = None
    decision: Decision | None = None
    advice: str | None = None
    subject: str | None = None
    subject_id: UUID | None = None
    customer_id: UUID | None = None
    least_loss: Decimal | None = None
    overdue_at: datetime | None = None
    decided_from: datetime | None = None
    decided_before: datetime | None = None


_CONDITIONS = {
    "decided_by": "c.decided_by = ?",
    "decision": "c.decision = ?",
    "advice": "c.advice = ?",
    "subject": "c.subject = ?",
    "subject_id": "c.subject_id = ?",
    "customer_id": "c.customer_id = ?",
    "least_loss": "c.expected_loss >= ?",
    "overdue_at": "c.due_at < ?",
    "decided_from": "c.decided_at >= ?",
    "decided_before": "c.decided_at < ?",
}


def _where(store_id: StoreId, wanted: CaseFilter, sort: CaseSort) -> tuple[str, list[object]]:
    # The condition on the state is spelled as the indexes spell it.
    said = ["c.store_id = $1", "c.state = 'decided'" if sort == "decided" else "c.state <> 'decided'"]
    values: list[object] = [store_id]
    if sort != "decided" and wanted.states:
        values.append(list(wanted.states))
        said.append(f"c.state = ANY(${len(values)}::text[])")
    if wanted.assigned_to == "":
        said.append("c.assigned_to IS NULL")
    elif wanted.assigned_to is not None:
        values.append(wanted.assigned_to)
        said.append(f"c.assigned_to = ${len(values)}")
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            values.append(value)
            said.append(condition.replace("?", f"${len(values)}"))
    return " AND ".join(said), values


async def list_cases(
    connection: asyncpg.Connection,
    store_id: StoreId,
    wanted: CaseFilter,
    page: tuple[CaseSort, int],
    after: UUID | None = None,
) -> list[ReviewCase]:
    """At most so many as `page` says in its order, behind the case `after`. RefuseError where that is not
    there any more."""
    sort, limit = page
    where, values = _where(store_id, wanted, sort)
    if after is not None:
        names, behind = _BEHIND[sort]
        last = await find_case(connection, store_id, after)
        if last is None or (sort == "decided" and last.decided_at is None):
            raise RefuseError(
                "The list changed where this cursor stood: start without a cursor.", fields={"cursor": "is over"}
            )
        for place, name in enumerate(names):
            values.append(getattr(last, name))
            behind = behind.replace(f"?{place}", f"${len(values)}")
        where += f" AND {behind}"
    rows = await connection.fetch(
        f"SELECT {CASE_COLUMNS} FROM cases c WHERE {where} ORDER BY {_ORDERS[sort]} LIMIT {limit:d}", *values
    )
    return [case_of(row) for row in rows]


async def count_cases(connection: asyncpg.Connection, store_id: StoreId, wanted: CaseFilter, sort: CaseSort) -> int:
    """How many there are, counted to 10,001 and no further."""
    where, values = _where(store_id, wanted, sort)
    sql = f"SELECT count(*) FROM (SELECT FROM cases c WHERE {where} LIMIT {MOST_COUNTED + 1}) counted"
    found: int = await connection.fetchval(sql, *values)
    return found


class Candidate(NamedTuple):
    """A case to be taken on; `is_left`: somebody took it and went away."""

    id: UUID
    version: int
    is_left: bool


# Urgent ones first, then those that are overdue, by what they may cost; then all by what they may cost. So that nothing
# small waits for ever.
_FREE = """c.store_id = $1 AND c.state <> 'decided' AND c.state = $2 AND (c.seen_by IS NULL OR c.seen_by = $3 OR
 c.seen_until < $4) AND (c.assigned_to IS NULL OR (c.assigned_to <> $3 AND c.assigned_at < $5
 AND (c.seen_until IS NULL OR c.seen_until < $5)))"""
_NEXT = f"""
(SELECT 0 AS turn, c.* FROM cases c WHERE {_FREE} AND c.urgency > 0
  ORDER BY c.urgency DESC, c.expected_loss DESC, c.opened_at, c.id LIMIT 5)
UNION ALL
(SELECT 1, o.* FROM (SELECT c.* FROM cases c WHERE {_FREE} AND c.due_at < $4 ORDER BY c.due_at, c.id LIMIT {MOST_OVERDUE}) o
  ORDER BY o.expected_loss DESC, o.opened_at, o.id LIMIT 5)
UNION ALL
(SELECT 2, c.* FROM cases c WHERE {_FREE}
  ORDER BY c.urgency DESC, c.expected_loss DESC, c.opened_at, c.id LIMIT 5)
"""
_NEXT = f"""
SELECT id, version, assigned_to IS NOT NULL AS is_left FROM ({_NEXT}) found
 ORDER BY turn, urgency DESC, expected_loss DESC, opened_at, id
"""


async def next_candidates(
    connection: asyncpg.Connection,
    store_id: StoreId,
    state: CaseState,
    who: tuple[str, datetime, timedelta],
) -> list[Candidate]:
    """What the analyst may take on next, the best first. `who`: the analyst, now, and after how long a case somebody took
    and does not look at is free again."""
    actor, now, left_after = who
    rows = await connection.fetch(_NEXT, store_id, state, actor, now, now - left_after)
    found = {row["id"]: Candidate(row["id"], row["version"], row["is_left"]) for row in rows}
    return list(found.values())
