"""Assesses stored orders and customers: once per cause, with the verdict, its facts and its effects written together."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from shopwarden.domain.ids import CustomerId, OrderId, StoreId, VerdictId, new_id
from shopwarden.domain.verdict import Verdict, decision_changed
from shopwarden.errors import RetryError, SkipError
from shopwarden.steps.case import AS_KEPT, Case, Judged, Judging, clues_of, decide
from shopwarden.steps.crowds import learn_crowd_of
from shopwarden.steps.describe import describe
from shopwarden.steps.follow import put_follow
from shopwarden.store.database import Connection
from shopwarden.store.facts import read_latest_order, read_order
from shopwarden.store.facts_rows import OrderLink, OrderRow
from shopwarden.store.identifiers import lock_people
from shopwarden.store.joining import SURE_JOINS, Clues, Joined, find_visitor
from shopwarden.store.links import VisitorLink, link_visitors
from shopwarden.store.opening import Opening, Who, open_case
from shopwarden.store.vendor_calls import count_days
from shopwarden.store.verdict_writing import keep_customer_verdict, keep_order_verdict
from shopwarden.store.verdicts import NewVerdict, StoredVerdict, Subject, find_verdict_by_event, latest_advice

ENRICHMENT = "enrichment"
"""The trigger of a verdict that follows what vendors said."""
LATEST_ORDER_WITHIN = timedelta(days=120)
"""A customer is judged with their latest order if it is not older than this."""


async def assess_order(
    connection: Connection,
    store_id: StoreId,
    order_id: OrderId,
    *,
    trigger: str,
    event_key: str,
    how: Judging = AS_KEPT,
) -> StoredVerdict:
    """Judges the order by what was known when it was placed; a cause judged before gives its verdict again.

    Writes the verdict, the order's score and its visitor, and ties the visitor to the customer when the join is sure.
    SkipError: there is no such order.
    """
    order = await read_order(connection, store_id, order_id)
    if order is None:
        raise SkipError(f"order {order_id} is not in this store")
    opening = await open_case(connection, store_id, event_key, Who(email=order.email))
    if opening.stored is not None:
        return opening.stored
    case = await order_case(connection, store_id, opening, order)
    judged = await decide(connection, store_id, case, how)
    new = NewVerdict(
        id=VerdictId(new_id()),
        subject="order",
        subject_id=order.id,
        customer_id=case.customer_id,
        trigger=trigger,
        event_key=event_key,
        verdict=await noting_change(connection, store_id, trigger, ("order", order.id), judged.verdict),
        facts=judged.facts,
        policy=opening.policy,
        heard=judged.heard,
        created_at=how.moment(),
    )
    order = case.order or order
    await lock_people(connection, store_id)
    if not await keep_order_verdict(connection, store_id, new, link_of(order)):
        return await judged_before(connection, store_id, event_key)
    await count_deciders(connection, store_id, new.verdict)
    await _follow_visitor(connection, store_id, case, judged, new.created_at)
    stored = new.as_stored(order.visitor_id, order.external_id)
    await put_follow(connection, store_id, stored)
    return stored


async def order_case(connection: Connection, store_id: StoreId, opening: Opening, order: OrderRow) -> Case:
    customer_id = order.customer_id or opening.customer_id
    joined = await find_visitor(connection, store_id, clues_of(order, customer_id), order.created_at)
    return Case(
        at=order.created_at,
        policy=opening.policy,
        email=order.email or opening.customer_email,
        customer_id=customer_id,
        order=placed(order, joined),
        joined=joined,
    )


async def noting_change(
    connection: Connection, store_id: StoreId, trigger: str, subject: tuple[Subject, UUID], verdict: Verdict
) -> Verdict:
    """The verdict with the advice it changed, where it follows an enrichment: only a changed decision is to act."""
    if trigger != ENRICHMENT:
        return verdict
    before = await latest_advice(connection, store_id, *subject)
    return replace(verdict, changed_from=decision_changed(before, verdict.advice))


async def count_deciders(connection: Connection, store_id: StoreId, verdict: Verdict) -> None:
    """Each look-up that decided counts for its vendor, in the verdict's own transaction."""
    told = [(key.partition(".")[0], key) for key in verdict.decided_by]
    await count_days(connection, store_id, "changed", told)


