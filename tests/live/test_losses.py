"""Redis emptied, gone and back: feeds stay open, and a new snapshot closes every gap."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis.asyncio

from shopwarden.embedded.valkey import start_valkey
from shopwarden.live.redis_streams import RedisStreams
from shopwarden.live.states import LiveLost
from tests.live.feeding import Shop, hub_of, next_event, next_named, publisher, state

STORE = uuid4()


@pytest.fixture
def own_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="shopwarden-live-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def test_an_emptied_redis_means_a_new_snapshot_and_the_feed_goes_on(redis_url: str) -> None:
    shop = Shop()
    async with hub_of(shop, RedisStreams(redis_url)) as hub, publisher(redis_url) as streams:
        viewer = await hub.join(STORE)
        assert (await next_event(viewer)).pages == {}
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            await client.flushall()
        shop.states = [state("a", "/while-it-was-empty")]
        again = await next_named(viewer, "snapshot")
        assert again.pages == {"a": "/while-it-was-empty"}
        await streams.add({STORE: [state("b")]})
        assert (await next_event(viewer)).pages == {"b": "/"}


async def test_without_its_redis_a_process_still_serves_its_own_viewers(own_folder: Path) -> None:
    server = start_valkey(own_folder, durable=False)
    shop = Shop()
    try:
        async with hub_of(shop, RedisStreams(server.url)) as hub, publisher(server.url) as streams:
            viewer = await hub.join(STORE)
            await next_event(viewer)
            server.stop()
            with pytest.raises(LiveLost):
                await streams.add({STORE: [state("a")]})
            hub.hear({STORE: [state("a", "/heard-here")]})
            assert (await next_event(viewer)).pages == {"a": "/heard-here"}
            newcomer = await next_event(await hub.join(STORE))
            assert (newcomer.name, newcomer.pages) == ("snapshot", {"a": "/heard-here"})
            shop.states = [state("a", "/heard-here"), state("b", "/elsewhere")]
            server = start_valkey(own_folder, durable=False)
            again = await next_named(viewer, "snapshot")
            assert again.pages == {"a": "/heard-here", "b": "/elsewhere"}
            assert again.id, "from here on it can be resumed"
    finally:
        server.stop()


async def test_a_feed_that_begins_without_redis_gets_its_snapshot(own_folder: Path) -> None:
    shop = Shop()
    shop.states = [state("a")]
    async with hub_of(shop, RedisStreams(f"unix://{own_folder}/nobody.sock")) as hub:
        begun = await next_event(await hub.join(STORE))
        assert (begun.name, begun.id, begun.pages) == ("snapshot", "", {"a": "/"})


async def test_what_could_not_be_published_forbids_to_resume_across_it(redis_url: str) -> None:
    async with hub_of(Shop(), RedisStreams(redis_url)) as hub, publisher(redis_url) as streams:
        viewer = await hub.join(STORE)
        begun = await next_event(viewer)
        await streams.interrupt([STORE])
        again = await next_named(viewer, "snapshot")
        assert again.id != begun.id
        assert (await next_event(await hub.join(STORE, begun.id))).name == "snapshot"
