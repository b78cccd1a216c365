"""What connected vendors say of one case: read from what is kept, and asked anew where a decision wants it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import NamedTuple

import structlog
from msgspec import structs

from shopwarden.domain.answers import Unanswered, VendorFacts
from shopwarden.domain.facts import Facts
from shopwarden.domain.ids import CustomerId, OrderId, StoreId
from shopwarden.domain.inquiry import Inquiry
from shopwarden.domain.verdict import Weights
from shopwarden.domain.worth_asking import left_out
from shopwarden.errors import StopError
from shopwarden.steps.accounts import Connected, connected
from shopwarden.steps.ask_vendors import ask_vendors, known_answers
from shopwarden.steps.inquiries import Sight, inquiry_of
from shopwarden.steps.settled import Settled, unanswered, vendor_facts
from shopwarden.steps.swings import Open as OpenLookup
from shopwarden.steps.swings import weigh, with_vendors
from shopwarden.steps.vendor_questions import Open, open_questions, question_secret
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.asked_rows import AskedRows, read_asked_rows
from shopwarden.store.database import Connection
from shopwarden.store.facts_rows import OrderRow

log = structlog.get_logger(__name__)

ACCOUNTS_SECONDS = 5.0
"""So long a process goes on with the accounts it read: most decisions of most stores ask nobody, and must not pay for it."""
CHECK_MILLISECONDS = 800
"""How long an order check waits for vendors, where the store's settings name nothing else (`check_deadline_ms`)."""
LONGEST_CHECK_MILLISECONDS = 10_000
MOST_WAITING = 5
"""Checks of this process that wait for vendors at the same moment, each with a connection in its hand: further ones take
what is kept, so that a vendor that hangs holds up neither them nor anybody else."""


class Asking(NamedTuple):
    """`seconds`: how long to wait; None: what the store allows for a check. `force`: a person wants everything anew.
    `everything`: also what says nothing about risk. `only_always`: nothing but what the store wants always."""

    seconds: float | None = None
    force: bool = False
    everything: bool = False
    only_always: bool = False


class Whom(NamedTuple):
    """Whom a case is about, for the question that is made of it."""

    customer_id: CustomerId | None
    order: OrderRow | None
    sight: Sight


@dataclass(frozen=True)
class View:
    """`opened`: the questions that can be put; `settled`: what is known of them."""

    tools: VendorTools
    store_id: StoreId
    customer_id: CustomerId | None
    order_id: OrderId | None
    inquiry: Inquiry
    rows: AskedRows
    opened: Sequence[Open]
    settled: Settled

    def facts(self) -> VendorFacts | None:
        """What a score may be made of; None where no connected vendor could say anything about the risk of this case."""
        told = vendor_facts(self.settled)
        scoring = {each.key: each for each in self.opened if each.lookup.subject != "person"}
        kept = {key: why for key, why in told.missing.items() if key in scoring or not self.opened}
        for key, each in scoring.items():
            if key not in self.settled.answers and key not in kept:
                kept[key] = _not_yet(each)
        if not scoring and not kept:
            return None
        answered = {key: at for key, at in told.answered_at.items() if key in scoring}
        made_up = any(self.settled.answers[key].made_up for key in answered)
        return structs.replace(told, answered_at=answered, missing=dict(sorted(kept.items())), made_up=made_up)

    async def asked(self, offline: Facts, weights: Weights, asking: Asking) -> View:
        """The same after asking whom the policy lets ask, for as long as may be waited."""
        seconds = check_seconds(self.rows.settings) if asking.seconds is None else asking.seconds
        if seconds <= 0 or not self.opened:
            return self
        known = self.settled.answers
        open_now = [each for each in self.opened if asking.force or each.key not in known or not known[each.key].fresh]
        wanted = [
            each
            for each in self.opened
            if (asking.everything or each.lookup.subject != "person")
            and (not asking.only_always or each.connected.policy == "always")
        ]
        is_check = asking.seconds is None
        if not open_now or not wanted or (is_check and len(_waiting) >= MOST_WAITING):
            return self
        chosen = {} if asking.force else self._left_out(offline, weights, open_now)
        with _counted(is_check):
            settled = await self._ask(wanted, seconds, asking.force, chosen)
        return replace(self, settled=self._with_the_rest(settled))

    async def _ask(self, wanted: Sequence[Open], seconds: float, force: bool, chosen: dict[str, str]) -> Settled:
        return await ask_vendors(
            self.tools,
            self.store_id,
            self.inquiry,
            lookups=[each.key for each in wanted],
            deadline=seconds,
            force=force,
            customer_id=self.customer_id,
            chosen=chosen,
        )

    def _with_the_rest(self, settled: Settled) -> Settled:
        """What was known of look-ups that were not among those asked for stays known."""
        return structs.replace(
            settled, answers=self.settled.answers | settled.answers, missing=self.settled.missing | settled.missing
        )

    def unasked(self, offline: Facts, weights: Weights) -> View:
        """The same with the reasons why the policy would leave look-ups out."""
        known = self.settled.answers
        open_now = [each for each in self.opened if each.key not in known or not known[each.key].fresh]
        reasons = self._left_out(offline, weights, open_now) if open_now else {}
        missing = {key: Unanswered(kind="policy", sentence=why) for key, why in reasons.items()}
        return replace(self, settled=structs.replace(self.settled, missing=missing | self.settled.missing))

    def _left_out(self, offline: Facts, weights: Weights, opened: Sequence[Open]) -> dict[str, str]:
        facts = with_vendors(offline, self.facts())
        askable = [each for each in opened if each.connected.policy != "by_hand"]
        if all(each.connected.policy == "always" or each.price <= 0 for each in askable):
            return {}
        listed = [
            OpenLookup(each.key, each.title, each.lookup.subject, each.price, each.connected.policy) for each in askable
        ]
        return left_out(*weigh(facts, weights, listed))


