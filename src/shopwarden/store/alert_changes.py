"""What becomes of alerts: acknowledged, resolved, escalated, over by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from shopwarden.domain.alert import Alert
from shopwarden.domain.alert_message import MessageKind, message_of
from shopwarden.domain.alert_settings import AlertSettings, alert_settings
from shopwarden.domain.ids import StoreId
from shopwarden.store.alert_messages import Hearers, put_messages, ring
from shopwarden.store.alerts import ALERT_COLUMNS, alert_of
from shopwarden.store.audit import Change, note_many
from shopwarden.store.database import Database

SYSTEM = "system"


def _change(values: str, which: str) -> str:
    """Rows are locked in the order of their ids, whoever changes several."""
    locked = f"id IN (SELECT id FROM alerts WHERE store_id = $1 AND {which} ORDER BY id FOR UPDATE)"  # noqa: S608
    return f"UPDATE alerts SET {values} WHERE store_id = $1 AND {locked} RETURNING {ALERT_COLUMNS}"  # noqa: S608


async def acknowledge(
    connection: asyncpg.Connection, store_id: StoreId, alert_ids: Sequence[UUID], actor: str, now: datetime | None = None
) -> list[Alert]:
    """Somebody looks after them: they are told no more unless they get worse. Answers those that were open."""
    at = now or datetime.now(UTC)
    values = "state = 'acknowledged', acknowledged_by = $3, acknowledged_at = $4, changed_at = $4"
    statement = _change(values, "id = ANY($2::uuid[]) AND state = 'open'")
    rows = await connection.fetch(statement, store_id, list(alert_ids), actor, at)
    alerts = [alert_of(row) for row in rows]
    changes = [
        Change(
            actor=actor, action="alert.acknowledged", subject="alert", subject_id=str(alert.id),
            before={"state": "open"}, after={"state": "acknowledged"},
        )
        for alert in alerts
    ]  # fmt: skip
    await note_many(connection, store_id, changes)
    if alerts:
        await ring(connection, store_id)
    return alerts


async def resolve(
    connection: asyncpg.Connection, store_id: StoreId, alert_ids: Sequence[UUID], actor: str, now: datetime | None = None
) -> list[Alert]:
    """They are over: the same trouble raises a new alert. Channels that heard of them hear this too. Answers those that
    were not resolved before."""
    return await _resolve(connection, store_id, ("id = ANY($2::uuid[])", list(alert_ids)), actor, now)


async def resolve_groups(
    connection: asyncpg.Connection, store_id: StoreId, group_keys: Sequence[str], now: datetime | None = None
) -> list[Alert]:
    """As `resolve`, for what was found to be over by the product itself: by the keys their raisings had."""
    return await _resolve(connection, store_id, ("group_key = ANY($2::text[])", list(group_keys)), SYSTEM, now)


async def _resolve(
    connection: asyncpg.Connection,
    store_id: StoreId,
    which: tuple[str, Sequence[object]],
    actor: str,
    now: datetime | None,
) -> list[Alert]:
    at = now or datetime.now(UTC)
    values = "state = 'resolved', resolved_by = $3, resolved_at = $4, changed_at = $4"
    rows = await connection.fetch(_change(values, f"{which[0]} AND state <> 'resolved'"), store_id, which[1], actor, at)
    alerts = [alert_of(row) for row in rows]
    if not alerts:
        return []
    if actor != SYSTEM:
        changes = [
            Change(
                actor=actor, action="alert.resolved", subject="alert", subject_id=str(alert.id), after={"state": "resolved"}
            )
            for alert in alerts
        ]
        await note_many(connection, store_id, changes)
    await _tell(connection, store_id, alerts, ("resolved", "told"), at)
    return alerts


async def _tell(
    connection: asyncpg.Connection,
    store_id: StoreId,
    alerts: Sequence[Alert],
    how: tuple[MessageKind, Hearers],
    at: datetime,
) -> None:
    kind, hearers = how
    await put_messages(connection, store_id, [message_of(store_id, alert, kind, at) for alert in alerts], hearers, at)
    await ring(connection, store_id)


async def escalate_due(
    connection: asyncpg.Connection, store_id: StoreId, settings: AlertSettings, now: datetime
) -> list[Alert]:
    """Critical alerts nobody acknowledged in time: each is escalated once for as long as it stays critical."""
    if settings.escalate_after_minutes is None:
        return []
    since = now - timedelta(minutes=settings.escalate_after_minutes)
    due = "severity = 'critical' AND state = 'open' AND escalated_at IS NULL AND risen_at <= $3 AND kind <> ALL($4::text[])"
    statement = _change("escalated_at = $2, changed_at = $2", due)
    rows = await connection.fetch(statement, store_id, now, since, list(settings.muted))
    alerts = [alert_of(row) for row in rows]
    if alerts:
        await _tell(connection, store_id, alerts, ("escalated", "escalation"), now)
    return alerts


async def resolve_stale(connection: asyncpg.Connection, store_id: StoreId, settings: AlertSettings, now: datetime) -> int:
    """What nothing was added to for long is over; nobody is told of that."""
    since = now - timedelta(hours=settings.resolve_after_hours)
    values = "state = 'resolved', resolved_by = $4, resolved_at = $2, changed_at = $2"
    statement = _change(values, "state <> 'resolved' AND last_at < $3")
    over = await connection.fetch(statement, store_id, now, since, SYSTEM)
    if over:
        await ring(connection, store_id)
    return len(over)


async def stores_with_alerts(database: Database) -> list[tuple[StoreId, AlertSettings]]:
    """Those with alerts that are not resolved, each with what it wants of them."""
    rows = await database.pool.fetch(
        "SELECT s.id, s.settings -> 'alerts' AS alerts FROM stores s"
        " WHERE EXISTS (SELECT FROM alerts a WHERE a.store_id = s.id AND a.state <> 'resolved')"
    )
    return [(StoreId(row["id"]), alert_settings(row["alerts"])) for row in rows]


async def forget_old(database: Database, before: datetime) -> None:
    """Resolved alerts, causes and finished deliveries from before `before`."""
    # across stores: what is old is old in each.
    await database.pool.execute("DELETE FROM alert_causes WHERE at < $1", before)
    # across stores: what is old is old in each.
    await database.pool.execute("DELETE FROM alerts WHERE state = 'resolved' AND last_at < $1", before)
    # across stores: what is old is old in each.
    await database.pool.execute("DELETE FROM alert_deliveries WHERE state <> 'pending' AND created_at < $1", before)
