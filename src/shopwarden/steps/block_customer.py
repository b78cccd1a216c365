"""A customer blocked or unblocked by a person, felt everywhere at once: verdicts, orders and cases, the shop, vendors."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.steps.happenings import Telling
from shopwarden.steps.renew_listed import judgement, put_judgements
from shopwarden.steps.shop_write import put_write
from shopwarden.steps.tell import put_tellings_of
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.audit import Change, note
from shopwarden.store.blocking import Standing, block_customer, lock_standing, unblock_customer
from shopwarden.store.database import Connection
from shopwarden.store.open_cases import stoppable_orders

TRIGGER = "block"
USERS = ("sift",)
"""Vendors that decide on people, not on orders alone."""


class Hand(NamedTuple):
    """Who does it, when, and what vendors are told with."""

    actor: str
    at: datetime
    tools: VendorTools | None = None


async def block(connection: Connection, store_id: StoreId, customer_id: CustomerId, reason: str, by: Hand) -> bool:
    """In the caller's transaction, who judges the customer in it as well. False if there is no such customer. Blocking
    again replaces the reason, and is no news to anybody."""
    before = await lock_standing(connection, store_id, customer_id)
    if before is None:
        return False
    await block_customer(connection, store_id, customer_id, reason, by.at)
    changed = {"reason_changed": before.blocked_reason != reason}
    change = Change(
        actor=by.actor,
        action="customer.blocked",
        subject="customer",
        subject_id=str(customer_id),
        before={"is_blocked": before.is_blocked, "status": before.status, "reason_changed": False},
        after={"is_blocked": True, "status": "blocked", **changed},
    )
    await note(connection, store_id, change)
    if not before.is_blocked:
        await _spread(connection, store_id, customer_id, before, by, "decline")
    return True


async def unblock(connection: Connection, store_id: StoreId, customer_id: CustomerId, by: Hand) -> bool:
    """As `block`. What vendors were told is taken back; who is on a block list stays there."""
    before = await lock_standing(connection, store_id, customer_id)
    if before is None:
        return False
    if not before.is_blocked:
        return True
    await unblock_customer(connection, store_id, customer_id, by.at)
    after = await lock_standing(connection, store_id, customer_id)
    change = Change(
        actor=by.actor,
        action="customer.unblocked",
        subject="customer",
        subject_id=str(customer_id),
        before={"is_blocked": True, "status": before.status},
        after={"is_blocked": False, "status": after.status if after is not None else None},
    )
    await note(connection, store_id, change)
    await _spread(connection, store_id, customer_id, before, by, "approve")
    return True


async def _spread(
    connection: Connection, store_id: StoreId, customer_id: CustomerId, whose: Standing, by: Hand, decision: str
) -> None:
    cause = f"{TRIGGER}:{new_id()}"
    orders = await stoppable_orders(connection, store_id, customer_id, by.at)
    await put_judgements(connection, store_id, [judgement("order", order, cause, TRIGGER) for order in orders])
    await put_write(connection, store_id, "customer", customer_id)
    if whose.shopify_id is not None:
        about = f"customer:{whose.shopify_id}"
        reason = "The customer was blocked by hand." if decision == "decline" else "The block was taken back."
        telling = Telling("decided", about, cause, decision, reason=reason, by=by.actor)
        await put_tellings_of(by.tools, connection, store_id, [telling], USERS)
