"""Live rate limits: shared by all processes through Redis, kept in this process while Redis is away."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from shopwarden.domain.rate import Allowance, take
from shopwarden.errors import RefuseError

_log = structlog.get_logger(__name__)
MOST_CALLERS_HERE = 50_000
REST_SECONDS = 5.0
"""How long Redis is left alone after it failed, so that no request waits for a dead server."""

# The same arithmetic as domain.rate.take, where the number lives; `time` of the server, so clocks of processes don't matter.
_SCRIPT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local limit, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local step = period / limit
local base = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = base + step
if after - now > period + step * 0.000001 then
  return {'0', tostring(base - now), tostring(after - now - period)}
end
redis.call('SET', KEYS[1], string.format('%.6f', after), 'PX', math.ceil((after - now) * 1000) + 1000)
local left = math.max(0, math.floor((period - (after - now)) / step + 0.000001))
return {tostring(left), tostring(after - now), '0'}
"""


class Limiter:
    """Counts callers by name. Names are hashed by the caller where they would be personal data."""

    def __init__(self, client: redis.asyncio.Redis | None) -> None:
        self._script = client.register_script(_SCRIPT) if client is not None else None
        self._here: OrderedDict[str, float] = OrderedDict()
        self._rest_until = 0.0

    async def take(self, name: str, limit: int, period: float = 60.0) -> Allowance:
        """One request of `name`, who may make `limit` in `period` seconds."""
        if self._script is not None and time.monotonic() >= self._rest_until:
            try:
                left, reset, wait = await self._script(keys=[f"rate:{name}"], args=[limit, period])
                return Allowance(limit, int(float(left)), float(reset), float(wait))
            except (RedisError, OSError, TimeoutError) as error:
                self._rest_until = time.monotonic() + REST_SECONDS
                _log.warning("rate_limits_local", error=type(error).__name__)
        return self._take_here(name, limit, period)

    def _take_here(self, name: str, limit: int, period: float) -> Allowance:
        arrival, allowance = take(self._here.get(name), time.monotonic(), limit, period)
        self._here[name] = arrival
        self._here.move_to_end(name)
        if len(self._here) > MOST_CALLERS_HERE:
            self._here.popitem(last=False)
        return allowance


def tightest(allowances: Sequence[Allowance]) -> Allowance:
    """The one that refuses longest, else the one with the least left."""
    return max(allowances, key=lambda allowance: (allowance.wait, -allowance.remaining))


def refuse_beyond(allowance: Allowance) -> None:
    """RefuseError 429 if the allowance is used up."""
    if not allowance.is_allowed:
        headers = allowance.headers()
        raise RefuseError(
            f"Too many requests; wait {headers['Retry-After']} s.",
            status=429,
            type="too-many-requests",
            headers={"Retry-After": headers["Retry-After"]},
        )
