"""What happened to a case, what people wrote about it, and what those people are called."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId, new_id

MOST_EVENTS = 200


class CaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: str
    actor: str
    detail: dict[str, object]
    at: datetime


class CaseNote(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    author: str
    body: str
    created_at: datetime


async def add_case_event(
    connection: asyncpg.Connection,
    store_id: StoreId,
    case_id: UUID,
    happened: tuple[str, str, Mapping[str, object]],
    at: datetime,
) -> None:
    """`happened`: kind, actor, detail. A move's detail has the `version` it made."""
    kind, actor, detail = happened
    await connection.execute(
        "INSERT INTO case_events (store_id, id, case_id, kind, actor, detail, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        store_id, new_id(), case_id, kind, actor, detail, at,
    )  # fmt: skip


async def case_events(connection: asyncpg.Connection, store_id: StoreId, case_id: UUID) -> list[CaseEvent]:
    """The newest 200, oldest of them first."""
    rows = await connection.fetch(
        "SELECT id, kind, actor, detail, at FROM case_events WHERE store_id = $1 AND case_id = $2"
        " ORDER BY at DESC, id DESC LIMIT $3",
        store_id, case_id, MOST_EVENTS,
    )  # fmt: skip
    return [CaseEvent(**dict(row)) for row in reversed(rows)]


async def since_version(connection: asyncpg.Connection, store_id: StoreId, case_id: UUID, version: int) -> list[CaseEvent]:
    """The moves that made the case newer than `version`, the last five, oldest first."""
    rows = await connection.fetch(
        "SELECT id, kind, actor, detail, at FROM case_events WHERE store_id = $1 AND case_id = $2"
        " AND (detail ->> 'version')::int > $3 ORDER BY at DESC, id DESC LIMIT 5",
        store_id, case_id, version,
    )  # fmt: skip
    return [CaseEvent(**dict(row)) for row in reversed(rows)]


async def latest_detail(connection: asyncpg.Connection, store_id: StoreId, case_id: UUID, kind: str) -> dict[str, object]:
    """The detail of the last event of a kind; empty where there was none."""
    found: dict[str, object] | None = await connection.fetchval(
        "SELECT detail FROM case_events WHERE store_id = $1 AND case_id = $2 AND kind = $3"
        " ORDER BY at DESC, id DESC LIMIT 1",
        store_id, case_id, kind,
    )  # fmt: skip
    return found or {}


async def add_case_note(
    connection: asyncpg.Connection, store_id: StoreId, case_id: UUID, author: str, body: str, at: datetime
) -> UUID:
    note_id = new_id()
    await connection.execute(
        "INSERT INTO case_notes (store_id, id, case_id, author, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        store_id, note_id, case_id, author, body, at,
    )  # fmt: skip
    return note_id


async def case_notes(connection: asyncpg.Connection, store_id: StoreId, case_id: UUID) -> list[CaseNote]:
    rows = await connection.fetch(
        "SELECT id, author, body, created_at FROM case_notes WHERE store_id = $1 AND case_id = $2"
        " ORDER BY created_at DESC, id DESC LIMIT $3",
        store_id, case_id, MOST_EVENTS,
    )  # fmt: skip
    return [CaseNote(**dict(row)) for row in reversed(rows)]


async def names_of(connection: asyncpg.Connection, store_id: StoreId, actors: Collection[str]) -> dict[str, str]:
    """`user:<id>`, `key:<id>`, `rule:<id>` -> what they are called; those that are gone are left out."""
    found: dict[str, str] = {}
    for kind, sql in _NAMES.items():
        ids = [one for actor in actors if actor.startswith(f"{kind}:") and (one := _id_in(actor)) is not None]
        if ids:
            rows = await connection.fetch(sql, store_id, ids)
            found |= {f"{kind}:{row['id']}": row["name"] for row in rows}
    return found


_NAMES = {
    "user": "SELECT id, coalesce(name, email) AS name FROM users"
    " WHERE (store_id IS NULL OR store_id = $1) AND id = ANY($2::uuid[])",
    "key": "SELECT id, name FROM api_keys WHERE (store_id IS NULL OR store_id = $1) AND id = ANY($2::uuid[])",
    "rule": "SELECT id, name FROM rules WHERE store_id = $1 AND id = ANY($2::uuid[])",
}


def _id_in(actor: str) -> UUID | None:
    try:
        return UUID(actor.partition(":")[2])
    except ValueError:
        return None
