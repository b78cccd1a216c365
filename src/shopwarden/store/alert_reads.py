"""Alerts listed, newest first, and read with what caused them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.alert import Alert, AlertKind, AlertState, Severity
from shopwarden.domain.ids import StoreId
from shopwarden.domain.paging import Position
from shopwarden.store.alerts import ALERT_COLUMNS, alert_of

_SELECT = f"SELECT {ALERT_COLUMNS} FROM alerts WHERE store_id = $1"  # noqa: S608


class AlertFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Empty and None: any. `since` and `until` (not included) are of the last time it was seen."""

    states: tuple[AlertState, ...] = ()
    severities: tuple[Severity, ...] = ()
    kinds: tuple[AlertKind, ...] = ()
    subject_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class OpenCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts nobody has acknowledged, by severity."""

    info: int = 0
    warning: int = 0
    critical: int = 0


class AlertCause(msgspec.Struct, frozen=True, kw_only=True):
    cause: str
    at: datetime


def _conditions(wanted: AlertFilter, after: Position | None) -> tuple[str, list[object]]:
    pairs: list[tuple[str, object]] = []
    if wanted.states:
        pairs.append(("state = ANY(${})", list(wanted.states)))
        if "resolved" not in wanted.states:
            # Said again in the words of the index that holds only these.
            pairs.append(("state <> 'resolved' AND ${}", True))
    if wanted.severities:
        pairs.append(("severity = ANY(${})", list(wanted.severities)))
    if wanted.kinds:
        pairs.append(("kind = ANY(${})", list(wanted.kinds)))
    if wanted.subject_id is not None:
        pairs.append(("subject_id = ${}", wanted.subject_id))
    if wanted.since is not None:
        pairs.append(("last_at >= ${}", wanted.since))
    if wanted.until is not None:
        pairs.append(("last_at < ${}", wanted.until))
    if after is not None:
        pairs.append(("last_at <= ${}", after.value))
    parts = [f" AND {text.format(place)}" for place, (text, _) in enumerate(pairs, 2)]
    values = [value for _, value in pairs]
    if after is not None:
        parts.append(f" AND (last_at < ${len(values) + 1} OR id > ${len(values) + 2})")
        values.append(after.id)
    return "".join(parts), values


async def list_alerts(
    connection: asyncpg.Connection, store_id: StoreId, wanted: AlertFilter, limit: int, after: Position | None = None
) -> list[Alert]:
    """At most `limit` alerts, the last seen first; `after`: the last one of the page before."""
    conditions, values = _conditions(wanted, after)
    order = f" ORDER BY last_at DESC, id LIMIT {limit:d}"
    return [alert_of(row) for row in await connection.fetch(_SELECT + conditions + order, store_id, *values)]


async def find_alert(connection: asyncpg.Connection, store_id: StoreId, alert_id: UUID) -> Alert | None:
    row = await connection.fetchrow(f"{_SELECT} AND id = $2", store_id, alert_id)
    return None if row is None else alert_of(row)


async def states_of(connection: asyncpg.Connection, store_id: StoreId, alert_ids: Sequence[UUID]) -> dict[UUID, AlertState]:
    rows = await connection.fetch(
        "SELECT id, state FROM alerts WHERE store_id = $1 AND id = ANY($2::uuid[])", store_id, list(alert_ids)
    )
    return {row["id"]: row["state"] for row in rows}


async def causes_of(connection: asyncpg.Connection, store_id: StoreId, alert_id: UUID, most: int = 100) -> list[AlertCause]:
    """What was counted, the latest first."""
    rows = await connection.fetch(
        "SELECT cause, at FROM alert_causes WHERE store_id = $1 AND alert_id = $2 ORDER BY at DESC, cause LIMIT $3",
        store_id, alert_id, most,
    )  # fmt: skip
    return [AlertCause(cause=row["cause"], at=row["at"]) for row in rows]


async def open_counts(connection: asyncpg.Connection, store_id: StoreId) -> OpenCounts:
    rows = await connection.fetch(
        "SELECT severity, count(*)::integer AS count FROM alerts WHERE store_id = $1 AND state = 'open' GROUP BY severity",
        store_id,
    )
    return OpenCounts(**{row["severity"]: row["count"] for row in rows})


async def changed_since(connection: asyncpg.Connection, store_id: StoreId, since: datetime, most: int) -> list[Alert]:
    """Alerts that changed since then, the latest change last; the first ones where there are more than `most`."""
    rows = await connection.fetch(f"{_SELECT} AND changed_at >= $2 ORDER BY changed_at, id LIMIT $3", store_id, since, most)
    return [alert_of(row) for row in rows]
