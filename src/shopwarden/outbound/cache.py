"""Answers at hand in Redis, sealed: one hash for each customer, so that they are found, and go, together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shopwarden.domain.answers import Answer
from shopwarden.domain.ids import StoreId
from shopwarden.domain.sealing import Sealer
from shopwarden.errors import StopError

if TYPE_CHECKING:
    _Encodable = bytes | bytearray | memoryview[int] | str | int | float

PATIENCE = 0.25
LONGEST = timedelta(hours=24)
"""Nobody reads the hash of a customer who was forgotten, for their id is gone; what is left of it lasts no longer."""

_log = structlog.get_logger(__name__)
_TROUBLES = (RedisError, OSError, TimeoutError)


class CachedAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`answers` empty: the vendor knows nobody. `fresh_until` None: for ever."""

    answers: tuple[Answer, ...]
    at: datetime
    fresh_until: datetime | None = None
    made_up: bool = False


class AnswerCache:
    """Losing Redis means asking PostgreSQL, never an error. `owner`: the customer, or what else the question belongs to."""

    def __init__(self, url: str, sealer: Sealer) -> None:
        self._redis = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, protocol=2)
        self._sealer = sealer

    async def close(self) -> None:
        await self._redis.aclose()

    async def read(self, store_id: StoreId, owner: str, questions: Sequence[str]) -> dict[str, CachedAnswer]:
        """Question -> answer, of those that are there and still fresh. One round trip."""
        if not questions:
            return {}
        try:
            values = await self._redis.hmget(_key(store_id, owner), list(questions))
        except _TROUBLES as trouble:
            _log.warning("answer_cache_lost", error=type(trouble).__name__)
            return {}
        now = datetime.now(UTC)
        pairs = zip(questions, values, strict=True)
        found = {name: self._opened(store_id, value) for name, value in pairs if isinstance(value, bytes)}
        return {
            name: kept
            for name, kept in found.items()
            if kept is not None and (kept.fresh_until is None or kept.fresh_until > now)
        }

    async def keep(self, store_id: StoreId, owner: str, answers: Mapping[str, CachedAnswer]) -> None:
        """Keeps answers for what is left of their life, and all of a customer's for a day at most after the last."""
        lives = {name: _life(answer) for name, answer in answers.items()}
        sealed: dict[_Encodable, _Encodable] = {
            name: self._sealer.seal(msgspec.json.encode(answers[name]), _context(store_id))
            for name, life in lives.items()
            if life > 0
        }
        if not sealed:
            return
        key = _key(store_id, owner)
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.hset(key, mapping=sealed)
                pipeline.expire(key, LONGEST)
                await pipeline.execute()
        except _TROUBLES as trouble:
            _log.warning("answer_cache_lost", error=type(trouble).__name__)

    async def forget(self, store_id: StoreId, owner: str) -> None:
        try:
            await self._redis.delete(_key(store_id, owner))
        except _TROUBLES as trouble:
            _log.warning("answer_cache_lost", error=type(trouble).__name__)

    def _opened(self, store_id: StoreId, value: bytes) -> CachedAnswer | None:
        try:
            return msgspec.json.decode(self._sealer.open(value, _context(store_id)), type=CachedAnswer)
        except (StopError, msgspec.MsgspecError):
            # Sealed with a key that is gone, or written by another version.
            return None


def _life(answer: CachedAnswer) -> int:
    if answer.fresh_until is None:
        return int(LONGEST.total_seconds())
    return int(min(LONGEST, answer.fresh_until - datetime.now(UTC)).total_seconds())


def _key(store_id: StoreId, owner: str) -> str:
    return f"answers:{store_id}:{owner}"


def _context(store_id: StoreId) -> str:
    return f"answer-cache:{store_id}"
