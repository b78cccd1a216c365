"""Reading the audit log: the newest first, filtered, a page at a time or all of it in a row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection, Database

BATCH = 2_000
CLOCKS_DIFFER = timedelta(hours=1)
LATEST = datetime(9999, 1, 1, tzinfo=UTC)


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """`store_id` None: a change of the installation. `actor_name`: the e-mail address or key name an actor has now."""

    id: int
    store_id: StoreId | None
    at: datetime
    actor: str
    actor_name: str | None
    action: str
    subject: str
    subject_id: str | None
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    reason: str | None
    address: str | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """`store_id` None: of every store and of the installation. `action` is one (`rule.changed`) or all of a kind (`rule.`).

    `since` is included, `until` is not. `below`: entries older than this one's id.
    """

    store_id: StoreId | None = None
    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    below: int | None = None


_READ = """
SELECT a.id, a.store_id, a.at, a.actor, a.action, a.subject, a.subject_id, a.before, a.after, a.reason, a.address,
       coalesce(u.email, k.name, r.name) AS actor_name
  FROM (SELECT * FROM audit_log WHERE {conditions} ORDER BY id DESC LIMIT {limit}) a
  LEFT JOIN users u ON a.actor LIKE 'user:%' AND u.id::text = substr(a.actor, 6)
  LEFT JOIN api_keys k ON a.actor LIKE 'key:%' AND k.id::text = substr(a.actor, 5)
  LEFT JOIN rules r ON a.actor LIKE 'rule:%' AND r.store_id = a.store_id AND r.id::text = substr(a.actor, 6)
 ORDER BY a.id DESC
"""


async def read_audit(connection: Connection, wanted: Wanted, limit: int) -> Sequence[AuditEntry]:
    """Up to `limit` entries, the newest first."""
    wanted = await _bounded(connection, wanted)
    conditions, values = _conditions(wanted)
    statement = _READ.format(conditions=conditions, limit=f"${len(values) + 1}")
    return [_entry(row) for row in await connection.fetch(statement, *values, limit)]


async def every_entry(database: Database, wanted: Wanted) -> AsyncIterator[Sequence[AuditEntry]]:
    """All of them in batches; no connection is held while the caller sends one on."""
    below = wanted.below
    while True:
        async with database.pool.acquire() as connection:
            batch = await read_audit(connection, msgspec.structs.replace(wanted, below=below), BATCH)
        if batch:
            yield batch
        if len(batch) < BATCH:
            return
        below = batch[-1].id


async def _bounded(connection: Connection, wanted: Wanted) -> Wanted:
    """Ids grow with time but for the clocks of processes: where `until` is long ago, what is newer is not walked through."""
    if wanted.store_id is None or wanted.until is None or wanted.until > LATEST:
        return wanted
    first_newer: int | None = await connection.fetchval(
        "SELECT id FROM audit_log WHERE store_id = $1 AND at >= $2 ORDER BY at LIMIT 1",
        wanted.store_id, wanted.until + CLOCKS_DIFFER,
    )  # fmt: skip
    if first_newer is None:
        return wanted
    return msgspec.structs.replace(wanted, below=min(first_newer, wanted.below or first_newer))


def _conditions(wanted: Wanted) -> tuple[str, list[object]]:
    """Only what is asked for stands in the statement, so that the index that fits it is taken."""
    parts: list[str] = []
    values: list[object] = []

    def add(condition: str, value: object) -> None:
        values.append(value)
        parts.append(condition.replace("?", f"${len(values)}"))

    for name in ("store_id", "actor", "subject", "subject_id"):
        if (value := getattr(wanted, name)) is not None:
            add(f"{name} = ?", value)
    if wanted.action is not None:
        add("starts_with(action, ?)" if wanted.action.endswith(".") else "action = ?", wanted.action)
    if wanted.since is not None:
        add("at >= ?", wanted.since)
    if wanted.until is not None:
        add("at < ?", wanted.until)
    if wanted.below is not None:
        add("id < ?", wanted.below)
    return " AND ".join(parts) or "true", values


def _entry(row: asyncpg.Record) -> AuditEntry:
    return AuditEntry(**dict(row))
