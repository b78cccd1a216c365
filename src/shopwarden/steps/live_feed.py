"""From stored events to the live feed: keeps the newest state of each visitor for a moment, then publishes them together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import islice
from uuid import UUID

import structlog

from shopwarden.contracts.live import WINDOW_SECONDS
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.live.room import Load
from shopwarden.live.states import LiveLost, State, Streams
from shopwarden.steps.absorb import Work
from shopwarden.steps.live import Sight, live_state, sight_of_row, sight_of_work
from shopwarden.store.database import Database
from shopwarden.store.live import Terms, latest_visitors, live_terms, seen_lately, visitors_of
from shopwarden.store.live_standing import NOTHING, live_standings

TICK_SECONDS = 0.05
MOST_WAITING = 5_000
MOST_AT_ONCE = 256
"""Visitors published in one tick; the others wait for the next one, in their newest state."""
TERMS_SECONDS = 5.0
REST_SECONDS = 1.0


def _nobody(_: dict[UUID, list[State]]) -> None:
    """Hears nothing."""


Batch = dict[tuple[StoreId, UUID], Work]

_log = structlog.get_logger(__name__)


class LiveFeed:
    """`notice` is called with what is committed. `hear` is told the states that could not be published."""

    def __init__(self, database: Database, streams: Streams) -> None:
        self._database, self._streams = database, streams
        self.hear: Callable[[dict[UUID, list[State]]], None] = _nobody
        self._waiting: Batch = {}
        self._terms: dict[StoreId, tuple[float, Terms]] = {}
        self._left_out: set[UUID] = set()
        self._came = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._rest_until = 0.0
        self._is_over = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._is_over = True
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def notice(self, work: Sequence[Work]) -> None:
        """Only remembers: the events' senders are still waiting for their answer."""
        waiting = self._waiting
        for one in work:
            key = (one.visitor.store_id, one.visitor.id)
            waiting.pop(key, None)
            waiting[key] = one
        while len(waiting) > MOST_WAITING:
            key = next(iter(waiting))
            del waiting[key]
            self._left_out.add(key[0])
        self._came.set()

    async def load(self, store_id: UUID) -> Load:
        """Who is in a store, from the database."""
        store = StoreId(store_id)
        terms = await self._terms_of(store)
        seen = await seen_lately(self._database, store)
        rows = await latest_visitors(self._database, store)
        return Load(seen, await self._shown(store, [sight_of_row(row) for row in rows], terms))

    async def renew(self, store_id: StoreId, customer_id: CustomerId) -> None:
        """Publishes a customer's visitors anew: how they stand with the store has changed, though they did nothing."""
        try:
            if await self._streams.watched([store_id]):
                rows = await visitors_of(self._database, store_id, customer_id)
                sights = [sight_of_row(row) for row in rows]
                states = await self._shown(store_id, sights, await self._terms_of(store_id))
                if states:
                    await self._publish({store_id: states})
        except LiveLost:
            self._left_out.add(store_id)

    async def _shown(self, store_id: StoreId, sights: Sequence[Sight], terms: Terms) -> list[State]:
        """Each with how it stands; those without a session are left out."""
        standings = await live_standings(self._database, store_id, [sight.id for sight in sights])
        states = [live_state(sight, terms, standings.get(sight.id, NOTHING)) for sight in sights]
        return [state for state in states if state is not None]

    async def _run(self) -> None:
        while not self._is_over:
            await self._came.wait()
            self._came.clear()
            batch = self._take()
            try:
                await self._flush(batch)
            except Exception as error:
                self._left_out |= {store_id for store_id, _ in batch}
                _log.warning("live_feed_left_out", error=type(error).__name__)
            if self._waiting:
                self._came.set()
            await asyncio.sleep(TICK_SECONDS)

    def _take(self) -> Batch:
        """The longest waiting ones."""
        if len(self._waiting) <= MOST_AT_ONCE:
            batch, self._waiting = self._waiting, {}
            return batch
        return {key: self._waiting.pop(key) for key in list(islice(self._waiting, MOST_AT_ONCE))}

    async def _flush(self, batch: Batch) -> None:
        stores: list[UUID] = list({store_id for store_id, _ in batch})
        if time.monotonic() < self._rest_until:
            await self._publish_here(batch)
            return
        try:
            await self._mend()
            watched = set(await self._streams.watched(stores))
        except LiveLost:
            self._rest_until = time.monotonic() + REST_SECONDS
            await self._publish_here(batch)
            return
        states = await self._states({key: work for key, work in batch.items() if key[0] in watched})
        if states:
            await self._publish(states)

    async def _mend(self) -> None:
        """Whoever watches a store of which something was left out begins anew with a snapshot."""
        if self._left_out:
            await self._streams.interrupt(list(self._left_out))
            self._left_out.clear()

    async def _publish(self, states: dict[UUID, list[State]]) -> None:
        try:
            await self._streams.add(states)
        except LiveLost:
            self._rest_until = time.monotonic() + REST_SECONDS
            self._left_out |= states.keys()
            self.hear(states)

    async def _publish_here(self, batch: Batch) -> None:
        """The streams are away: this process's own viewers go on, all others get a snapshot once they are back."""
        self._left_out |= {store_id for store_id, _ in batch}
        self.hear(await self._states(batch))

    async def _states(self, batch: Batch) -> dict[UUID, list[State]]:
        sights: dict[StoreId, list[Sight]] = {}
        limit = time.time() - WINDOW_SECONDS
        for (store_id, _), work in batch.items():
            sight = sight_of_work(work)
            if sight is not None and sight.state.last_at >= limit:
                sights.setdefault(store_id, []).append(sight)
        states: dict[UUID, list[State]] = {}
        for store_id, seen in sights.items():
            if shown := await self._shown(store_id, seen, await self._terms_of(store_id)):
                states[store_id] = shown
        return states

    async def _terms_of(self, store_id: StoreId) -> Terms:
        known = self._terms.get(store_id)
        now = time.monotonic()
        if known is None or known[0] < now:
            known = (now + TERMS_SECONDS, await live_terms(self._database, store_id))
            self._terms[store_id] = known
        return known[1]
