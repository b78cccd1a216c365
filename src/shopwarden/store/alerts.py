"""Alerts: raised once for each trouble, counted while it goes on, acknowledged, escalated and resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.alert import Alert, Group, Raising, grouped
from shopwarden.domain.alert_message import message_of
from shopwarden.domain.alert_settings import AlertSettings, alert_settings
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.store.alert_messages import BELL, put_messages

ALERT_COLUMNS = ", ".join(Alert.__struct_fields__)

# Causes that were told before are left out here, also those another transaction is telling of right now.
_ADD_CAUSES = (
    "WITH added AS (INSERT INTO alert_causes (store_id, cause, alert_id, at)"
    " SELECT $1, cause, alert_id, at FROM unnest($2::text[], $3::uuid[], $4::timestamptz[]) AS w (cause, alert_id, at)"
    " ON CONFLICT (store_id, cause) DO NOTHING RETURNING cause)"
    " SELECT cause, (SELECT settings -> 'alerts' FROM stores WHERE id = $1) AS settings FROM added"
)
_RISES = (
    "array_position(ARRAY['info', 'warning', 'critical'], excluded.severity)"
    " > array_position(ARRAY['info', 'warning', 'critical'], a.severity)"
)
_IS_TOLD = f"({_RISES} OR (a.state = 'open' AND a.told_at <= $14))"
_PUT = f"""
WITH put AS (
    INSERT INTO alerts AS a (store_id, id, kind, severity, group_key, title, body, subject, subject_id, facts, count,
                             first_at, last_at, told_count, risen_at, told_at, changed_at)
    SELECT $1, w.*, w.count, $13::timestamptz, $13::timestamptz, $13::timestamptz
      FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                  $10::jsonb[], $11::integer[], $12::timestamptz[], $15::timestamptz[])
        AS w (id, kind, severity, group_key, title, body, subject, subject_id, facts, count, first_at, last_at)
    ON CONFLICT (store_id, group_key) WHERE state <> 'resolved' DO UPDATE SET
        severity = CASE WHEN {_RISES} THEN excluded.severity ELSE a.severity END,
        title = CASE WHEN excluded.last_at >= a.last_at THEN excluded.title ELSE a.title END,
        body = CASE WHEN excluded.last_at >= a.last_at THEN excluded.body ELSE a.body END,
        facts = CASE WHEN excluded.last_at >= a.last_at THEN excluded.facts ELSE a.facts END,
        count = a.count + excluded.count,
        first_at = least(a.first_at, excluded.first_at),
        last_at = greatest(a.last_at, excluded.last_at),
        state = CASE WHEN {_RISES} THEN 'open' ELSE a.state END,
        acknowledged_by = CASE WHEN {_RISES} THEN NULL ELSE a.acknowledged_by END,
        acknowledged_at = CASE WHEN {_RISES} THEN NULL ELSE a.acknowledged_at END,
        risen_at = CASE WHEN {_RISES} THEN excluded.risen_at ELSE a.risen_at END,
        escalated_at = CASE WHEN {_RISES} THEN NULL ELSE a.escalated_at END,
        told_at = CASE WHEN {_IS_TOLD} THEN excluded.told_at ELSE a.told_at END,
        told_count = CASE WHEN {_IS_TOLD} THEN a.count + excluded.count ELSE a.told_count END,
        changed_at = excluded.changed_at
    RETURNING *
)
SELECT put.*, pg_notify('{BELL}', put.store_id::text) FROM put
"""  # noqa: S608


async def raise_alerts(
    connection: asyncpg.Connection, store_id: StoreId, raisings: Sequence[Raising], now: datetime | None = None
) -> list[UUID]:
    """Raises, or adds to what was raised and not resolved, in the caller's transaction; answers the alerts that changed.

    A cause that was told before changes nothing, even after its alert was resolved. Channels are told when an alert is
    new, when it becomes more severe (which also opens it again), and when it goes on, unacknowledged, after a while.
    """
    if not raisings:
        return []
    at = now or datetime.now(UTC)
    by_cause = {each.cause: each for each in raisings}
    ids = {key: new_id() for key in {each.group_key for each in raisings}}
    causes = sorted(by_cause)
    given, moments = [ids[by_cause[cause].group_key] for cause in causes], [by_cause[cause].at for cause in causes]
    rows = await connection.fetch(_ADD_CAUSES, store_id, causes, given, moments)
    if not rows:
        return []
    settings = alert_settings(rows[0]["settings"])
    groups = grouped([by_cause[row["cause"]] for row in rows])
    alerts = await _put(connection, store_id, groups, ids, settings, at)
    moved = [(ids[alert.group_key], alert.id) for alert in alerts if ids[alert.group_key] != alert.id]
    if moved:
        await connection.execute(
            "UPDATE alert_causes c SET alert_id = w.kept FROM unnest($2::uuid[], $3::uuid[]) AS w (given, kept)"
            " WHERE c.store_id = $1 AND c.alert_id = w.given",
            store_id, [given for given, _ in moved], [kept for _, kept in moved],
        )  # fmt: skip
    told = [
        message_of(store_id, alert, "raised" if alert.id == ids[alert.group_key] else "repeated", at)
        for alert in alerts
        if alert.told_count == alert.count and alert.kind not in settings.muted
    ]
    await put_messages(connection, store_id, told, "wanting", at)
    return [alert.id for alert in alerts]


async def _put(
    connection: asyncpg.Connection,
    store_id: StoreId,
    groups: Mapping[str, Group],
    ids: Mapping[str, UUID],
    settings: AlertSettings,
    at: datetime,
) -> list[Alert]:
    kept = list(groups.values())
    latest = [group.latest for group in kept]
    rows = await connection.fetch(
        _PUT, store_id, [ids[key] for key in groups],
        [each.kind for each in latest], [group.severity for group in kept], list(groups),
        [each.title for each in latest], [each.body for each in latest],
        [each.subject for each in latest], [each.subject_id for each in latest],
        [msgspec.json.encode(each.facts) for each in latest], [group.count for group in kept],
        [group.first_at for group in kept], at, at - timedelta(minutes=settings.repeat_after_minutes),
        [group.last_at for group in kept],
    )  # fmt: skip
    return [alert_of(row) for row in rows]


def alert_of(row: asyncpg.Record) -> Alert:
    return Alert(**{name: row[name] for name in Alert.__struct_fields__})
