"""Orders whose window for a chargeback went by in peace become labels: confirmed good."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Database
from shopwarden.store.facts import DEFAULT_CHARGEBACK_WINDOW
from shopwarden.store.outcome_labels import LONG_AGO, confirm_good_orders
from shopwarden.store.stores import list_stores

DAY = 24 * 3600.0


async def label_good_orders(tools: VendorTools) -> int:
    """Every store's orders are looked through once a day: an order may be told of, or paid, long after it was made."""
    return await label_all(tools.database)


async def label_all(database: Database) -> int:
    """How many were labelled."""
    labelled = 0
    for store in await list_stores(database):
        place = (LONG_AGO, UUID(int=0))
        while True:
            async with database.transaction() as connection:
                more, following = await confirm_good_orders(
                    connection, store.id, place, timedelta(days=DEFAULT_CHARGEBACK_WINDOW)
                )
            labelled += more
            if following is None:
                break
            place = following
    return labelled


PLANNED = (("good orders", DAY, label_good_orders),)
