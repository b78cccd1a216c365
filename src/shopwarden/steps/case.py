"""One decision from start to verdict: facts fetched, looked up, put together and judged."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from shopwarden.domain.facts import Facts
from shopwarden.domain.heard import Heard
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.list_entry import Listable, keys_of
from shopwarden.domain.policy import Policy
from shopwarden.domain.verdict import Verdict
from shopwarden.steps.facts import Materials, assemble
from shopwarden.steps.inquiries import Sight
from shopwarden.steps.judge import judge_and_keep
from shopwarden.steps.listed import listable_of
from shopwarden.steps.look_up import given_lookup, look_up
from shopwarden.steps.swings import deciders, with_vendors
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.steps.vendor_view import Asking, View, Whom, view_of
from shopwarden.store.database import Connection
from shopwarden.store.facts import fetch_background, fetch_store_values
from shopwarden.store.facts_rows import Background, OrderRow, Question, StoreValues
from shopwarden.store.joining import Clues, Joined
from shopwarden.vendors.offline.ip import IpLookup


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a decision is about. `at` is when facts are taken; counts run up to the order's own time."""

    at: datetime
    policy: Policy
    email: str | None
    customer_id: CustomerId | None = None
    order: OrderRow | None = None
    joined: Joined | None = None
    attempts: int | None = None
    of_customer: bool = False
    shop_customer: str | None = None
    """The shop's own id of the customer as the caller says it: who is listed by it need not be known here."""


class Judging(msgspec.Struct, frozen=True, kw_only=True):
    """How to judge. `now`: the time of the verdict. `tools`: what vendors are asked with; None: as if none was connected.
    `asking`: vendors are asked now; None: what is kept has to do. `lookup`: another offline look-up than the process's."""

    now: datetime | None = None
    lookup: IpLookup | None = None
    tools: VendorTools | None = None
    asking: Asking | None = None

    def moment(self) -> datetime:
        return self.now or datetime.now(UTC)


AS_KEPT = Judging()


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """`view` is what vendors were known to say, None where none is connected. `heard` is kept beside the verdict."""

    facts: Facts
    verdict: Verdict
    background: Background
    heard: Heard
    view: View | None = None


async def decide(connection: Connection, store_id: StoreId, case: Case, how: Judging = AS_KEPT) -> Judged:
    """One round trip for the facts (a second one every five minutes for what is usual in the store); three more where
    vendors are connected, and the wait for those that are asked."""
    subject = str(case.order.external_id if case.order is not None else case.customer_id or "")
    values = await fetch_store_values(connection, store_id, case.order.currency if case.order is not None else None)
    background = await fetch_background(connection, store_id, _question(case, values))
    offline = assemble(
        Materials(
            at=case.at,
            values=values,
            background=background,
            looked_up=look_up(case.order, case.email, background, how.lookup or given_lookup()),
            order=case.order,
            joined_by=case.joined.joined_by if case.joined is not None else None,
            attempts=case.attempts,
            of_customer=case.of_customer,
        )
    )
    view = await view_of(how.tools, connection, store_id, _whom(case, offline))
    if view is not None:
        asking = how.asking
        view = (
            view.unasked(offline, case.policy.weights)
            if asking is None
            else await view.asked(offline, case.policy.weights, asking)
        )
    if view is None:
        verdict, heard = judge_and_keep(offline, case.policy.weights, case.policy.ruleset, subject)
        return Judged(facts=offline, verdict=verdict, background=background, heard=heard)
    vendor = view.facts()
    facts = with_vendors(_located(offline, view, how.lookup or given_lookup()), vendor)
    verdict, heard = judge_and_keep(facts, case.policy.weights, case.policy.ruleset, subject)
    decided_by = deciders(offline, vendor, verdict.advice, case.policy, subject)
    verdict = replace(verdict, decided_by=decided_by)
    return Judged(facts=facts, verdict=verdict, background=background, heard=heard, view=view)


def _whom(case: Case, offline: Facts) -> Whom:
    order, joined = case.order, case.joined
    agent = (order.user_agent if order is not None else None) or (offline.device.user_agent if offline.device else None)
    sight = Sight(
        ip=offline.ip.address if offline.ip is not None else None,
        user_agent=agent,
        email=offline.email.address if offline.email is not None else None,
        phone=offline.phone.number if offline.phone is not None else None,
        session_id=str(joined.session_id) if joined is not None and joined.session_id is not None else None,
    )
    return Whom(case.customer_id, order, sight)


def _located(offline: Facts, view: View, lookup: IpLookup) -> Facts:
    """Where the case itself showed no address, the one that vendors were asked about."""
    if offline.ip is not None or view.inquiry.ip is None:
        return offline
    return replace(offline, ip=lookup.lookup(view.inquiry.ip))


def _question(case: Case, values: StoreValues) -> Question:
    order, joined = case.order, case.joined
    device = joined.device_id if joined is not None else None
    keys = keys_of(_listable(case))
    return Question(
        at=case.at,
        seasoned_before=case.at - values.chargeback_window,
        counts_at=order.created_at if order is not None else case.at,
        external_id=order.external_id if order is not None else None,
        checkout_token=order.checkout_token if order is not None else None,
        customer_id=case.customer_id,
        visitor_id=joined.visitor_id if joined is not None else None,
        session_id=joined.session_id if joined is not None else None,
        device_id=device,
        strong_device_id=device if joined is not None and joined.device_is_strong else None,
        ip=order.browser_ip if order is not None else None,
        email=case.email,
        shipping_key=order.shipping_key or None if order is not None else None,
        card_key=order.card_key if order is not None else None,
        list_kinds=tuple(key.kind for key in keys),
        list_values=tuple(key.value for key in keys),
    )


def _listable(case: Case) -> Listable:
    customer = str(case.customer_id) if case.customer_id is not None else None
    if case.order is None:
        return Listable(customer=customer, email=case.email)
    return replace(listable_of(case.order), customer=customer, shop_customer=case.shop_customer, email=case.email)


def clues_of(order: OrderRow, customer_id: CustomerId | None) -> Clues:
    """What a stored order says of its visitor."""
    return Clues(
        checkout_token=order.checkout_token,
        cart_token=order.cart_token,
        customer_id=customer_id,
        email=order.email,
        ip=order.browser_ip,
    )
