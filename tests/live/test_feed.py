"""From a page's event to the feed: what is published is what is stored, and collecting never waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import msgspec
import pytest

from shopwarden.contracts.live import LiveVisitor
from shopwarden.domain.journey_text import page_without_people
from shopwarden.domain.masking import HIDDEN
from shopwarden.domain.verdict import Weights
from shopwarden.ingest.collect import CollectApp
from shopwarden.live.hub import Hub
from shopwarden.live.memory_streams import MemoryStreams
from shopwarden.live.redis_streams import RedisStreams
from shopwarden.live.states import LiveLost, State, Streams
from shopwarden.steps.live import risk_level_of
from shopwarden.steps.live_feed import LiveFeed
from shopwarden.store.database import Database
from tests.ingest.sending import CHROME, LOOKUP, Sender, create_key, page, track
from tests.live.feeding import next_event, next_named, until


@asynccontextmanager
async def shop(database: Database, store_id: UUID, streams: Streams) -> AsyncIterator[tuple[Sender, Hub, LiveFeed]]:
    feed = LiveFeed(database, streams)
    hub = Hub(streams, feed.load)
    feed.hear = hub.hear
    app = CollectApp(database, LOOKUP, (), 0, feed.notice)
    key = await create_key(database, name="script", scopes=["ingest"], store_id=store_id)  # type: ignore[arg-type]
    await app.start()
    feed.start()
    transport = httpx.ASGITransport(app=app, client=("198.51.100.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://collect.test") as client:
        yield Sender(client, key.secret, app), hub, feed
    await app.stop()
    await feed.stop()
    await hub.close()


def visitors_of(bodies: list[dict[str, object]]) -> list[LiveVisitor]:
    return [msgspec.convert(body, LiveVisitor) for body in bodies]


WAY = [
    page(path="/", context={"ip": "81.2.69.142", "campaign": {"source": "newsletter", "name": "may"}}),
    page(path="/products/lamp?token=private#part", context={"ip": "81.2.69.142"}),
    track("Product Added", properties={"price": 19.5, "quantity": 2}, context={"ip": "81.2.69.142", "userAgent": CHROME}),
]


@pytest.mark.parametrize("with_redis", [True, False])
async def test_a_viewer_sees_each_step_of_a_visitor(
    database: Database, store_id: UUID, redis_url: str, with_redis: bool
) -> None:
    streams: Streams = RedisStreams(redis_url) if with_redis else MemoryStreams()
    async with shop(database, store_id, streams) as (sender, hub, _):
        viewer = await hub.join(store_id)
        assert (await next_event(viewer)).data["total"] == 0
        seen = []
        for message in WAY:
            await sender.post(message["type"], message)
            seen += visitors_of((await next_named(viewer, "visitors")).data["visitors"])
        last = seen[-1]
        assert [one.page_kind for one in seen] == ["home", "product", "product"]
        assert (last.page, last.activity, last.way) == ("/products/lamp", "add_to_cart", ["home", "product", "add_to_cart"])
        assert (last.basket_value, last.currency, last.source, last.country) == (39.0, "USD", "newsletter", "GB")
        assert (last.page_views, last.sessions, last.orders, last.is_bot, last.is_customer) == (2, 1, 0, False, False)
        assert [factor.key for factor in last.risk_factors] == ["behaviour.short_session"]
        assert last.behavior_score == 20


async def test_the_snapshot_says_what_the_stream_said(database: Database, store_id: UUID) -> None:
    async with shop(database, store_id, MemoryStreams()) as (sender, hub, feed):
        viewer = await hub.join(store_id)
        await next_event(viewer)
        told: dict[str, LiveVisitor] = {}
        for message in (*WAY, page("anon-2", path="/collections/all"), track("Payment Failed", "anon-2")):
            await sender.post(message["type"], message)
            for one in visitors_of((await next_named(viewer, "visitors")).data["visitors"]):
                told[one.visitor_id] = one
        load = await feed.load(store_id)
        stored = {one.visitor_id: one for one in (msgspec.json.decode(s.body, type=LiveVisitor) for s in load.states)}
        assert stored == told
        assert {visitor.decode() for visitor, _ in load.seen} == set(told)


async def test_who_was_here_long_ago_is_neither_in_the_snapshot_nor_in_the_stream(
    database: Database, store_id: UUID
) -> None:
    async with shop(database, store_id, MemoryStreams()) as (sender, hub, _):
        viewer = await hub.join(store_id)
        await next_event(viewer)
        ago = (datetime.now(UTC) - timedelta(minutes=6)).isoformat()
        await sender.post("page", page("old", timestamp=ago))
        await sender.post("page", page("new"))
        (one,) = (await next_named(viewer, "visitors")).data["visitors"]
        assert one["page"] == "/"
        assert (await next_event(await hub.join(store_id))).data["total"] == 1


async def test_weights_of_the_store_are_used(database: Database, store_id: UUID) -> None:
    points = msgspec.json.encode({"points": {"behaviour.short_session": 60.0}})
    await database.pool.execute(
        "INSERT INTO weights (store_id, version, weights, changed_by, created_at) VALUES ($1, 1, $2, 'owner', now())",
        store_id, points,
    )  # fmt: skip
    async with shop(database, store_id, MemoryStreams()) as (sender, hub, _):
        await sender.post("page", page())
        (one,) = visitors_of((await next_event(await hub.join(store_id))).data["visitors"])
        assert (one.behavior_score, one.risk_level) == (75, "high")


@pytest.mark.parametrize(
    ("score", "patterns", "level"),
    [
        (0, [], "low"),
        (60, [], "high"),
        (0, ["several_ips"], "medium"),
        (20, ["failed_payments"], "high"),
        (20, ["automated_browser"], "high"),
        (0, ["several_ips", "rapid_navigation"], "high"),
        (90, ["several_ips"], "critical"),
    ],
)
def test_what_is_noticed_raises_the_level(score: int, patterns: list[str], level: str) -> None:
    assert risk_level_of(score, patterns, Weights()) == level


async def test_a_visitor_that_changes_often_waits_once(database: Database, store_id: UUID) -> None:
    async with shop(database, store_id, MemoryStreams()) as (sender, _, feed):
        await feed.stop()
        for _ in range(3):
            await sender.post("batch", {"batch": [page(f"v{number}") for number in range(20)]})
        assert len(feed._waiting) == 20


async def test_more_changes_than_may_wait_mean_a_new_snapshot_instead_of_a_loss(
    database: Database, store_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopwarden.steps.live_feed.MOST_WAITING", 20)
    async with shop(database, store_id, MemoryStreams()) as (sender, hub, _):
        viewer = await hub.join(store_id)
        await next_event(viewer)
        await sender.post("batch", {"batch": [page(f"v{number}") for number in range(100)]})
        # The batch is committed in two groups, and the first may have its snapshot before the second is there.
        total = 0
        while total < 100:
            total = (await next_named(viewer, "snapshot")).data["total"]
        assert total == 100


class Broken(MemoryStreams):
    """Streams that are away."""

    async def watched(self, store_ids: list[UUID]) -> list[UUID]:
        raise LiveLost("away")


async def test_collecting_goes_on_while_the_streams_are_away(database: Database, store_id: UUID) -> None:
    async with shop(database, store_id, Broken()) as (sender, hub, feed):
        heard: list[dict[UUID, list[State]]] = []
        feed.hear = heard.append
        assert (await sender.post("page", page())).status_code == 200
        await until(lambda: bool(heard))
        assert list(heard[0]) == [store_id]
        assert hub is not None


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("/account/reset?email=a@example.com#x", "/account/reset"),
        ("/products/wool-hat", "/products/wool-hat"),
        ("/orders", "/orders"),
        ("/checkouts/c1-5f0e9a7b", "/checkouts/•••"),
        ("/checkouts/cn/Z2NwLWV1cm9wZQ/information", "/checkouts/cn/•••/information"),
        ("/orders/9f8e7d6c5b4a", "/orders/•••"),
        ("/x/ann@example.com", "/x/•••"),
        ("", None),
    ],
)
def test_a_page_is_told_without_people_and_without_keys(page: str, told: str | None) -> None:
    assert page_without_people(page) == (told.replace("•••", HIDDEN) if told else None)
