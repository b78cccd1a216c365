"""Brings everything that follows from a customer's orders, checkouts and visitors in line with them."""

from __future__ import annotations

from collections.abc import Iterable

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.steps.describe import describe, keep_addresses
from shopwarden.store.addresses import stated_addresses, write_addresses
from shopwarden.store.customer_ips import refresh_customer_ips
from shopwarden.store.customers import live_customers
from shopwarden.store.database import Connection
from shopwarden.store.figures import refresh_figures
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
