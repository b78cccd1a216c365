"""Asks all of a store's vendors about one subject: in parallel, within one deadline, each settling on its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict, Unpack

import structlog

from shopwarden.domain.answers import Unanswered
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.inquiry import Inquiry
from shopwarden.errors import StopError
from shopwarden.outbound.breaker import Breaker, probing, stand
from shopwarden.outbound.cache import CachedAnswer
from shopwarden.steps.accounts import Connected, connected
from shopwarden.steps.settled import Known, Settled, unanswered
from shopwarden.steps.vendor_flight import Flight
from shopwarden.steps.vendor_landing import Landing, cached_answer, known_of, landing_of
from shopwarden.steps.vendor_questions import Open, open_questions, question_secret
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Connection
from shopwarden.store.vendor_answers import KeptAnswer, Read, link_customer, may_be_claimed, read_answers
from shopwarden.store.vendor_calls import Counter, count_days, take_probe

_log = structlog.get_logger(__name__)


class Wishes(TypedDict, total=False):
    """lookups:  keys of those wanted; None: all.
    deadline: seconds the caller waits; a call under way goes on without it, up to the vendor's own time limit.
    force:    asks again what is fresh, unless it was asked within the last minute: a person wants it.
    customer_id: whom the answers are about.
    chosen:   look-ups left out by choice, with a sentence that says why; what is kept of them is used all the same.
    """

    lookups: Sequence[str] | None
    deadline: float
    force: bool
    customer_id: CustomerId | None
    chosen: Mapping[str, str]


async def ask_vendors(tools: VendorTools, store_id: StoreId, inquiry: Inquiry, **wishes: Unpack[Wishes]) -> Settled:
    """What is known and what the connected vendors say now. Raises nothing for what a vendor does."""
    async with tools.database.pool.acquire() as connection:
        accounts = await connected(tools, connection, store_id)
    return await ask_accounts(tools, accounts, store_id, inquiry, **wishes)


async def ask_accounts(
    tools: VendorTools,
    accounts: Mapping[str, Connected],
    store_id: StoreId,
    inquiry: Inquiry,
    **wishes: Unpack[Wishes],
) -> Settled:
    """As `ask_vendors`, with accounts already at hand."""
    asking = _Asking(tools, store_id, wishes, time.monotonic())
    try:
        async with tools.database.pool.acquire() as connection:
            secret = await question_secret(tools, connection, store_id)
            opened = open_questions(accounts, inquiry, secret, asking.wanted)
            await asking.use_kept(connection, opened)
            flights = await asking.start(connection)
    except StopError:
        _log.error("vendor_questions_sealed", store_id=str(store_id))
        keys = [(each, lookup.key) for each in accounts.values() for lookup in each.vendor.lookups]
        return Settled(missing={key: unanswered("sealed", each.vendor.title) for each, key in keys})
    await asking.wait_for(flights)
    asking.count()
    return asking.settled()


async def known_answers(
    tools: VendorTools,
    connection: Connection,
    store_id: StoreId,
    inquiry: Inquiry,
    lookups: Sequence[str] | None = None,
) -> Settled:
    """What is kept already; asks nobody. What was never asked is not in it at all."""
    accounts = await connected(tools, connection, store_id)
    if not accounts:
        return Settled()
    opened = open_questions(accounts, inquiry, await question_secret(tools, connection, store_id), lookups)
    read = await read_answers(connection, store_id, [each.question for each in opened])
    asking = _Asking(tools, store_id, {}, time.monotonic())
    for each in opened:
        kept = read.rows.get(each.question)
        if kept is not None:
            asking.take(each, landing_of(each, kept))
    return asking.settled()


@dataclass
class _Asking:
    """One run of `ask_accounts`."""

    tools: VendorTools
    store_id: StoreId
    wishes: Wishes
    begun: float
    answers: dict[str, Known] = field(default_factory=dict)
    missing: dict[str, Unanswered] = field(default_factory=dict)
    learnt: set[str] = field(default_factory=set)
    to_ask: list[Open] = field(default_factory=list)
    counted: dict[Counter, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def wanted(self) -> Sequence[str] | None:
        return self.wishes.get("lookups")

    @property
    def force(self) -> bool:
        return self.wishes.get("force", False)

    @property
    def customer_id(self) -> CustomerId | None:
        return self.wishes.get("customer_id")

    def settled(self) -> Settled:
        return Settled(answers=self.answers, missing=self.missing, learnt=tuple(sorted(self.learnt)))

    def take(self, each: Open, landing: Landing) -> None:
        if landing.known is not None:
            self.answers[each.key] = landing.known
        if landing.missing is not None:
            self.missing[each.key] = landing.missing
        if landing.learnt and landing.known is not None:
            self.learnt.add(each.key)

    async def use_kept(self, connection: Connection, opened: Sequence[Open]) -> None:
        """Takes what is at hand; the rest is to be asked."""
        rest = await self._without_cached(opened)
        read = await read_answers(connection, self.store_id, [each.question for each in rest])
        if self.customer_id is not None and read.rows:
            await link_customer(connection, self.store_id, read.rows, self.customer_id)
        fresh: dict[str, CachedAnswer] = {}
        for each in rest:
            kept = read.rows.get(each.question)
            if kept is not None and self._use(each, kept, read) and (at_hand := cached_answer(kept)) is not None:
                fresh[each.cached_as] = at_hand
        if self.tools.cache is not None and self.customer_id is not None and fresh:
            self.tools.run(self.tools.cache.keep(self.store_id, str(self.customer_id), fresh))

    async def _without_cached(self, opened: Sequence[Open]) -> list[Open]:
        cache, customer_id = self.tools.cache, self.customer_id
        if cache is None or customer_id is None or self.force:
            self.to_ask = list(opened)
            return self.to_ask
        found = await cache.read(self.store_id, str(customer_id), [each.cached_as for each in opened])
        self.to_ask = []
        for each in opened:
            cached = found.get(each.cached_as)
            if cached is None:
                self.to_ask.append(each)
            else:
                self.answers[each.key] = Known(answers=cached.answers, at=cached.at, made_up=cached.made_up)
                self._count("from_store", each)
        return list(self.to_ask)

    def _use(self, each: Open, kept: KeptAnswer, read: Read) -> bool:
        """Takes what a row says; True where it is a fresh answer. What may be asked anew stays on the list."""
        now = read.now or datetime.now(UTC)
        known = known_of(kept, now)
        if known is not None:
            self.answers[each.key] = known
        is_stuck = kept.state == "asking"
        if is_stuck or may_be_claimed(kept, now, repeatable=each.may_repeat, force=self.force):
            return False
        self.to_ask.remove(each)
        if known is not None and known.fresh:
            self._count("from_store", each)
            return True
        landing = landing_of(each, kept)
        if landing.missing is not None:
            self.missing[each.key] = landing.missing
        return False

    async def start(self, connection: Connection) -> list[Flight]:
        """Sends off what has to be asked and may be."""
        flights: list[Flight] = []
        left_alone: dict[str, bool] = {}
        for each in self.to_ask:
            why = self._left_out(each)
            if why is None and not self.force:
                # The first look-up of a half-open vendor is the one that tries it.
                if each.vendor not in left_alone or each.connected.open_until is not None:
                    left_alone[each.vendor] = await self._is_left_alone(connection, each, each.vendor in left_alone)
                if left_alone[each.vendor]:
                    why = unanswered("breaker", each.title, each.connected.open_until)
            if why is not None:
                self.missing[each.key] = why
                continue
            flight = Flight(self.tools, self.store_id, each, self.customer_id, self.force)
            self.tools.run(flight.run())
            flights.append(flight)
        return flights

    def _left_out(self, each: Open) -> Unanswered | None:
        reason = self.wishes.get("chosen", {}).get(each.key)
        if reason is not None:
            self._count("not_worth", each)
            return Unanswered(kind="policy", sentence=reason)
        if each.connected.policy == "by_hand" and not self.force:
            return unanswered("by_hand", each.title)
        return None

    async def _is_left_alone(self, connection: Connection, each: Open, is_tried: bool) -> bool:
        terms, now = each.connected, datetime.now(UTC)
        breaker = Breaker(terms.faults, terms.open_until)
        state = stand(breaker, now)
        if state == "closed" or terms.open_until is None:
            return False
        until = probing(breaker, now).open_until
        if state == "open" or is_tried or until is None:
            return True
        return not await take_probe(connection, self.store_id, each.vendor, terms.open_until, until)

    async def wait_for(self, flights: Sequence[Flight]) -> None:
        """Takes what lands in time; the rest flies on and is kept for the next score."""
        if not flights:
            return
        left = self.begun + self.wishes.get("deadline", 3.0) - time.monotonic()
        try:
            await asyncio.wait([flight.landed for flight in flights], timeout=max(0.0, left))
        finally:
            # Also where the caller is cancelled: then everything is late.
            for flight in flights:
                if flight.landed.done():
                    self.take(flight.open, flight.landed.result())
                else:
                    flight.is_late = True
                    self.missing[flight.open.key] = unanswered("late", flight.open.title)

    def _count(self, counter: Counter, each: Open) -> None:
        self.counted.setdefault(counter, []).append((each.vendor, each.key))

    def count(self) -> None:
        """Notes what was answered without a call, beside whatever comes next."""
        if self.counted:
            self.tools.run(_count(self.tools, self.store_id, self.counted))


async def _count(tools: VendorTools, store_id: StoreId, counted: Mapping[Counter, list[tuple[str, str]]]) -> None:
    async with tools.database.pool.acquire() as connection:
        for counter, lookups in counted.items():
            await count_days(connection, store_id, counter, lookups)
