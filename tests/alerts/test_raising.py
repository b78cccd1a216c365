"""Alerts are raised once for each cause, grouped by trouble, and told to the channels that want them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shopwarden.domain.alert import Raising
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.store.alerts import raise_alerts
from shopwarden.store.database import Database

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def raising(group: str, cause: str, **more: Any) -> Raising:
    return Raising(
        **{"kind": "rule", "severity": "warning", "title": cause, "at": NOW, **more, "group_key": group, "cause": cause}
    )


async def add_channel(database: Database, store_id: UUID, **more: Any) -> UUID:
    row: dict[str, Any] = {
        "store_id": store_id, "id": new_id(), "name": "Shop floor", "kind": "webhook", "sealed": b"", "shown": "",
        "created_by": "system", "created_at": NOW, "updated_at": NOW, **more,
    }  # fmt: skip
    marks = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await database.pool.execute(f"INSERT INTO alert_channels ({', '.join(row)}) VALUES ({marks})", *row.values())
    return row["id"]


async def raise_now(database: Database, store_id: UUID, *raisings: Raising, now: datetime = NOW) -> list[UUID]:
    async with database.transaction() as connection:
        return await raise_alerts(connection, StoreId(store_id), raisings, now)


async def alerts_of(database: Database, store_id: UUID) -> list[dict[str, Any]]:
    rows = await database.pool.fetch("SELECT * FROM alerts WHERE store_id = $1 ORDER BY group_key, first_at", store_id)
    return [dict(row) for row in rows]


async def told(database: Database, channel_id: UUID) -> list[tuple[str, str]]:
    rows = await database.pool.fetch(
        "SELECT kind, body -> 'data' ->> 'title' AS title FROM alert_deliveries WHERE channel_id = $1 ORDER BY id",
        channel_id,
    )
    return [(row["kind"], row["title"]) for row in rows]


async def test_the_same_trouble_is_one_alert_and_the_same_cause_counts_once(database: Database, store_id: UUID) -> None:
    first = await raise_now(database, store_id, raising("a", "1"), raising("a", "2"), raising("b", "3"))
    again = await raise_now(database, store_id, raising("a", "2"), raising("a", "4"))
    assert again == first[:1]
    assert [(each["group_key"], each["count"]) for each in await alerts_of(database, store_id)] == [("a", 3), ("b", 1)]
    causes = await database.pool.fetch("SELECT cause, alert_id FROM alert_causes WHERE store_id = $1", store_id)
    assert {row["cause"]: row["alert_id"] for row in causes} == {"1": first[0], "2": first[0], "3": first[1], "4": first[0]}
    assert await raise_now(database, store_id, raising("a", "1")) == []


async def test_a_resolved_trouble_that_comes_back_is_a_new_alert(database: Database, store_id: UUID) -> None:
    [first] = await raise_now(database, store_id, raising("a", "1"))
    await database.pool.execute("UPDATE alerts SET state = 'resolved' WHERE store_id = $1", store_id)
    assert await raise_now(database, store_id, raising("a", "1")) == []
    [second] = await raise_now(database, store_id, raising("a", "2"))
    assert second != first


async def test_ten_at_once_make_one_alert(database: Database, store_id: UUID) -> None:
    channel = await add_channel(database, store_id)
    await asyncio.gather(*(raise_now(database, store_id, raising("a", str(n)), raising("b", f"b{n}")) for n in range(10)))
    assert [each["count"] for each in await alerts_of(database, store_id)] == [10, 10]
    assert [kind for kind, _ in await told(database, channel)] == ["raised", "raised"]


async def test_channels_hear_what_they_want(database: Database, store_id: UUID) -> None:
    critical = await add_channel(database, store_id, least_severity="critical")
    rules = await add_channel(database, store_id, least_severity="info", kinds=["rule"])
    off = await add_channel(database, store_id, enabled=False)
    escalation = await add_channel(database, store_id, for_escalation=True)
    await raise_now(
        database, store_id, raising("a", "1", severity="info"), raising("b", "2", kind="list", severity="critical")
    )
    assert [await told(database, each) for each in (critical, rules, off, escalation)] == [
        [("raised", "2")], [("raised", "1")], [], [],
    ]  # fmt: skip


async def test_what_goes_on_is_told_again_after_an_hour_and_what_gets_worse_at_once(
    database: Database, store_id: UUID
) -> None:
    channel = await add_channel(database, store_id)
    for minutes, severity in ((0, "warning"), (30, "warning"), (61, "warning"), (62, "critical")):
        moment = NOW + timedelta(minutes=minutes)
        await raise_now(database, store_id, raising("a", f"at {minutes}", severity=severity, at=moment), now=moment)
    assert await told(database, channel) == [("raised", "at 0"), ("repeated", "at 61"), ("repeated", "at 62")]


@pytest.mark.parametrize(("severity", "state"), [("warning", "acknowledged"), ("critical", "open")])
async def test_acknowledged_means_quiet_until_it_gets_worse(
    database: Database, store_id: UUID, severity: str, state: str
) -> None:
    channel = await add_channel(database, store_id)
    await raise_now(database, store_id, raising("a", "1"))
    await database.pool.execute("UPDATE alerts SET state = 'acknowledged' WHERE store_id = $1", store_id)
    later = NOW + timedelta(hours=5)
    await raise_now(database, store_id, raising("a", "2", severity=severity), now=later)
    [alert] = await alerts_of(database, store_id)
    assert alert["state"] == state
    assert len(await told(database, channel)) == (2 if state == "open" else 1)


async def test_a_muted_kind_is_listed_and_told_to_nobody(database: Database, store_id: UUID) -> None:
    channel = await add_channel(database, store_id)
    await database.pool.execute("UPDATE stores SET settings = $2 WHERE id = $1", store_id, {"alerts": {"muted": ["rule"]}})
    await raise_now(database, store_id, raising("a", "1"))
    assert len(await alerts_of(database, store_id)) == 1
    assert await told(database, channel) == []


async def test_what_is_rolled_back_was_never_raised(database: Database, store_id: UUID) -> None:
    channel = await add_channel(database, store_id)
    async with database.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await raise_alerts(connection, StoreId(store_id), [raising("a", "1")])
        await transaction.rollback()
    assert await alerts_of(database, store_id) == []
    assert await told(database, channel) == []
