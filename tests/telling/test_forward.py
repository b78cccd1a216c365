"""Events are handed on to Segment once each, with their own ids, and wait for as long as Segment does not take them."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from shopwarden.contracts.vendor import VendorFault
from shopwarden.steps import forward
from shopwarden.steps.forward import Forwarder, wait_for
from shopwarden.steps.sinks import Sinks, close_sinks, open_sinks
from shopwarden.store.database import Database
from shopwarden.store.forwarding import MOST_DEAD, clear_dead
from shopwarden.vendors.segment import LARGEST_BATCH, MOST_IN_BATCH, fitting
from tests.ingest.sending import CHROME, collecting, page, track
from tests.sandbox.running import Sandbox
from tests.telling.stage import Recorder, collector, tools_of


async def waiting(database: Database) -> list[Any]:
    rows: list[Any] = await database.pool.fetch(
        "SELECT *, run_after = 'infinity' AS is_dead FROM forwarded_events ORDER BY id"
    )
    return rows


def received(recorder: Recorder) -> list[dict[str, Any]]:
    """The messages of the batches Segment's stand-in took."""
    return [message for body in recorder.bodies() for message in body["batch"]]


async def test_an_accepted_event_arrives_with_its_own_id_address_and_browser(
    database: Database, store_id: UUID, sandbox: Sandbox
) -> None:
    async with collector(database, store_id, sandbox.url) as (sender, tools, recorder):
        message = track("Product Viewed", messageId="m-1", properties={"price": 19.9}, context={"locale": "en"})
        await sender.post("track", message, headers={"user-agent": CHROME})
        await sender.post("track", message, headers={"user-agent": CHROME})
        assert [row["message_id"] for row in await waiting(database)] == ["m-1"]
        assert await Forwarder(tools).once() == 1
    (got,) = received(recorder)
    assert got["context"] == {"locale": "en", "ip": "198.51.100.7", "userAgent": CHROME}
    assert (got["type"], got["event"], got["messageId"], got["anonymousId"]) == ("track", "Product Viewed", "m-1", "anon-1")
    assert got["properties"] == {"price": 19.9}
    assert await waiting(database) == []


async def test_every_kind_of_call_is_handed_on_and_a_count_without_consent_is_not(
    database: Database, store_id: UUID, sandbox: Sandbox
) -> None:
    async with collector(database, store_id, sandbox.url) as (sender, tools, recorder):
        await sender.post("batch", {"batch": [page(), track("Cart Viewed")], "context": {"app": {"name": "shop"}}})
        await sender.post("identify", {"userId": "u-1", "traits": {"email": "ann@example.com"}})
        await sender.post("alias", {"previousId": "anon-1", "userId": "u-1"})
        await Forwarder(tools).once()
    got = received(recorder)
    assert sorted(message["type"] for message in got) == ["alias", "identify", "page", "track"]
    assert all(len(message["messageId"]) <= 100 for message in got)
    assert next(message for message in got if message["type"] == "track")["context"]["app"] == {"name": "shop"}


async def test_what_segment_sent_here_does_not_go_back(database: Database, store_id: UUID, sandbox: Sandbox) -> None:
    async with collector(database, store_id, sandbox.url) as (sender, _, _):
        await sender.post("track", track("Product Viewed", receivedAt="2026-11-20T10:00:00Z", projectId="p", version=2))
        assert await waiting(database) == []


async def test_without_an_account_nothing_waits(database: Database, store_id: UUID) -> None:
    async with tools_of(database) as (tools, _):
        sinks = await open_sinks(tools)
        async with collecting(database, store_id) as sender:
            await sender.post("track", track("Product Viewed"))
        await close_sinks(sinks)
    assert await waiting(database) == []


async def test_a_write_key_in_the_environment_counts_for_an_only_store(database: Database, store_id: UUID) -> None:
    async with tools_of(database, environment={"SEGMENT_WRITE_KEY": "k"}) as (tools, _):
        sinks = Sinks(tools)
        assert sinks.current().stores == frozenset()
        await sinks.refresh()
        assert sinks.current().stores == {store_id}
        await sinks.close()


