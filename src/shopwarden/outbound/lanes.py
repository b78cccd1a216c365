"""Lanes: how many calls of one kind run at once and how fast they follow each other, in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shopwarden.contracts.vendor import Limits, VendorFault

MOST_LANES = 5_000


class Lane:
    """`per_second` is a token bucket that holds one second's worth of calls (at least one); 0 is no limit."""

    def __init__(self, limits: Limits) -> None:
        self._places = asyncio.Semaphore(max(1, limits.at_once))
        self._per_second = limits.per_second
        self._tokens = max(1.0, limits.per_second)
        self._filled_at = time.monotonic()
        self._closed_until = 0.0
        self.inside = 0

    def close_for(self, seconds: float) -> None:
        """The other side asked to be left alone for so long."""
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    @asynccontextmanager
    async def place(self, until: float) -> AsyncIterator[None]:
        """A place in the lane, waited for until the monotonic time `until`. VendorFault `rate_limited` where none comes free
        in time; then nothing was sent."""
        self.inside += 1
        try:
            async with asyncio.timeout(until - time.monotonic()):
                await self._places.acquire()
        except TimeoutError:
            self.inside -= 1
            raise VendorFault("rate_limited", "too many calls are under way already", after=1.0) from None
        except BaseException:
            self.inside -= 1
            raise
        try:
            await self._turn(until)
            yield
        finally:
            self._places.release()
            self.inside -= 1

    async def _turn(self, until: float) -> None:
        now = time.monotonic()
        wait = max(0.0, self._closed_until - now)
        if wait and now + wait >= until:
            raise VendorFault("rate_limited", "it asked to be left alone for a while", after=wait)
        if self._per_second > 0:
            # Taken at once, even into debt: whoever comes next waits behind, and nobody overtakes.
            room = max(1.0, self._per_second)
            tokens = min(room, self._tokens + (now - self._filled_at) * self._per_second)
            debt = max(0.0, 1.0 - tokens) / self._per_second
            if now + max(wait, debt) >= until:
                self._tokens, self._filled_at = tokens, now
                raise VendorFault("rate_limited", "its rate limit is used up", after=debt)
            self._tokens, self._filled_at = tokens - 1.0, now
            wait = max(wait, debt)
        if wait > 0:
            await asyncio.sleep(wait)


class Lanes:
    """Lanes by name, made when first asked for; idle ones are dropped when there are very many."""

    def __init__(self) -> None:
        self._lanes: dict[str, Lane] = {}

    def of(self, name: str, limits: Limits) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            if len(self._lanes) >= MOST_LANES:
                self._lanes = {each: kept for each, kept in self._lanes.items() if kept.inside}
            lane = self._lanes[name] = Lane(limits)
        return lane
