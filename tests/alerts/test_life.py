"""An alert is acknowledged, escalated, resolved; channels hear of it, in hours of quiet only what is critical."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shopwarden.steps.alert_sweep import sweep
from shopwarden.store.alert_changes import acknowledge, resolve, resolve_groups
from tests.alerts.stage import NOON, Stage, raising, title_of
from tests.outbound.local_server import Said, always, serving


async def kinds(stage: Stage, channel: UUID) -> list[str]:
    return [row["kind"] for row in await stage.deliveries(channel)]


async def test_a_critical_alert_nobody_acknowledges_is_escalated_once(stage: Stage) -> None:
    ordinary = await stage.channel("http://127.0.0.1:1")
    boss = await stage.channel("http://127.0.0.1:1", for_escalation=True, least_severity="critical")
    [left, seen] = await stage.raise_now(raising("left", severity="critical"), raising("seen", severity="critical"))
    await stage.raise_now(raising("mild"))
    async with stage.database.transaction() as connection:
        assert [each.id for each in await acknowledge(connection, stage.store_id, [seen], "user:1", stage.now)] == [seen]
    stage.later(minutes=14)
    assert await sweep(stage.tools, stage.now) == (0, 0)
    stage.later(minutes=2)
    assert await sweep(stage.tools, stage.now) == (1, 0)
    assert await sweep(stage.tools, stage.now) == (0, 0)
    [told] = await stage.deliveries(boss)
    assert (told["kind"], told["alert_id"], told["urgent"]) == ("escalated", left, True)
    assert await kinds(stage, ordinary) == ["raised", "raised", "raised"]


async def test_without_a_channel_for_it_an_escalation_goes_where_the_alert_went(stage: Stage) -> None:
    channel = await stage.channel("http://127.0.0.1:1")
    await stage.raise_now(raising("a", severity="critical"))
    stage.later(minutes=16)
    await sweep(stage.tools, stage.now)
    assert await kinds(stage, channel) == ["raised", "escalated"]


async def test_what_becomes_critical_late_is_escalated_from_then_on(stage: Stage) -> None:
    await stage.raise_now(raising("a"))
    stage.later(hours=5)
    await stage.raise_now(raising("a", "2", severity="critical"))
    stage.later(minutes=5)
    assert await sweep(stage.tools, stage.now) == (0, 0)
    stage.later(minutes=11)
    assert await sweep(stage.tools, stage.now) == (1, 0)


@pytest.mark.parametrize("settings", [{"escalate_after_minutes": None}, {"muted": ["rule"]}])
async def test_a_store_may_want_no_escalation(stage: Stage, settings: dict[str, Any]) -> None:
    await stage.database.pool.execute("UPDATE stores SET settings = $2 WHERE id = $1", stage.store_id, {"alerts": settings})
    await stage.raise_now(raising("a", severity="critical"))
    stage.later(hours=1)
    assert await sweep(stage.tools, stage.now) == (0, 0)


async def test_resolved_is_told_where_it_was_heard_of_and_only_once(stage: Stage) -> None:
    heard = await stage.channel("http://127.0.0.1:1")
    other = await stage.channel("http://127.0.0.1:1", least_severity="critical")
    [alert] = await stage.raise_now(raising("a"))
    async with stage.database.transaction() as connection:
        assert len(await resolve(connection, stage.store_id, [alert], "key:1", stage.now)) == 1
        assert await resolve(connection, stage.store_id, [alert], "key:1", stage.now) == []
        assert await resolve_groups(connection, stage.store_id, ["a"], stage.now) == []
    assert await kinds(stage, heard) == ["raised", "resolved"]
    assert await kinds(stage, other) == []
    actions = await stage.database.pool.fetch("SELECT action, actor FROM audit_log WHERE store_id = $1", stage.store_id)
    assert [tuple(row) for row in actions] == [("alert.resolved", "key:1")]


async def test_what_nothing_is_added_to_is_over_after_three_days(stage: Stage) -> None:
    channel = await stage.channel("http://127.0.0.1:1")
    await stage.raise_now(raising("a"))
    stage.later(hours=71)
    assert await sweep(stage.tools, stage.now) == (0, 0)
    stage.later(hours=2)
    assert await sweep(stage.tools, stage.now) == (0, 1)
    assert await kinds(stage, channel) == ["raised"]


async def test_hours_of_quiet_hold_back_all_but_the_critical(stage: Stage) -> None:
    stage.now = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)
    async with serving(always(Said())) as server:
        channel = await stage.channel(server.url, quiet={"from": "22:00", "until": "07:00", "timezone": "Europe/Berlin"})
        for title, severity in (("first", "warning"), ("grave", "critical"), ("second", "warning")):
            await stage.raise_now(raising(title, severity=severity))
            await stage.sender.once()
        assert [title_of(each.body) for each in server.heard] == ["grave"]
        stage.now = datetime(2026, 3, 11, 5, 59, tzinfo=UTC)
        assert await stage.sender.once() == 0
        stage.later(minutes=2)
        assert await stage.sender.once() == 2
        assert [title_of(each.body) for each in server.heard] == ["grave", "first", "second"]
    assert set(await stage.states(channel)) == {"delivered"}


async def test_what_waited_leaves_by_apprise_as_one_text(stage: Stage) -> None:
    async with serving(always(Said())) as server:
        await stage.channel(f"json://127.0.0.1:{server.port}/alerts", "apprise")
        for number in range(25):
            await stage.raise_now(raising(f"trouble {number}", at=NOON))
        assert await stage.sender.once() == 25
        assert len(server.heard) == 2
    first, second = (each.body.decode() for each in server.heard)
    assert "20 alerts" in first
    assert "trouble 19" in first
    assert "5 alerts" in second


async def test_apprise_that_refuses_is_tried_again_later(stage: Stage) -> None:
    is_up = False

    async def behave(_: object) -> Said:
        return Said(status=200 if is_up else 500)

    # As after somebody configured logging anew: what apprise says is heard all the same.
    logging.getLogger("apprise").disabled = True
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    async with serving(behave) as server:
        channel = await stage.channel(f"json://127.0.0.1:{server.port}", "apprise")
        await stage.raise_now(raising("a"))
        assert await stage.sender.once() == 0
        assert "500" in (await stage.channel_row(channel))["last_error"]
        is_up = True
        stage.later(minutes=1)
        assert await stage.sender.once() == 1
        assert await stage.states(channel) == ["delivered"]
