"""What one process publishes reaches the viewers of every process, a snapshot first, nothing lost in between."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest
import redis.asyncio

from shopwarden.live.memory_streams import MemoryStreams
from shopwarden.live.redis_streams import RedisStreams
from shopwarden.live.states import Streams
from tests.live.feeding import Shop, hub_of, next_event, next_named, publisher, state

STORE, OTHER = uuid4(), uuid4()


async def publish(streams: Streams, store_id: UUID, *states: object) -> None:
    assert await streams.watched([store_id]) == [store_id]
    await streams.add({store_id: list(states)})  # type: ignore[arg-type]


async def test_viewers_of_two_processes_see_the_same(redis_url: str) -> None:
    shop = Shop()
    shop.states = [state("a", "/first")]
    async with (
        hub_of(shop, RedisStreams(redis_url)) as one,
        hub_of(shop, RedisStreams(redis_url)) as two,
        publisher(redis_url) as third,
    ):
        viewers = [await one.join(STORE), await one.join(STORE), await two.join(STORE)]
        for viewer in viewers:
            snapshot = await next_event(viewer)
            assert (snapshot.name, snapshot.data["total"], snapshot.pages) == ("snapshot", 1, {"a": "/first"})
            assert snapshot.data["window_seconds"] == 300
        await publish(third, STORE, state("b", "/second"), state("a", "/third"))
        for viewer in viewers:
            change = await next_event(viewer)
            assert (change.name, change.pages) == ("visitors", {"b": "/second", "a": "/third"})
            assert change.id
        late = await next_event(await two.join(STORE))
        assert (late.data["total"], list(late.pages.items())) == (2, [("a", "/third"), ("b", "/second")])
        assert shop.loads == 2, "the database is asked once a process, not once a viewer"


async def test_a_store_is_not_heard_in_another(redis_url: str) -> None:
    async with hub_of(Shop(), RedisStreams(redis_url)) as hub, publisher(redis_url) as streams:
        mine, theirs = await hub.join(STORE), await hub.join(OTHER)
        assert (await next_event(mine)).name == (await next_event(theirs)).name == "snapshot"
        await publish(streams, OTHER, state("x"))
        assert (await next_event(theirs)).pages == {"x": "/"}
        assert mine is not None
        assert await mine.next(0.3) == b""


async def test_nothing_is_kept_of_a_store_nobody_watches(redis_url: str) -> None:
    async with publisher(redis_url) as streams:
        assert await streams.watched([STORE, OTHER]) == []
        await streams.add({STORE: [state("a")]})
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            assert await client.keys("*") == []


@pytest.mark.parametrize("with_redis", [True, False])
async def test_a_resumed_feed_gets_what_it_missed_in_its_newest_state(redis_url: str, with_redis: bool) -> None:
    shop = Shop()
    streams: Streams = RedisStreams(redis_url) if with_redis else MemoryStreams()
    async with hub_of(shop, streams) as hub:
        stays, leaves = await hub.join(STORE), await hub.join(STORE)
        begun = await next_event(leaves)
        assert leaves is not None
        leaves.leave()
        await next_event(stays)
        for page in ("/1", "/2", "/3"):
            await publish(streams, STORE, state("a", page), state("b", page))
            last = await next_event(stays)
        back = await next_event(await hub.join(STORE, begun.id))
        assert (back.name, back.id, back.pages) == ("visitors", last.id, {"a": "/3", "b": "/3"})
        again = await hub.join(STORE, last.id)
        assert again is not None
        assert await again.next(0.2) == b"", "nothing was missed"
        await publish(streams, STORE, state("c"))
        assert (await next_event(again)).pages == {"c": "/"}


@pytest.mark.parametrize("unknown", ["1-0", "99999999999999999999-1", "nonsense", "0", "$", "abc-1"])
@pytest.mark.parametrize("with_redis", [True, False])
async def test_an_id_the_stream_does_not_hold_gets_a_snapshot(redis_url: str, unknown: str, with_redis: bool) -> None:
    async with hub_of(Shop(), RedisStreams(redis_url) if with_redis else MemoryStreams()) as hub:
        assert (await next_event(await hub.join(STORE, unknown))).name == "snapshot"


async def test_a_feed_resumes_in_another_process(redis_url: str) -> None:
    async with (
        hub_of(Shop(), RedisStreams(redis_url)) as one,
        hub_of(Shop(), RedisStreams(redis_url)) as two,
        publisher(redis_url) as streams,
    ):
        begun = await next_event(await one.join(STORE))
        await publish(streams, STORE, state("a", "/missed"))
        back = await next_event(await two.join(STORE, begun.id))
        assert (back.name, back.pages) == ("visitors", {"a": "/missed"})


async def test_what_is_published_while_the_snapshot_is_read_is_not_lost(redis_url: str) -> None:
    reading, may_end = asyncio.Event(), asyncio.Event()

    class SlowShop(Shop):
        async def load(self, store_id: UUID):  # type: ignore[no-untyped-def]
            reading.set()
            await may_end.wait()
            return await super().load(store_id)

    async with hub_of(SlowShop(), RedisStreams(redis_url)) as hub, publisher(redis_url) as streams:
        joining = asyncio.create_task(hub.join(STORE))
        await reading.wait()
        await publish(streams, STORE, state("a", "/meanwhile"))
        may_end.set()
        viewer = await joining
        first = await next_event(viewer)
        pages = first.pages or (await next_named(viewer, "visitors")).pages
        assert pages == {"a": "/meanwhile"}


async def test_an_older_state_never_replaces_a_newer_one(redis_url: str) -> None:
    async with hub_of(Shop(), RedisStreams(redis_url)) as hub, publisher(redis_url) as streams:
        viewer = await hub.join(STORE)
        at = (await next_event(viewer)) and state("x").last_seen
        await publish(streams, STORE, state("a", "/new", at))
        await publish(streams, STORE, state("a", "/old", at - 1), state("b", "/b", at))
        seen: dict[str, str] = {}
        while "b" not in seen:
            seen |= (await next_event(viewer)).pages
        assert seen == {"a": "/new", "b": "/b"}
