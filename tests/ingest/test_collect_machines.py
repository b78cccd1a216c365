"""Driven browsers through the front door: by their user agent, by their marks, and by never touching a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from shopwarden.domain.patterns import AUTOMATED_BROWSER, NO_INPUT
from shopwarden.store.database import Database
from tests.ingest.sending import CHROME, collecting, one_visitor, page, track

NOW = datetime.now(UTC).replace(microsecond=0)
HEADLESS = CHROME.replace("Chrome/", "HeadlessChrome/")
IP = "81.2.69.142"


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


def walk(who: str, context: dict[str, object], inputs: int) -> list[dict[str, object]]:
    """Four pages, each opened, looked at for half a minute and left."""
    events: list[dict[str, object]] = []
    for n in range(4):
        opened, properties = 400.0 - n * 61 - n * n, {"path": f"/{n}", "visible_seconds": 30, "inputs": inputs}
        events.append(page(who, path=f"/{n}", timestamp=ago(opened), context=context, messageId=f"{who}-o{n}"))
        left = {"timestamp": ago(opened - 30), "properties": properties, "context": context, "messageId": f"{who}-l{n}"}
        events.append({**track("Page Left", **left), "anonymousId": who})
    return events


@pytest.mark.parametrize(
    ("name", "context", "inputs", "patterns", "is_bot"),
    [
        ("a person", {"userAgent": CHROME, "ip": IP}, 3, [], False),
        ("headless by name", {"userAgent": HEADLESS, "ip": IP}, 3, [AUTOMATED_BROWSER], True),
        ("by its marks", {"userAgent": CHROME, "ip": IP, "device": {"automated": True}}, 3, [AUTOMATED_BROWSER], False),
        ("disguised", {"userAgent": CHROME, "ip": IP}, 0, [NO_INPUT], False),
    ],
)
async def test_machines_are_noticed_and_people_are_not(
    database: Database, store_id: UUID, name: str, context: dict[str, object], inputs: int, patterns: list[str], is_bot: bool
) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("batch", {"batch": walk(name, context, inputs)})
    visitor = await one_visitor(database, name)
    assert (visitor["patterns"], visitor["is_bot"]) == (patterns, is_bot)
    (session,) = await database.pool.fetch("SELECT patterns FROM sessions")
    assert session["patterns"] == patterns


async def test_marks_are_kept_when_events_come_in_any_order(database: Database, store_id: UUID) -> None:
    events = walk("driven", {"userAgent": CHROME, "ip": IP, "device": {"automated": True}}, 0)
    Random(3).shuffle(events)
    async with collecting(database, store_id) as sender:
        for event in events:
            await sender.post(str(event["type"]), event)
    assert (await one_visitor(database, "driven"))["patterns"] == [AUTOMATED_BROWSER, NO_INPUT]


async def test_a_driven_browser_makes_no_machine_of_everybody_who_has_that_browser(
    database: Database, store_id: UUID
) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("batch", {"batch": walk("driven", {"userAgent": CHROME, "device": {"automated": True}}, 1)})
        await sender.post("batch", {"batch": walk("person", {"userAgent": CHROME}, 1)})
    rows = await database.pool.fetch(
        "SELECT v.anonymous_id, d.is_automated FROM visitors v JOIN devices d ON d.id = v.device_id ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [("driven", True), ("person", False)]