@pytest.mark.parametrize("kind", ["error", "rate_limited", "refuse", "down"])
async def test_what_segment_does_not_take_now_waits_and_arrives_later(
    database: Database, store_id: UUID, sandbox: Sandbox, kind: str
) -> None:
    async with collector(database, store_id, sandbox.url) as (sender, tools, recorder):
        await sender.post("batch", {"batch": [track("Product Viewed", messageId=f"m-{n}") for n in range(5)]})
        await sandbox.mode("segment", kind)
        worker = Forwarder(tools)
        assert await worker.once() == 0
        calls = len(recorder.sent)
        assert await worker.once() == 0, "a store that is to be left alone is"
        assert len(recorder.sent) == calls
        rows = await waiting(database)
        assert len(rows) == 5
        assert all(row["tries"] == 1 and row["last_error"] and not row["is_dead"] for row in rows)
        await sandbox.mode("segment", "ok")
        await database.pool.execute("UPDATE forwarded_events SET run_after = now()")
        assert await Forwarder(tools).once() == 5
    assert sorted(message["messageId"] for message in received(recorder)) == [f"m-{n}" for n in range(5)]
    assert recorder.sent[-1][0].headers["X-Retry-Count"] == "1"


async def test_one_event_that_is_never_taken_does_not_take_its_neighbours_along(
    database: Database, store_id: UUID, sandbox: Sandbox
) -> None:
    async with collector(database, store_id, sandbox.url) as (sender, tools, _):
        await sender.post("batch", {"batch": [track("Product Viewed", messageId=f"m-{n}") for n in range(7)]})
        nobody = json.dumps({"type": "track", "event": "x", "messageId": "m-3"}).encode()
        await database.pool.execute("UPDATE forwarded_events SET body = $1 WHERE message_id = 'm-3'", nobody)
        await database.pool.execute(
            "UPDATE forwarded_events SET body = $1 WHERE message_id = 'm-5'", b'{"x":"' + b"x" * 40_000 + b'"}'
        )
        assert await Forwarder(tools).once() == 5
    dead = await waiting(database)
    assert [(row["message_id"], row["is_dead"]) for row in dead] == [("m-3", True), ("m-5", True)]
    assert "HTTP 400" in dead[0]["last_error"]
    assert "larger than 32768 bytes" in dead[1]["last_error"]


async def test_several_workers_deliver_each_event_once(database: Database, store_id: UUID, sandbox: Sandbox) -> None:
    async with collector(database, store_id, sandbox.url) as (sender, tools, recorder):
        for start in range(0, 600, 200):
            batch = [track("Product Viewed", messageId=f"m-{n}") for n in range(start, start + 200)]
            await sender.post("batch", {"batch": batch})
        assert sum(await asyncio.gather(*(Forwarder(tools).once() for _ in range(3)))) == 600
    ids = [message["messageId"] for message in received(recorder)]
    assert len(ids) == len(set(ids)) == 600
    assert all(len(body["batch"]) <= MOST_IN_BATCH for body in recorder.bodies())
    assert await waiting(database) == []


async def test_what_was_not_taken_for_a_day_is_given_up(database: Database, store_id: UUID, sandbox: Sandbox) -> None:
    async with collector(database, store_id, sandbox.url) as (sender, tools, _):
        await sender.post("batch", {"batch": [track("Cart Viewed", messageId="old"), track("Cart Viewed", messageId="new")]})
        await database.pool.execute(
            "UPDATE forwarded_events SET created_at = now() - interval '25 hours' WHERE message_id = 'old'"
        )
        await sandbox.mode("segment", "error")
        await Forwarder(tools).once()
    assert {row["message_id"]: row["is_dead"] for row in await waiting(database)} == {"old": True, "new": False}


async def test_dead_ones_are_cleared_away(database: Database, store_id: UUID) -> None:
    await database.pool.execute(
        "INSERT INTO forwarded_events (store_id, sink, message_id, body, run_after, created_at)"
        " SELECT $1, 'segment', n::text, '', 'infinity', now() FROM generate_series(1, $2::int) AS n",
        store_id,
        MOST_DEAD + 3,
    )
    assert await clear_dead(database) == 3
    await database.pool.execute("UPDATE forwarded_events SET created_at = now() - interval '15 days' WHERE message_id = '9'")
    assert await clear_dead(database) == 1
    assert forward.PLANNED[0][2] is forward.clear


def test_how_long_it_waits() -> None:
    away, key = VendorFault("unavailable", "away"), VendorFault("auth", "key")
    assert [wait_for(away, tries, chance=0) for tries in (0, 1, 2, 20)] == [0.5, 1, 2, 60]
    assert wait_for(VendorFault("rate_limited", "slow", after=9000), 0) == 300
    assert wait_for(key, 0) == 300


def test_a_batch_holds_a_hundred_or_what_fits() -> None:
    assert fitting([10] * 500) == MOST_IN_BATCH
    assert fitting([30_000] * 100) * 30_000 <= LARGEST_BATCH
    assert fitting([10_000_000, 1]) == 1
    assert fitting([]) == 0