async def assess_customer(
    connection: Connection,
    store_id: StoreId,
    customer_id: CustomerId,
    *,
    trigger: str,
    event_key: str,
    how: Judging = AS_KEPT,
) -> StoredVerdict:
    """Judges the customer as of now by their history, their latest order (of the last 120 days) and their visitor.

    Writes the verdict and the customer's risk columns. SkipError: there is no such customer.
    """
    at = how.moment()
    opening = await open_case(connection, store_id, event_key, Who(customer=str(customer_id)))
    if opening.stored is not None:
        return opening.stored
    if opening.customer_id != customer_id:
        raise SkipError(f"customer {customer_id} is not in this store")
    case = await customer_case(connection, store_id, opening, at)
    judged = await decide(connection, store_id, case, how)
    new = NewVerdict(
        id=VerdictId(new_id()),
        subject="customer",
        subject_id=customer_id,
        customer_id=customer_id,
        trigger=trigger,
        event_key=event_key,
        verdict=await noting_change(connection, store_id, trigger, ("customer", customer_id), judged.verdict),
        facts=judged.facts,
        policy=opening.policy,
        heard=judged.heard,
        created_at=at,
    )
    await lock_people(connection, store_id)
    if not await keep_customer_verdict(connection, store_id, new):
        return await judged_before(connection, store_id, event_key)
    await count_deciders(connection, store_id, new.verdict)
    stored = new.as_stored()
    await put_follow(connection, store_id, stored)
    return stored


async def customer_case(connection: Connection, store_id: StoreId, opening: Opening, at: datetime) -> Case:
    customer_id = opening.customer_id
    order = await read_latest_order(connection, store_id, customer_id, at, at - LATEST_ORDER_WITHIN)
    clues = Clues(customer_id=customer_id) if order is None else clues_of(order, customer_id)
    joined = await find_visitor(connection, store_id, clues, at if order is None else order.created_at)
    return Case(
        at=at,
        policy=opening.policy,
        email=opening.customer_email or (order.email if order is not None else None),
        customer_id=customer_id,
        order=None if order is None else placed(order, joined),
        joined=joined,
        of_customer=True,
    )


def placed(order: OrderRow, joined: Joined | None) -> OrderRow:
    """The order with the visitor it was joined to."""
    if joined is None:
        return order
    return replace(
        order,
        visitor_id=joined.visitor_id,
        session_id=joined.session_id,
        device_id=joined.device_id,
        joined_by=joined.joined_by,
    )


def link_of(order: OrderRow) -> OrderLink:
    return OrderLink(
        order_id=order.id,
        visitor_id=order.visitor_id,
        session_id=order.session_id,
        device_id=order.device_id,
        joined_by=order.joined_by,
    )


async def tie_visitor(connection: Connection, store_id: StoreId, case: Case, judged: Judged) -> None:
    """Ties the order's visitor to its customer; a join by customer, e-mail or address would only repeat a belief."""
    joined, visitor = case.joined, judged.background.visitor
    if joined is None or case.customer_id is None or joined.joined_by not in SURE_JOINS:
        return
    if visitor is not None and not visitor.linked_to_this:
        link = VisitorLink(visitor_id=joined.visitor_id, customer_id=case.customer_id, kind="order", at=case.at)
        async with connection.transaction():
            await link_visitors(connection, store_id, [link], describe)


async def _follow_visitor(connection: Connection, store_id: StoreId, case: Case, judged: Judged, at: datetime) -> None:
    """What an order adds to what is known of its visitor: whose it is, and who else is where it came from."""
    await tie_visitor(connection, store_id, case, judged)
    if case.joined is not None and case.order is not None:
        joined = case.joined
        await learn_crowd_of(connection, store_id, joined.visitor_id, case.order.browser_ip, joined.device_id, at)


async def judged_before(connection: Connection, store_id: StoreId, event_key: str) -> StoredVerdict:
    """The verdict somebody else gave on this cause a moment before."""
    stored = await find_verdict_by_event(connection, store_id, event_key)
    if stored is None:
        raise RetryError("the same cause is being judged right now", after=1)
    return stored
