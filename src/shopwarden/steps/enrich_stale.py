"""Answers that got old are asked for anew by the clock, where a store wants them always."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.enriching import stale_customers
from shopwarden.store.outbox import Job, put_many

EVERY_SECONDS = 3600.0
MOST = 200
"""Customers in one run: a store that grew for years must not spend a month's budget in an hour."""
ACTIVE_WITHIN = timedelta(days=90)


async def put_stale(tools: VendorTools) -> int:
    """Puts one enrichment for each customer, at most once a day; answers how many were found."""
    now = datetime.now(UTC)
    async with tools.database.transaction() as connection:
        found = await stale_customers(connection, now - ACTIVE_WITHIN, MOST)
        today = f"stale:{now:%Y-%m-%d}"
        jobs = [
            Job(store_id, f"customer:{customer_id}", today, {"customer_id": str(customer_id), "cause": "stale"})
            for store_id, customer_id in found
        ]
        await put_many(connection, CUSTOMER_ENRICHMENT, jobs)
    return len(found)


PLANNED = (("old answers of vendors", EVERY_SECONDS, put_stale),)
