"""The live stream of alerts: a snapshot first, then every change, and after a break what was missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from shopwarden.live.alert_hub import MOST_WAITING, AlertHub, AlertViewer
from shopwarden.steps.alert_feed import open_alert_hub
from shopwarden.store.alert_changes import acknowledge
from shopwarden.store.stores import create_store
from shopwarden.web import Application
from tests.alerts.stage import Stage, raising
from tests.api.conftest import ClientFor
from tests.api.test_live import Open


@pytest.fixture
async def hub(stage: Stage) -> AsyncIterator[AlertHub]:
    stage.now = datetime.now(UTC)
    opened = open_alert_hub(stage.database)
    yield opened
    await opened.close()


def read(frame: bytes) -> tuple[str, str, dict[str, Any]]:
    """Event, id and data."""
    lines = dict(line.split(": ", 1) for line in frame.decode().strip().splitlines())
    return lines["event"], lines.get("id", ""), msgspec.json.decode(lines["data"])


async def joined(hub: AlertHub, stage: Stage, last_event: str = "") -> AlertViewer:
    viewer = await hub.join(stage.store_id, last_event)
    assert viewer is not None
    return viewer


async def heard(viewer: AlertViewer, wanted: str) -> tuple[str, dict[str, Any]]:
    """The next event with this alert in it."""
    async with asyncio.timeout(5):
        while True:
            frame = await viewer.next(5)
            assert frame
            _, identity, data = read(frame)
            if wanted in [each["title"] for each in data["alerts"]]:
                return identity, data


async def test_a_snapshot_first_then_every_change(hub: AlertHub, stage: Stage) -> None:
    [first] = await stage.raise_now(raising("first"))
    viewer = await joined(hub, stage)
    frame = await viewer.next(1)
    assert frame
    event, _, data = read(frame)
    assert (event, [each["title"] for each in data["alerts"]]) == ("snapshot", ["first"])
    assert data["open"] == {"info": 0, "warning": 1, "critical": 0}
    stage.now = datetime.now(UTC)
    await stage.raise_now(raising("second", severity="critical"))
    _, data = await heard(viewer, "second")
    assert data["open"] == {"info": 0, "warning": 1, "critical": 1}
    async with stage.database.transaction() as connection:
        await acknowledge(connection, stage.store_id, [first], "user:1")
    _, data = await heard(viewer, "first")
    assert [each["state"] for each in data["alerts"] if each["title"] == "first"] == ["acknowledged"]


async def test_what_was_missed_comes_after_a_break(hub: AlertHub, stage: Stage) -> None:
    viewer = await joined(hub, stage)
    frame = await viewer.next(1)
    assert frame
    _, identity, _ = read(frame)
    viewer.leave()
    await stage.raise_now(raising("missed"))
    again = await joined(hub, stage, identity)
    frame = await again.next(1)
    assert frame
    event, _, data = read(frame)
    assert (event, [each["title"] for each in data["alerts"]]) == ("alerts", ["missed"])


@pytest.mark.parametrize("last_event", ["nonsense", "2020-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "2026-01-01"])
async def test_an_id_that_says_nothing_begins_anew(hub: AlertHub, stage: Stage, last_event: str) -> None:
    frame = await (await joined(hub, stage, last_event)).next(1)
    assert frame
    assert read(frame)[0] == "snapshot"


async def test_who_falls_behind_gets_a_snapshot(hub: AlertHub, stage: Stage) -> None:
    viewer = await joined(hub, stage)
    for _ in range(MOST_WAITING + 2):
        viewer.mailbox.put(b"event: alerts\ndata: {}\n\n")
    frame = await viewer.next(1)
    assert frame
    assert read(frame)[0] == "snapshot"


async def test_another_stores_alerts_are_not_heard(hub: AlertHub, stage: Stage) -> None:
    other = Stage(stage.database, await create_store(stage.database, name="Other"))
    viewer = await joined(hub, stage)
    await viewer.next(1)
    await other.raise_now(raising("theirs"))
    await stage.raise_now(raising("ours"))
    _, data = await heard(viewer, "ours")
    assert [each["title"] for each in data["alerts"]] == ["ours"]
    await other.tools.close()


async def test_a_stream_ends_with_the_server(hub: AlertHub, stage: Stage) -> None:
    viewer = await joined(hub, stage)
    await viewer.next(1)
    hub.end_feeds()
    assert await viewer.next(1) is None


async def test_it_is_read_over_http_by_who_may(application: Application, client_for: ClientFor, stage: Stage) -> None:
    reader, other = await client_for(["decisions:read"]), await client_for(["live:read"])
    path = f"/api/stores/{stage.store_id}/alerts/live"
    assert (await other.get(path)).status_code == 403
    one = Open(application, path, "GET", {"authorization": reader.headers["authorization"]})
    await one.start()
    assert (one.status, one.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert (await one.event()).name == "snapshot"
    stage.now = datetime.now(UTC)
    await stage.raise_now(raising("a"))
    while not (event := await one.event()).data["alerts"]:
        pass
    assert (event.name, event.data["alerts"][0]["title"]) == ("alerts", "a")
    await one.close()
