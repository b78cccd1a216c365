"""Remembers customers and orders that were fetched from a shop, as the webhooks would have been that tell of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from msgspec.structs import replace

from shopwarden.domain.events import DomainEvent, OrderSeen
from shopwarden.domain.ids import StoreId
from shopwarden.errors import SkipError
from shopwarden.sources.shopify import translate
from shopwarden.steps.leave_out import leave_out_forgotten
from shopwarden.steps.remember import Memory, remember
from shopwarden.store.database import Connection
from shopwarden.vendors.shopify_bulk import Kind
from shopwarden.vendors.shopify_records import customer_body, order_body

Node = Mapping[str, object]

log = structlog.get_logger(__name__)


async def keep_records(
    connection: Connection, store_id: StoreId, kind: Kind, records: Sequence[tuple[Node, Sequence[Node]]]
) -> Memory:
    """(customer, addresses) or (order, items) each. One that can't be read is left out, as such a webhook is."""
    told: list[DomainEvent] = []
    for node, children in records:
        try:
            told += read_customer(node, children) if kind == "customers" else read_order(node, children)
        except SkipError as reason:
            log.warning("a record of a shop is unreadable", kind=kind, reason=str(reason))
    happened, _ = await leave_out_forgotten(connection, store_id, told, None)
    return await remember(connection, store_id, happened)


async def keep_deleted(connection: Connection, store_id: StoreId, customer_ids: Sequence[str], at: datetime) -> Memory:
    """Customers the shop does not have any more, by its own ids."""
    told: list[DomainEvent] = []
    for customer_id in customer_ids:
        told += translate("customers/delete", b'{"id": "%s"}' % customer_id.encode(), at)
    return await remember(connection, store_id, told)


def read_customer(node: Node, addresses: Sequence[Node]) -> tuple[DomainEvent, ...]:
    return translate("customers/update", customer_body(node, addresses), None)


def read_order(node: Node, items: Sequence[Node]) -> tuple[DomainEvent, ...]:
    """The order, marked as fetched, and its refunds."""
    told = translate("orders/updated", order_body(node, items), None)
    return tuple(replace(one, is_fetched=True) if isinstance(one, OrderSeen) else one for one in told)