_waiting: set[object] = set()


@contextmanager
def _counted(is_check: bool) -> Iterator[None]:
    """Counts a check among those waiting while it waits."""
    mark = object()
    if is_check:
        _waiting.add(mark)
    try:
        yield
    finally:
        _waiting.discard(mark)


def _not_yet(each: Open) -> Unanswered:
    until = each.connected.open_until
    if until is not None and until > datetime.now(UTC):
        return unanswered("breaker", each.title, until)
    if each.connected.policy == "by_hand":
        return unanswered("by_hand", each.title)
    return Unanswered(kind="asking", sentence=f"{each.title} has not been asked about this yet.")


def check_seconds(settings: Mapping[str, object]) -> float:
    """Seconds an order check may wait for vendors; 0: it does not wait."""
    stated = settings.get("check_deadline_ms")
    if isinstance(stated, bool) or not isinstance(stated, int | float) or not 0 <= stated <= LONGEST_CHECK_MILLISECONDS:
        stated = CHECK_MILLISECONDS
    return stated / 1000


async def view_of(tools: VendorTools | None, connection: Connection, store_id: StoreId, whom: Whom) -> View | None:
    """What is kept of this case, asking nobody. None where no vendor with look-ups is connected: then it costs nothing."""
    if tools is None:
        return None
    accounts = await accounts_of(tools, connection, store_id)
    if not accounts:
        return None
    order = whom.order
    rows = await read_asked_rows(connection, store_id, whom.customer_id, OrderId(order.id) if order is not None else None)
    inquiry = inquiry_of(datetime.now(UTC), order, rows, whom.sight)
    try:
        opened = open_questions(accounts, inquiry, await _secret(tools, connection, store_id))
        settled = await known_answers(tools, connection, store_id, inquiry)
    except StopError:
        log.warning("questions to vendors are sealed with another key", store_id=str(store_id))
        opened, settled = [], Settled(missing=_sealed(accounts))
    order_id = OrderId(order.id) if order is not None else None
    return View(tools, store_id, whom.customer_id, order_id, inquiry, rows, opened, settled)


async def _secret(tools: VendorTools, connection: Connection, store_id: StoreId) -> bytes:
    """Where it is new it is made outside of the transaction at hand: answers that are found by it must not outlive it."""
    if store_id in tools.question_keys or not connection.is_in_transaction():
        return await question_secret(tools, connection, store_id)
    async with tools.database.pool.acquire() as own:
        return await question_secret(tools, own, store_id)


def _sealed(accounts: Mapping[str, Connected]) -> dict[str, Unanswered]:
    return {
        lookup.key: unanswered("sealed", each.vendor.title)
        for each in accounts.values()
        for lookup in each.vendor.lookups
        if lookup.subject != "person"
    }


_remembered: dict[StoreId, tuple[float, VendorTools, dict[str, Connected]]] = {}


async def accounts_of(tools: VendorTools, connection: Connection, store_id: StoreId) -> dict[str, Connected]:
    """The accounts whose vendors have look-ups; at most five seconds old in this process."""
    found = _remembered.get(store_id)
    if found is not None and found[0] > monotonic() and found[1] is tools:
        return found[2]
    accounts = await connected(tools, connection, store_id)
    asked = {name: each for name, each in accounts.items() if each.vendor.lookups}
    if len(_remembered) > 10_000:
        _remembered.clear()
    _remembered[store_id] = (monotonic() + ACCOUNTS_SECONDS, tools, asked)
    return asked


def forget_accounts() -> None:
    """Accounts are read anew at the next decision of this process."""
    _remembered.clear()
