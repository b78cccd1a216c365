"""A worker that is closing while Redis is away tries no more: the library would, without a pause, and nothing else ran."""

from __future__ import annotations

import bullmq
import pytest
import redis.asyncio
import redis.exceptions

from shopwarden.jobs.adapter import fetch_nothing_while_closing

MOST_TRIES = 50


class EnoughError(BaseException):
    """Past everything that is caught and tried again."""


@pytest.mark.parametrize("closing", [False, True])
async def test_nothing_is_fetched_from_a_lost_redis_while_closing(closing: bool) -> None:
    client = redis.asyncio.Redis(unix_socket_path="/nonexistent/redis.sock")
    options = {"autorun": False, "connection": client, "runRetryDelay": 0}
    worker = bullmq.Worker("webhook-processing", None, options)
    fetch_nothing_while_closing(worker)
    tries = 0

    async def fetch() -> object:
        nonlocal tries
        tries += 1
        if tries > MOST_TRIES:
            raise EnoughError
        raise redis.exceptions.ConnectionError

    worker.closing = closing
    if closing:
        assert await worker.retryIfFailed(fetch, {"delay_in_ms": 0, "only_emit_error": True}) is None
        assert tries == 1
    else:
        with pytest.raises(EnoughError):
            await worker.retryIfFailed(fetch, {"delay_in_ms": 0, "only_emit_error": True})
    await client.aclose()
