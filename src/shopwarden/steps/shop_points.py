"""The points a shop's GraphQL may cost: known to all tasks of this process, waited for in turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from shopwarden.vendors.shopify_graphql import Cost

UNKNOWN_COST = 20.0
"""Points a query is taken to cost before it was asked once."""
MOST_QUERIES = 500


class Points:
    """The points of one shop as this process knows them; asked for in turn, so that tasks together stay within them.

    Before the first answer nothing is known and nobody waits.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn, self._first = asyncio.Lock(), asyncio.Lock()
        self._available: float | None = None
        self._maximum, self._rate, self._at, self._held = 0.0, 0.0, 0.0, 0.0
        self._costs: dict[str, float] = {}

    @asynccontextmanager
    async def spending(self, query: str) -> AsyncIterator[None]:
        """Opens when there are points for this query, and holds them until it is left.

        What nobody has asked before goes alone first: many at once would spend what nobody has counted.
        """
        if self._is_known(query):
            async with self._holding(query):
                yield
            return
        async with self._first:
            if not self._is_known(query):
                async with self._holding(query):
                    yield
                return
        async with self._holding(query):
            yield

    def _is_known(self, query: str) -> bool:
        return self._available is not None and query in self._costs

    @asynccontextmanager
    async def _holding(self, query: str) -> AsyncIterator[None]:
        cost = self._costs.get(query, UNKNOWN_COST)
        async with self._turn:
            wait = self.wait_for(cost)
            while wait > 0:
                await asyncio.sleep(wait)
                wait = self.wait_for(cost)
            self._held += cost
            if self._available is not None:
                self._available -= cost
        try:
            yield
        finally:
            self._held -= cost

    def wait_for(self, cost: float) -> float:
        """Seconds until this many points are there; a query dearer than the whole bucket waits for a full one."""
        if self._available is None or self._rate <= 0:
            return 0.0
        now = self._clock()
        self._available = min(self._available + (now - self._at) * self._rate, self._maximum)
        self._at = now
        return max(min(cost, self._maximum) - self._available, 0.0) / self._rate

    def learn(self, query: str, cost: Cost | None) -> None:
        """What an answer said, heard while its points are still held; those of queries under way do not count as there."""
        if cost is None:
            return
        told, own = cost.throttle_status, self._costs.get(query, UNKNOWN_COST)
        self._maximum, self._rate, self._at = told.maximum_available, told.restore_rate, self._clock()
        self._available = told.currently_available - max(self._held - own, 0.0)
        if cost.requested_query_cost is not None:
            if len(self._costs) > MOST_QUERIES:
                self._costs.clear()
            self._costs[query] = cost.requested_query_cost
