"""Brings everything that follows from a customer's orders, checkouts and visitors in line with them."""

from __future__ import annotations

from collections.abc import Iterable

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.steps.describe import describe, keep_addresses
from shopwarden.store.activities import write_cart_activities, write_checkout_activities, write_order_activities
from shopwarden.store.addresses import stated_addresses, write_addresses
from shopwarden.store.customer_ips import refresh_customer_ips
from shopwarden.store.customers import Moved, live_customers
from shopwarden.store.database import Connection
from shopwarden.store.figures import refresh_figures, settle_attempts, settle_carts
from shopwarden.store.person_rows import refresh_persons


async def refresh_customers(connection: Connection, store_id: StoreId, customer_ids: Iterable[CustomerId]) -> None:
    """Figures, addresses, IP addresses and persons of these customers; ids without a row are left out."""
    ids = await live_customers(connection, store_id, customer_ids)
    if not ids:
        return
    await refresh_figures(connection, store_id, ids)
    await write_addresses(connection, store_id, ids, keep_addresses(await stated_addresses(connection, store_id, ids)))
    await refresh_customer_ips(connection, store_id, ids, describe)
    await refresh_persons(connection, store_id, ids)


async def follow(connection: Connection, store_id: StoreId, moved: Moved) -> None:
    """Carts, payment attempts and activities go where their orders and checkouts went."""
    if moved.orders:
        await settle_attempts(connection, store_id, moved.order_external_ids)
        await write_order_activities(connection, store_id, moved.orders)
    if moved.checkouts:
        await write_checkout_activities(connection, store_id, moved.checkouts)
    if moved.cart_tokens:
        await write_cart_activities(connection, store_id, await settle_carts(connection, store_id, moved.cart_tokens))
