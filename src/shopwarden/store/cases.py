"""Cases of the review queue: found, kept and changed one at a time, with what happened to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.case import CaseSubject, Decision, ReviewCase, ReviewSettings, settings_in
from shopwarden.domain.case_opening import OrderBrief
from shopwarden.domain.ids import StoreId

COLUMNS = tuple(ReviewCase.__struct_fields__)
CASE_COLUMNS = ", ".join(COLUMNS)
# Who sees a case is written past its lock, so no move writes it.
_FIXED = ("id", "subject", "subject_id", "opened_by", "opened_at", "seen_by", "seen_until")
_CHANGING = tuple(name for name in COLUMNS if name not in _FIXED)
_INSERT = (
    f"INSERT INTO cases (store_id, {CASE_COLUMNS})"  # noqa: S608 - names of columns
    f" VALUES ($1, {', '.join(f'${place}' for place in range(2, len(COLUMNS) + 2))})"
)
_UPDATE = (
    f"UPDATE cases SET {', '.join(f'{name} = ${place}' for place, name in enumerate(_CHANGING, 3))}"  # noqa: S608
    " WHERE store_id = $1 AND id = $2"
)
_BRIEF = """
SELECT external_id, name, customer_id, total, currency, created_at AS placed_at, cancelled_at, is_test
  FROM orders WHERE store_id = $1 AND id = $2
"""


def case_of(row: asyncpg.Record) -> ReviewCase:
    return ReviewCase(**{name: row[name] for name in COLUMNS})


async def lock_case_subject(
    connection: asyncpg.Connection, store_id: StoreId, subject: CaseSubject, subject_id: UUID
) -> None:
    """Whoever opens, renews or decides a case of this subject waits here for the one before; held to the transaction's
    end. A row's own lock is not enough: where there is no open case yet, there is no row."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"case:{store_id}:{subject}:{subject_id}"
    )


async def find_case(connection: asyncpg.Connection, store_id: StoreId, case_id: UUID) -> ReviewCase | None:
    row = await connection.fetchrow(
        f"SELECT {CASE_COLUMNS} FROM cases WHERE store_id = $1 AND id = $2",  # noqa: S608
        store_id, case_id,
    )  # fmt: skip
    return case_of(row) if row else None


async def latest_case(
    connection: asyncpg.Connection, store_id: StoreId, subject: CaseSubject, subject_id: UUID
) -> ReviewCase | None:
    """The undecided case of the subject, or else the one opened last."""
    row = await connection.fetchrow(
        f"SELECT {CASE_COLUMNS} FROM cases WHERE store_id = $1 AND subject = $2 AND subject_id = $3"  # noqa: S608
        " ORDER BY state <> 'decided' DESC, opened_at DESC LIMIT 1",
        store_id, subject, subject_id,
    )  # fmt: skip
    return case_of(row) if row else None


async def is_undecided(connection: asyncpg.Connection, store_id: StoreId, subject: CaseSubject, subject_id: UUID) -> bool:
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM cases"
        " WHERE store_id = $1 AND subject = $2 AND subject_id = $3 AND state <> 'decided')",
        store_id, subject, subject_id,
    )  # fmt: skip
    return found


async def put_case(connection: asyncpg.Connection, store_id: StoreId, case: ReviewCase) -> None:
    await connection.execute(_INSERT, store_id, *(getattr(case, name) for name in COLUMNS))


async def keep_case(connection: asyncpg.Connection, store_id: StoreId, case: ReviewCase) -> None:
    """All of the case that may change. The caller holds the subject's lock."""
    await connection.execute(_UPDATE, store_id, case.id, *(getattr(case, name) for name in _CHANGING))


async def keep_decision(
    connection: asyncpg.Connection,
    store_id: StoreId,
    order_id: UUID,
    decided: tuple[Decision | None, str | None, datetime | None],
) -> None:
    """`decided`: what, by whom, when; beside the order's score."""
    await connection.execute(
        "UPDATE orders SET decision = $3, decided_by = $4, decided_at = $5 WHERE store_id = $1 AND id = $2",
        store_id, order_id, *decided,
    )  # fmt: skip


async def order_brief(connection: asyncpg.Connection, store_id: StoreId, order_id: UUID) -> OrderBrief | None:
    row = await connection.fetchrow(_BRIEF, store_id, order_id)
    return OrderBrief(**dict(row)) if row else None


async def review_settings(connection: asyncpg.Connection, store_id: StoreId) -> ReviewSettings:
    found = await connection.fetchval("SELECT settings -> 'review' FROM stores WHERE id = $1", store_id)
    return settings_in({"review": found})


async def keep_review_settings(connection: asyncpg.Connection, store_id: StoreId, wanted: ReviewSettings) -> None:
    await connection.execute(
        "UPDATE stores SET settings = settings || jsonb_build_object('review', $2::jsonb) WHERE id = $1",
        store_id, msgspec.to_builtins(wanted),
    )  # fmt: skip
