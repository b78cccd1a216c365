"""One question on its way: claimed and committed, sent, read, settled. It goes on when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import structlog

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.answers import Unanswered
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.errors import RetryError, SkipError, StopError
from shopwarden.outbound.breaker import Breaker, after_fault
from shopwarden.outbound.exchange import milliseconds_since
from shopwarden.steps.settled import unanswered
from shopwarden.steps.vendor_landing import Landing, cached_answer, landing_of
from shopwarden.steps.vendor_outcome import Came, came, failed
from shopwarden.steps.vendor_questions import Open
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection
from shopwarden.store.faults import translated
from shopwarden.store.vendor_answers import (
    KeptAnswer,
    KeptFault,
    claim,
    give_up_lost,
    keep_answers,
    keep_fault,
    link_customer,
    read_answers,
)
from shopwarden.store.vendor_calls import (
    BreakerRow,
    Budget,
    Ended,
    count_call,
    count_days,
    end_call,
    keep_breaker_answer,
    keep_breaker_fault,
    locked_breaker,
    within_budget,
)

SLACK = timedelta(seconds=20)
"""Beyond the vendor's own time limit, before a claim without an answer counts as lost with its process."""
_LOOKS_AGAIN = (0.02, 0.25)
_KEEP_TRIES = 6

_log = structlog.get_logger(__name__)


class _Claimed(NamedTuple):
    number: int
    day: date


