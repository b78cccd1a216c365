"""Runs a first sync to its end, job by job, as workers do."""

from __future__ import annotations

from uuid import UUID

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT
from shopwarden.domain.ids import StoreId
from shopwarden.steps.shop_jobs import run
from shopwarden.steps.shop_sync import begin
from shopwarden.steps.vendor_tools import VendorTools


async def one_job(tools: VendorTools, store_id: StoreId, kind: str) -> bool:
    """The oldest waiting job of a kind; whether there was one. What it raises is raised and leaves the job there."""
    async with tools.database.transaction() as connection:
        row = await connection.fetchrow(
            "SELECT id, payload FROM outbox WHERE store_id = $1 AND queue = $2 AND payload ->> 'shop' = $3"
            " ORDER BY id LIMIT 1",
            store_id, CUSTOMER_ENRICHMENT, kind,
        )  # fmt: skip
        if row is None:
            return False
        await run(tools, connection, store_id, row["payload"])
        await connection.execute("DELETE FROM outbox WHERE id = $1", row["id"])
        return True


async def all_jobs(tools: VendorTools, store_id: StoreId, kind: str, most: int = 60) -> int:
    """Until none of the kind waits; how many there were."""
    for count in range(most):
        if not await one_job(tools, store_id, kind):
            return count
    raise AssertionError(f"the jobs {kind!r} never end")


async def synced(tools: VendorTools, store_id: StoreId) -> UUID:
    task_id = await begin(tools.database, store_id)
    await all_jobs(tools, store_id, "sync")
    return task_id
