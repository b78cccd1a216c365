"""One decision from start to verdict: facts fetched, looked up, put together and judged."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from shopwarden.domain.facts import Facts
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.verdict import Verdict, Weights
from shopwarden.steps.facts import Materials, assemble
from shopwarden.steps.judge import judge
from shopwarden.steps.look_up import given_lookup, look_up
from shopwarden.store.database import Connection
from shopwarden.store.facts import fetch_background, fetch_store_values
from shopwarden.store.facts_rows import Background, OrderRow, Question, StoreValues
from shopwarden.store.joining import Clues, Joined
from shopwarden.vendors.offline.ip import IpLookup


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a decision is about. `at` is when facts are taken; counts run up to the order's own time."""

    at: datetime
    weights: Weights
    email: str | None
    customer_id: CustomerId | None = None
    order: OrderRow | None = None
    joined: Joined | None = None
    attempts: int | None = None
    of_customer: bool = False


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    facts: Facts
    verdict: Verdict
    background: Background


async def decide(connection: Connection, store_id: StoreId, case: Case, lookup: IpLookup | None = None) -> Judged:
    """One round trip for the facts (a second one every five minutes for what is usual in the store)."""
    values = await fetch_store_values(connection, store_id, case.order.currency if case.order is not None else None)
    background = await fetch_background(connection, store_id, _question(case, values))
    facts = assemble(
        Materials(
            at=case.at,
            values=values,
            background=background,
            looked_up=look_up(case.order, case.email, background, lookup or given_lookup()),
            order=case.order,
            joined_by=case.joined.joined_by if case.joined is not None else None,
            attempts=case.attempts,
            of_customer=case.of_customer,
        )
    )
    return Judged(facts=facts, verdict=judge(facts, case.weights), background=background)


def _question(case: Case, values: StoreValues) -> Question:
    order, joined = case.order, case.joined
    device = joined.device_id if joined is not None else None
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
    )


def clues_of(order: OrderRow, customer_id: CustomerId | None) -> Clues:
    """What a stored order says of its visitor."""
    return Clues(
        checkout_token=order.checkout_token,
        cart_token=order.cart_token,
        customer_id=customer_id,
        email=order.email,
        ip=order.browser_ip,
    )


def moment(now: datetime | None) -> datetime:
    return now or datetime.now(UTC)