@dataclass(slots=True)
class Flight:
    """`landed` is set once the answer is committed. `is_late`: whoever asked has gone."""

    tools: VendorTools
    store_id: StoreId
    open: Open
    customer_id: CustomerId | None
    force: bool
    landed: asyncio.Future[Landing] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    is_late: bool = False

    async def run(self) -> None:
        """Never raises for what a vendor does. Cancelled, it leaves its claim behind, which then counts as lost."""
        try:
            ask = self._make_ask()
            if isinstance(ask, VendorFault):
                self._land(Landing(missing=self._why(ask.kind)))
                return
            claimed = await self._claim()
            if isinstance(claimed, str):
                self._land(Landing(missing=self._why(claimed)))
            elif claimed is None:
                self._land(await self._wait_for_other())
            else:
                await self._call(ask, claimed)
        finally:
            self._land(Landing(missing=self._why("unavailable")))

    def _land(self, landing: Landing) -> None:
        if not self.landed.done():
            self.landed.set_result(landing)

    def _why(self, kind: str) -> Unanswered:
        return unanswered(kind, self.open.title)

    def _make_ask(self) -> Ask | VendorFault:
        try:
            return self.open.lookup.ask(self.open.inquiry, self.open.connected.account)
        except VendorFault as fault:
            return fault
        except Exception as error:
            _log.error("vendor_ask_broke", lookup=self.open.key, error=type(error).__name__)
            return VendorFault("invalid_input", f"{self.open.key}: the question could not be made")

    async def _claim(self) -> _Claimed | str | None:
        """The claim, committed; "budget" where there is no money left for it; None where somebody else has it."""
        each, terms = self.open, self.open.connected
        lease = timedelta(seconds=terms.vendor.limits.total) + SLACK
        async with self.tools.database.transaction() as connection:
            budget = Budget(terms.daily_budget, terms.monthly_budget)
            if not await within_budget(connection, self.store_id, each.vendor, each.price, budget):
                await count_days(connection, self.store_id, "over_budget", [(each.vendor, each.key)])
                return "budget"
            number = await claim(
                connection, self.store_id, each.question, lease, repeatable=each.may_repeat, force=self.force
            )
            if number is None:
                return None
            day = await count_call(connection, self.store_id, each.vendor, each.key, each.price)
            if self.customer_id is not None:
                await link_customer(connection, self.store_id, [each.question], self.customer_id)
        return _Claimed(number, day)

    async def _wait_for_other(self) -> Landing:
        """Looks until whoever asks has an answer, or nobody waits here any more."""
        pause = _LOOKS_AGAIN[0]
        while not self.is_late:
            kept = await self._look()
            if kept is None or kept.state != "asking":
                return landing_of(self.open, kept)
            await asyncio.sleep(pause)
            pause = min(_LOOKS_AGAIN[1], pause * 1.5)
        return Landing(missing=self._why("asking"))

    async def _look(self) -> KeptAnswer | None:
        question = self.open.question
        async with self.tools.database.pool.acquire() as connection:
            read = await read_answers(connection, self.store_id, [question])
            kept = read.rows.get(question)
            if kept is None or read.now is None or kept.state != "asking" or not kept.is_over(read.now):
                return kept
            await lose(connection, self.store_id, self.open)
            return (await read_answers(connection, self.store_id, [question])).rows.get(question)

    async def _call(self, ask: Ask, claimed: _Claimed) -> None:
        begun = time.monotonic()
        reply, fault = await self._reply(ask)
        milliseconds = milliseconds_since(begun)
        outcome = self._read(reply, fault)

        is_kept = False

        async def settle() -> None:
            nonlocal is_kept
            async with self.tools.database.transaction() as connection:
                is_kept = await self._keep(connection, claimed, outcome)
                await end_call(connection, self.store_id, self._ended(claimed, outcome, reply, milliseconds))

        try:
            await _persist(settle)
        except SkipError:
            # An answer the database can't hold was none.
            fault = VendorFault("contract_changed", f"{self.open.key} gave an answer that can't be kept")
            outcome = failed(self.open, fault, reply)
            await _persist(settle)
        self._land(landing_of(self.open, outcome.kept, learnt=True))
        await self._afterwards(outcome, is_kept)

    async def _reply(self, ask: Ask) -> tuple[Reply | None, VendorFault | None]:
        terms = self.open.connected
        try:
            reply = await self.tools.outbound.ask(
                ask,
                limits=terms.vendor.limits,
                hosts=terms.hosts(),
                lane=f"{self.store_id}:{self.open.vendor}",
                repeatable=self.open.may_repeat,
            )
        except VendorFault as fault:
            return None, fault
        except StopError as error:
            return None, VendorFault("unavailable", str(error))
        return reply, None

    def _read(self, reply: Reply | None, fault: VendorFault | None) -> Came:
        if reply is not None:
            try:
                return came(self.open, self.open.lookup.read(reply), datetime.now(UTC))
            except VendorFault as read:
                fault = read
            except Exception as error:
                # Its text may hold what the vendor said of a person.
                _log.error("vendor_reply_broke", lookup=self.open.key, status=reply.status, error=type(error).__name__)
                fault = VendorFault("contract_changed", f"{self.open.key}: the reply could not be read")
        return failed(self.open, fault or VendorFault("unavailable", "no reply"), reply)

    async def _keep(self, connection: Connection, claimed: _Claimed, outcome: Came) -> bool:
        question = self.open.question
        if isinstance(outcome.kept, KeptAnswer):
            return await keep_answers(connection, self.store_id, question, claimed.number, outcome.kept)
        return await keep_fault(connection, self.store_id, question, claimed.number, outcome.kept)

    def _ended(self, claimed: _Claimed, outcome: Came, reply: Reply | None, milliseconds: int) -> Ended:
        kept = outcome.kept
        return Ended(
            vendor=self.open.vendor,
            lookup=self.open.key,
            day=claimed.day,
            outcome=kept.state if isinstance(kept, KeptAnswer) else kept.kind,
            milliseconds=milliseconds,
            cost=outcome.cost,
            given_back=self.open.price - outcome.cost,
            status=None if reply is None else reply.status,
            is_late=self.is_late,
            made_up=self.open.connected.account.made_up,
            detail=outcome.detail,
        )

    async def _afterwards(self, outcome: Came, is_kept: bool) -> None:
        """What the caller need not wait for: the breaker, the cache, and a new score where the answer came too late."""
        kept, tools, vendor = outcome.kept, self.tools, self.open.vendor
        async with tools.database.transaction() as connection:
            if isinstance(kept, KeptFault):
                row = await locked_breaker(connection, self.store_id, vendor)
                breaker = after_fault(Breaker(row.faults, row.open_until), kept.kind, datetime.now(UTC))
                after = BreakerRow(faults=breaker.faults, open_until=breaker.open_until)
                await keep_breaker_fault(connection, self.store_id, vendor, after, (kept.kind, kept.text))
                return
            await keep_breaker_answer(connection, self.store_id, vendor)
        if not is_kept:
            # Overtaken, or about somebody who was forgotten meanwhile.
            return
        if tools.cache is not None and self.customer_id is not None and (cached := cached_answer(kept)) is not None:
            await tools.cache.keep(self.store_id, str(self.customer_id), {self.open.cached_as: cached})
        if self.is_late and tools.on_late is not None:
            await tools.on_late(self.store_id, self.customer_id, self.open.key)


async def _persist(settle: Callable[[], Awaitable[None]]) -> None:
    """What was paid for is worth waiting for a database that is away for a moment. SkipError: it can't hold this."""
    for attempt in range(_KEEP_TRIES - 1):
        with suppress(RetryError), translated():
            await settle()
            return
        await asyncio.sleep(0.1 * 2.0**attempt)
    with translated():
        await settle()


async def lose(connection: Connection, store_id: StoreId, each: Open) -> None:
    """Notes a call whose process died before it was settled; its money stays spent, for it may have been charged."""
    async with connection.transaction():
        asked_at = await give_up_lost(connection, store_id, each.question)
        if asked_at is None:
            return
        ended = Ended(
            vendor=each.vendor,
            lookup=each.key,
            day=asked_at.astimezone(UTC).date(),
            outcome="lost",
            milliseconds=0,
            cost=each.price,
            made_up=each.connected.account.made_up,
        )
        await end_call(connection, store_id, ended)
    _log.warning("vendor_call_lost", vendor=each.key)
