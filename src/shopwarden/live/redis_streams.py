"""A stream per store in Redis or Valkey, shared by all processes, written only while somebody watches."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from shopwarden.live.states import Entry, LiveLost, Period, State, field_of, portions, state_of

PATIENCE = 1.0
WATCHED_SECONDS = 30
KEPT_SECONDS = 120
MOST_ENTRIES = 400
"""Kept for resuming; at most some seconds of a very busy store, minutes of a quiet one."""
MOST_MISSED = 100
"""Entries a resumed connection may have missed; beyond that a snapshot is quicker."""
BEGUN = b"begun"
_ID = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")

# A store nobody watched has no stream. The first to watch begins one, and its first entry is there to be positioned at.
_WATCH = """
local token = redis.call('GET', KEYS[1])
if not token or redis.call('EXISTS', KEYS[2]) == 0 then
  token = ARGV[1]
  redis.call('DEL', KEYS[2])
  redis.call('XADD', KEYS[2], '*', 'begun', token)
end
redis.call('SET', KEYS[1], token, 'EX', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return {token, redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1][1]}
"""


@contextmanager
def _lost() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise LiveLost(type(error).__name__) from error


def _watch_key(store_id: UUID) -> str:
    return f"live:{{{store_id}}}:watched"


def _feed_key(store_id: UUID) -> str:
    return f"live:{{{store_id}}}:feed"


class RedisStreams:
    """`url` as redis-py takes it. Waiting reads have connections of their own: they may take longer than a question."""

    def __init__(self, url: str) -> None:
        # The older protocol: its answers have one shape in every version of the driver.
        self._asking = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, protocol=2)
        self._waiting = Redis.from_url(url, socket_timeout=3, socket_connect_timeout=PATIENCE, protocol=2)
        self._watch = self._asking.register_script(_WATCH)

    async def close(self) -> None:
        await self._asking.aclose()
        await self._waiting.aclose()

    async def watch(self, store_id: UUID) -> Period:
        with _lost():
            keys = [_watch_key(store_id), _feed_key(store_id)]
            token, position = await self._watch(keys=keys, args=[secrets.token_hex(8), WATCHED_SECONDS, KEPT_SECONDS])
        return Period(token.decode(), position.decode())

    async def watched(self, store_ids: list[UUID]) -> list[UUID]:
        with _lost():
            async with self._asking.pipeline(transaction=False) as pipeline:
                for store_id in store_ids:
                    pipeline.exists(_watch_key(store_id))
                found = await pipeline.execute()
        return [store_id for store_id, there in zip(store_ids, found, strict=True) if there]

    async def add(self, states: dict[UUID, list[State]]) -> None:
        with _lost():
            async with self._asking.pipeline(transaction=False) as pipeline:
                for store_id, all_states in states.items():
                    for portion in portions(all_states):
                        fields: dict[Any, Any] = {field_of(state): state.body for state in portion}
                        # NOMKSTREAM: a stream that is gone was lost with its beginning; whoever watches begins it anew.
                        pipeline.xadd(_feed_key(store_id), fields, maxlen=MOST_ENTRIES, approximate=True, nomkstream=True)
                await pipeline.execute()

    async def interrupt(self, store_ids: list[UUID]) -> None:
        with _lost():
            async with self._asking.pipeline(transaction=False) as pipeline:
                for store_id in store_ids:
                    pipeline.delete(_watch_key(store_id))
                await pipeline.execute()

    async def read(self, store_id: UUID, after: str, seconds: float) -> list[Entry]:
        with _lost():
            answer: Any = await self._waiting.xread({_feed_key(store_id): after}, count=100, block=int(seconds * 1000))
        if not answer:
            return []
        return [_entry(identity, fields) for identity, fields in answer[0][1]]

    async def missed(self, store_id: UUID, after: str, until: str) -> list[State] | None:
        if not _ID.fullmatch(after) or not _ID.fullmatch(until):
            return None
        with _lost():
            rows: Any = await self._asking.xrange(_feed_key(store_id), after, until, MOST_MISSED + 1)
        # Entries go from the front: while the last one seen is there, so is everything behind it.
        if not rows or rows[0][0].decode() != after or len(rows) > MOST_MISSED:
            return None
        return [state for identity, fields in rows[1:] for state in _entry(identity, fields).states]


def _entry(identity: bytes, fields: dict[bytes, bytes]) -> Entry:
    return Entry(identity.decode(), [state_of(*pair) for pair in fields.items() if pair[0] != BEGUN])
