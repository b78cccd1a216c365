"""Answers at hand: sealed, gone with their life, and never missed when Redis is away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from shopwarden.domain.answers import EmailAnswer, PersonAnswer
from shopwarden.domain.sealing import Sealer
from shopwarden.outbound.cache import AnswerCache, CachedAnswer

SEALER = Sealer.of("a" * 40)
STORE = uuid4()


def answer(**more) -> CachedAnswer:
    now = datetime.now(UTC)
    known = {"answers": (EmailAnswer(fraud_score=3), PersonAnswer(full_name="Ann Planted")), "at": now}
    return CachedAnswer(**(known | {"fresh_until": now + timedelta(hours=1)} | more))


@pytest.fixture
async def cache(redis_url):
    opened = AnswerCache(redis_url, SEALER)
    yield opened
    await opened.close()


async def test_it_gives_back_what_it_was_given_until_it_is_old(cache):
    kept = {"a": answer(), "b": answer(fresh_until=None), "miss": answer(answers=())}
    old = answer(fresh_until=datetime.now(UTC) + timedelta(seconds=1.2))
    await cache.keep(STORE, "ann", kept | {"old": old})
    assert await cache.read(STORE, "ann", ["a", "b", "miss", "nothing", "old"]) == kept | {"old": old}
    assert await cache.read(STORE, "bob", ["a"]) == {}
    assert await cache.read(uuid4(), "ann", ["a"]) == {}
    await cache.forget(STORE, "ann")
    assert await cache.read(STORE, "ann", ["a", "b"]) == {}


async def test_an_answer_past_its_life_is_not_given_though_its_neighbours_live(cache, monkeypatch):
    monkeypatch.setattr("shopwarden.outbound.cache._life", lambda each: 60)
    await cache.keep(STORE, "ann", {"old": answer(fresh_until=datetime.now(UTC) - timedelta(seconds=1)), "new": answer()})
    assert set(await cache.read(STORE, "ann", ["old", "new"])) == {"new"}


async def test_nothing_of_it_lies_open_or_stays_longer_than_a_day(cache, redis_url):
    await cache.keep(STORE, "ann", {"a": answer(fresh_until=None)})
    await cache.keep(STORE, "ann", {"b": answer(fresh_until=datetime.now(UTC) + timedelta(minutes=1))})
    redis = Redis.from_url(redis_url)
    (key,) = await redis.keys("*")
    assert b"Planted" not in b"".join((await redis.hgetall(key)).values())
    assert 23 * 3600 < await redis.ttl(key) <= 24 * 3600
    await redis.aclose()


async def test_a_value_of_another_key_or_another_store_is_not_read(cache, redis_url):
    await cache.keep(STORE, "ann", {"a": answer()})
    redis = Redis.from_url(redis_url)
    other = uuid4()
    await redis.copy(f"answers:{STORE}:ann", f"answers:{other}:ann")
    await redis.aclose()
    assert await cache.read(other, "ann", ["a"]) == {}
    stranger = AnswerCache(redis_url, Sealer.of("b" * 40))
    assert await stranger.read(STORE, "ann", ["a"]) == {}
    await stranger.close()


async def test_without_redis_there_is_nothing_at_hand_and_no_error():
    gone = AnswerCache("redis://127.0.0.1:9/0", SEALER)
    await gone.keep(STORE, "ann", {"a": answer()})
    assert await gone.read(STORE, "ann", ["a"]) == {}
    await gone.forget(STORE, "ann")
    await gone.close()
