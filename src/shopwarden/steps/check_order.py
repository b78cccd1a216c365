"""Checks an order a caller asks about: joined to its visitor, judged, and kept so that it counts from now on.

Four round trips: verdict, weights and customer; the visitor; the facts; one statement that writes everything.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec
from msgspec.structs import replace

from shopwarden.domain.case_opening import follows
from shopwarden.domain.ids import StoreId, VerdictId, new_id
from shopwarden.domain.order_check import OrderCheck, validated
from shopwarden.errors import RefuseError
from shopwarden.steps.asked_order import clues_in, order_of
from shopwarden.steps.assess import count_deciders, judged_before, link_of, placed, tie_visitor
from shopwarden.steps.case import AS_KEPT, Case, Judging, decide
from shopwarden.steps.follow import put_follow
from shopwarden.store.database import Connection
from shopwarden.store.facts_rows import OrderRow
from shopwarden.store.joining import find_visitor
from shopwarden.store.opening import Opening, Who, open_case
from shopwarden.store.verdict_writing import keep_check_verdict, keep_order_verdict
from shopwarden.store.verdicts import NewVerdict, StoredVerdict


async def check_order(
    connection: Connection,
    store_id: StoreId,
    check: OrderCheck,
    *,
    idempotency_key: str | None = None,
    how: Judging = AS_KEPT,
) -> StoredVerdict:
    """The verdict on an order as the caller has it. No customer is created; the order is kept with source 'check'
    unless the shop has told of it, which then carries the score.

    With an idempotency key the same question gets the same verdict. RefuseError: 400 names the wrong fields, 409 for a
    key that was used for another question.
    """
    asked_at = how.moment()
    order = order_of(store_id, validated(check, asked_at), asked_at)
    digest = sha256(msgspec.json.encode(check)).hexdigest()[:32]
    event_key = f"check:{idempotency_key or new_id()}"
    who = Who(customer=check.said_customer, email=order.email, order=order.external_id)
    opening = await open_case(connection, store_id, event_key, who)
    if opening.stored is not None:
        return same_question(opening.stored, digest)
    case = await _case(connection, store_id, check, order, opening)
    judged = await decide(connection, store_id, case, how)
    order = case.order or order
    new = NewVerdict(
        id=VerdictId(new_id()),
        subject="order",
        subject_id=order.id,
        customer_id=opening.customer_id,
        trigger="check",
        event_key=event_key,
        verdict=judged.verdict,
        facts=judged.facts,
        policy=opening.policy,
        heard=judged.heard,
        created_at=asked_at,
        request_digest=digest,
    )
    if not await _keep(connection, store_id, new, order, is_of_shop=opening.shop_order_id is not None):
        return same_question(await judged_before(connection, store_id, event_key), digest)
    await tie_visitor(connection, store_id, case, judged)
    return new.as_stored(order.visitor_id, order.external_id)


async def _keep(connection: Connection, store_id: StoreId, new: NewVerdict, order: OrderRow, *, is_of_shop: bool) -> bool:
    """One statement; where a vendor's answer decided, or something follows, more in the same transaction."""
    if new.verdict.decided_by or follows(new.verdict, new.facts):
        async with connection.transaction():
            kept = await _write(connection, store_id, new, order, is_of_shop=is_of_shop)
            if kept:
                await count_deciders(connection, store_id, new.verdict)
                await put_follow(connection, store_id, new.as_stored(order.visitor_id, order.external_id))
            return kept
    return await _write(connection, store_id, new, order, is_of_shop=is_of_shop)


async def _write(connection: Connection, store_id: StoreId, new: NewVerdict, order: OrderRow, *, is_of_shop: bool) -> bool:
    if is_of_shop:
        return await keep_order_verdict(connection, store_id, new, link_of(order))
    return await keep_check_verdict(connection, store_id, new, order)


async def _case(connection: Connection, store_id: StoreId, check: OrderCheck, order: OrderRow, opening: Opening) -> Case:
    order = replace(order, customer_id=opening.customer_id, id=opening.shop_order_id or order.id)
    joined = await find_visitor(connection, store_id, clues_in(check, order), order.created_at)
    return Case(
        at=order.created_at,
        policy=opening.policy,
        email=order.email or opening.customer_email,
        customer_id=opening.customer_id,
        order=placed(order, joined),
        joined=joined,
        attempts=check.payment.failed_attempts if check.payment is not None else None,
        shop_customer=check.said_customer,
    )


def same_question(stored: StoredVerdict, digest: str) -> StoredVerdict:
    if stored.request_digest != digest:
        raise RefuseError(
            "This Idempotency-Key was used for another order: take a new key for every question.",
            status=409,
            type="idempotency-key-reused",
            fields={"Idempotency-Key": "was used for another question"},
        )
    return stored
