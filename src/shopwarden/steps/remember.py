"""Remembers what happened in the shop: customers, orders, checkouts, carts, payments, and all that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from shopwarden.domain import events as e
from shopwarden.domain.identity import identifiers_of
from shopwarden.domain.ids import CustomerId, OrderId, StoreId
from shopwarden.steps import columns
from shopwarden.steps.describe import describe
from shopwarden.steps.identify import identify
from shopwarden.steps.refresh import refresh_customers
from shopwarden.steps.vendor_events import remember_vendors
from shopwarden.store import abandonment, activities, commerce, figures
from shopwarden.store.database import Connection
from shopwarden.store.identifiers import lock_people
from shopwarden.store.label_effects import mark_devices
from shopwarden.store.links import VisitorLink, link_visitors
from shopwarden.store.outcome_labels import settle_outcomes
from shopwarden.store.visits import visitors_of_tokens


@dataclass(slots=True)
class Memory:
    """What is touched while one delivery is remembered; `new_orders` and `customers` are what changed in the end."""

    customers: set[CustomerId] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)
    checkouts: set[str] = field(default_factory=set)
    carts: set[str] = field(default_factory=set)
    checkout_ids: set[UUID] = field(default_factory=set)
    cart_ids: set[UUID] = field(default_factory=set)
    new_orders: set[OrderId] = field(default_factory=set)
    links: list[VisitorLink] = field(default_factory=list)


async def remember(connection: Connection, store_id: StoreId, happened: Sequence[e.DomainEvent]) -> Memory:
    """Writes the events into the store's tables, in any order and any number of times with the same result.

    Runs in one transaction, which alone may change the store's people until it ends. Answers which customers and orders are
    not as they were.
    """
    await lock_people(connection, store_id)
    speaking = [event for event in happened if _observation(event) is not None]
    observations = [found for event in speaking if (found := _observation(event)) is not None]
    identified = await identify(connection, store_id, observations)
    whose = {id(event): customer for event, customer in zip(speaking, identified.customers, strict=True)}
    memory = Memory(customers=set(identified.changed))
    await _keep_orders(
        connection, store_id, memory, [(one, whose.get(id(one))) for one in happened if isinstance(one, e.OrderSeen)]
    )
    await _keep_refunds(connection, store_id, memory, [one for one in happened if isinstance(one, e.RefundSeen)])
    for event in happened:
        await _keep(connection, store_id, memory, event, whose.get(id(event)))
    await _settle(connection, store_id, memory)
    await link_visitors(connection, store_id, memory.links, describe)
    await remember_vendors(connection, store_id, happened)
    if memory.customers:
        await activities.write_customer_activities(connection, store_id, memory.customers)
        await refresh_customers(connection, store_id, memory.customers)
    return memory


def _observation(event: e.DomainEvent) -> e.CustomerObservation | None:
    observation: e.CustomerObservation | None = getattr(event, "customer", None)
    return observation if observation is not None and identifiers_of(observation) else None


async def _keep(
    connection: Connection, store_id: StoreId, memory: Memory, event: e.DomainEvent, customer_id: CustomerId | None
) -> None:
    if isinstance(event, e.CheckoutSeen):
        await _keep_checkout(connection, store_id, memory, event, customer_id)
    elif isinstance(event, e.CartSeen):
        stored = await commerce.store_row(connection, store_id, commerce.CARTS, columns.plain_columns(event))
        if stored.is_newer:
            memory.carts.add(event.token)
            memory.cart_ids.add(stored.id)
    elif isinstance(event, e.DisputeSeen | e.PaymentAttempted):
        await _keep_of_order(connection, store_id, memory, event)
    elif isinstance(event, e.RiskAssessed):
        order = await commerce.store_platform_risk(
            connection, store_id, (event.source, event.order_external_id), event.level, (event.version, event.at)
        )
        if order is not None:
            memory.new_orders.add(order)


async def _keep_orders(
    connection: Connection, store_id: StoreId, memory: Memory, orders: Sequence[tuple[e.OrderSeen, CustomerId | None]]
) -> None:
    told = [columns.order_columns(order, customer_id) for order, customer_id in orders]
    kept = await commerce.store_rows(connection, store_id, commerce.ORDERS, told)
    for (order, customer_id), stored in zip(orders, kept, strict=True):
        if not stored.is_newer:
            continue
        memory.new_orders.add(OrderId(stored.id))
        memory.orders.add(order.external_id)
        memory.customers |= {one for one in (customer_id, stored.was_of) if one}
        memory.checkouts |= {token for token in (order.checkout_token,) if token}
        memory.carts |= {token for token in (order.cart_token,) if token}


async def _keep_refunds(connection: Connection, store_id: StoreId, memory: Memory, refunds: Sequence[e.RefundSeen]) -> None:
    told = [columns.plain_columns(refund) for refund in refunds]
    kept = await commerce.store_rows(connection, store_id, commerce.REFUNDS, told)
    memory.orders |= {refund.order_external_id for refund, stored in zip(refunds, kept, strict=True) if stored.is_newer}


async def _keep_checkout(
    connection: Connection, store_id: StoreId, memory: Memory, checkout: e.CheckoutSeen, customer_id: CustomerId | None
) -> None:
    stored = await commerce.store_row(
        connection, store_id, commerce.CHECKOUTS, columns.checkout_columns(checkout, customer_id)
    )
    if not stored.is_newer:
        return
    memory.checkouts.add(checkout.token)
    memory.checkout_ids.add(stored.id)
    memory.customers |= {one for one in (customer_id, stored.was_of) if one}
    memory.carts |= {token for token in (checkout.cart_token,) if token}
    if customer_id is not None:
        observation = _observation(checkout)
        named = str(identifiers_of(observation)[0]) if observation else ""
        visitors = await visitors_of_tokens(connection, store_id, checkout.token, checkout.cart_token)
        memory.links += [VisitorLink(one, customer_id, "checkout", checkout.created_at, named) for one in visitors]


async def _keep_of_order(
    connection: Connection, store_id: StoreId, memory: Memory, event: e.DisputeSeen | e.PaymentAttempted
) -> None:
    if isinstance(event, e.PaymentAttempted):
        stored = await commerce.store_row(connection, store_id, commerce.ATTEMPTS, columns.attempt_columns(event))
    else:
        stored = await commerce.store_row(connection, store_id, commerce.DISPUTES, columns.plain_columns(event))
    if stored.is_newer and event.order_external_id is not None:
        memory.orders.add(event.order_external_id)


async def _settle(connection: Connection, store_id: StoreId, memory: Memory) -> None:
    """Lets the things touched find each other: attempts, refunds and disputes their orders, carts and checkouts theirs."""
    if memory.orders:
        await figures.settle_attempts(connection, store_id, memory.orders)
        await commerce.settle_cards(connection, store_id, memory.orders)
        orders = await commerce.find_orders(connection, store_id, memory.orders)
        memory.new_orders |= {order.id for order in orders}
        memory.customers |= {order.customer_id for order in orders if order.customer_id}
        await settle_outcomes(connection, store_id, memory.orders)
        await mark_devices(connection, store_id, memory.orders)
        await activities.write_order_activities(connection, store_id, {order.id for order in orders})
    if memory.orders or memory.checkouts:
        memory.customers |= await abandonment.settle_checkouts(connection, store_id, memory.checkouts)
        await activities.write_checkout_activities(connection, store_id, memory.checkout_ids)
    if memory.carts:
        moved = await figures.settle_carts(connection, store_id, memory.carts)
        await activities.write_cart_activities(connection, store_id, memory.cart_ids | set(moved))
