"""Delivers collected events to Segment, in batches, until it has taken them; what it never takes is kept with the reason."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import structlog

from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.errors import StopError
from shopwarden.steps.accounts import Connected, connected
from shopwarden.steps.sinks import SEGMENT
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection
from shopwarden.store.forwarding import (
    Waiting,
    again_later,
    clear_dead,
    delivered,
    given_up,
    stores_due,
    take_waiting,
)
from shopwarden.store.vendor_calls import Ended, count_call, end_call
from shopwarden.vendors.segment import LARGEST_MESSAGE, LONGEST_WAIT, MOST_IN_BATCH, batch_ask, fitting, read_batch

EVERY_SECONDS = 1.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
KEY_PAUSE = 300.0
"""A refused key stays refused until somebody changes it."""
GIVEN_UP_AFTER = timedelta(hours=24)
AT_ONCE = 4
LOOKUP = "segment.batch"
FREE = Decimal(0)
"""Segment charges by tracked user, not by call."""
_FINAL = frozenset({"invalid_input", "contract_changed"})

_log = structlog.get_logger(__name__)


class Forwarder:
    """One for each worker; several may run. A store Segment wants no more from for a while is left alone by this one."""

    def __init__(self, tools: VendorTools) -> None:
        self._tools = tools
        self._paused: dict[StoreId, float] = {}

    async def run(self) -> None:
        """Delivers what is due, every second, until it is cancelled; what is under way then is delivered again later, and
        known to Segment by its message ids."""
        while True:
            try:
                await self.once()
            except Exception as problem:
                _log.warning("forwarding_interrupted", error=type(problem).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> int:
        """Delivers all that is due now; answers how many events Segment took."""
        due = [store for store in await stores_due(self._tools.database, SEGMENT) if not self._is_paused(store)]
        room = asyncio.Semaphore(AT_ONCE)

        async def one(store_id: StoreId) -> int:
            async with room:
                return await self._deliver(store_id)

        return sum(await asyncio.gather(*(one(store) for store in due)))

    def _is_paused(self, store_id: StoreId) -> bool:
        until = self._paused.get(store_id)
        if until is None or until <= time.monotonic():
            self._paused.pop(store_id, None)
            return False
        return True

    async def _deliver(self, store_id: StoreId) -> int:
        async with self._tools.database.pool.acquire() as connection:
            account = (await connected(self._tools, connection, store_id)).get(SEGMENT)
        total = 0
        while account is not None and not self._is_paused(store_id):
            async with self._tools.database.transaction() as connection:
                waiting = await take_waiting(connection, store_id, SEGMENT, MOST_IN_BATCH)
                if not waiting:
                    break
                total += await self._send(connection, store_id, account, waiting)
        return total

    async def _send(self, connection: Connection, store_id: StoreId, account: Connected, waiting: Sequence[Waiting]) -> int:
        """One batch of those that fit; the rest stays for the next."""
        large = [each.id for each in waiting if len(each.body) > LARGEST_MESSAGE]
        if large:
            await given_up(connection, store_id, large, f"larger than {LARGEST_MESSAGE} bytes, which Segment does not take")
        rest = [each for each in waiting if len(each.body) <= LARGEST_MESSAGE]
        batch = rest[: fitting([len(each.body) for each in rest])]
        return await self._settle(connection, store_id, account, batch) if batch else 0

    async def _settle(self, connection: Connection, store_id: StoreId, account: Connected, batch: Sequence[Waiting]) -> int:
        fault = await self._call(connection, store_id, account, batch)
        ids = [each.id for each in batch]
        if fault is None:
            await delivered(connection, store_id, ids)
            return len(batch)
        if fault.kind not in _FINAL:
            await self._postpone(connection, store_id, batch, fault)
        elif len(batch) > 1:
            # One message it can't take must not take its neighbours along.
            half = len(batch) // 2
            first = await self._settle(connection, store_id, account, batch[:half])
            return first + await self._settle(connection, store_id, account, batch[half:])
        else:
            await given_up(connection, store_id, ids, str(fault))
        return 0

    async def _call(
        self, connection: Connection, store_id: StoreId, account: Connected, batch: Sequence[Waiting]
    ) -> VendorFault | None:
        begun, status = time.monotonic(), None
        fault: VendorFault | None = None
        sent_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        ask = batch_ask([each.body for each in batch], account.account, sent_at, max(each.tries for each in batch))
        try:
            reply = await self._tools.outbound.ask(
                ask, limits=account.vendor.limits, hosts=account.hosts(), lane=f"{store_id}:{SEGMENT}"
            )
            status = reply.status
            read_batch(reply)
        except VendorFault as raised:
            fault = raised
        except StopError as raised:
            fault = VendorFault("unavailable", str(raised))
        day = await count_call(connection, store_id, SEGMENT, LOOKUP, FREE)
        ended = Ended(
            vendor=SEGMENT,
            lookup=LOOKUP,
            day=day,
            outcome="answered" if fault is None else fault.kind,
            milliseconds=round((time.monotonic() - begun) * 1000),
            cost=FREE,
            status=status,
            made_up=account.account.made_up,
            detail=f"{len(batch)} events" if fault is None else str(fault),
        )
        await end_call(connection, store_id, ended)
        return fault

    async def _postpone(
        self, connection: Connection, store_id: StoreId, batch: Sequence[Waiting], fault: VendorFault
    ) -> None:
        wait = wait_for(fault, max(each.tries for each in batch))
        self._paused[store_id] = time.monotonic() + wait
        oldest = datetime.now(UTC) - GIVEN_UP_AFTER
        old = [each.id for each in batch if each.created_at < oldest]
        if old:
            await given_up(connection, store_id, old, f"not taken within 24 hours: {fault}")
        young = [each.id for each in batch if each.created_at >= oldest]
        if young:
            await again_later(connection, store_id, young, timedelta(seconds=wait), str(fault))
        _log.warning("events_not_taken", store_id=str(store_id), events=len(batch), fault=fault.kind, seconds=round(wait, 1))


def wait_for(fault: VendorFault, tries: int, chance: float | None = None) -> float:
    """Seconds until the next try: what Segment asks for, at most 300; else 0.5 to 60, doubling, a random half left off."""
    if fault.after is not None:
        return min(max(fault.after, SHORTEST_PAUSE), LONGEST_WAIT)
    if fault.kind == "auth":
        return KEY_PAUSE
    full = min(LONGEST_PAUSE, SHORTEST_PAUSE * 2.0 ** min(tries, 30))
    return full * (1 - (random.random() if chance is None else chance) / 2)


async def keep_forwarding(tools: VendorTools) -> None:
    """Runs beside a worker's jobs until it is cancelled."""
    await Forwarder(tools).run()


async def clear(tools: VendorTools) -> None:
    await clear_dead(tools.database)


PLANNED: tuple[tuple[str, float, Callable[[VendorTools], Awaitable[None]]], ...] = (("events no sink took", 3600.0, clear),)
