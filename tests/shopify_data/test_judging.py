"""A shop that was read is judged, everybody once and with patience; what is judged is put to be written into the shop."""

from __future__ import annotations

from collections import Counter
from typing import Any

from shopwarden import pipeline
from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, RISK_ANALYSIS
from shopwarden.domain.ids import StoreId
from shopwarden.steps.vendor_tools import VendorTools
from tests.shopify_app.conftest import Shop
from tests.shopify_data.syncing import all_jobs, one_job, synced


async def waiting(tools: VendorTools, queue: str) -> list[Any]:
    return await tools.database.pool.fetch("SELECT id, subject, payload FROM outbox WHERE queue = $1 ORDER BY id", queue)


async def judge_all(tools: VendorTools, store_id: StoreId) -> Counter[str]:
    """Does judgements until none waits; how many jobs of each subject there were."""
    done: Counter[str] = Counter()
    while jobs := await waiting(tools, RISK_ANALYSIS):
        for job in jobs:
            async with tools.database.transaction() as connection:
                await pipeline.assess(None, connection, store_id, job["payload"])
                await connection.execute("DELETE FROM outbox WHERE id = $1", job["id"])
            done[job["payload"]["subject"]] += 1
    return done


async def test_everybody_is_judged_once_and_only_orders_still_to_be_sent(
    tools: VendorTools, shop: Shop, seeing_all: StoreId
) -> None:
    await shop.ask("POST", customers=45, orders=120, seed="judged")
    await synced(tools, seeing_all)
    pool = tools.database.pool
    assert await waiting(tools, RISK_ANALYSIS) == [], "nothing is judged while it is being read"
    await one_job(tools, seeing_all, "judge")
    listed = await waiting(tools, RISK_ANALYSIS)
    assert [len(job["payload"]["ids"]) for job in listed] == [45]
    await one_job(tools, seeing_all, "judge")
    assert len(await waiting(tools, RISK_ANALYSIS)) == 1, "the next list waits for this one"
    for _ in range(6):
        await judge_all(tools, seeing_all)
        if not await one_job(tools, seeing_all, "judge"):
            break
    assert await all_jobs(tools, seeing_all, "judge") == 0
    verdicts = await pool.fetch("SELECT subject, subject_id FROM verdicts")
    assert len(verdicts) == len({(row["subject"], row["subject_id"]) for row in verdicts})
    assert sum(row["subject"] == "customer" for row in verdicts) == 45
    to_send = await pool.fetch(
        "SELECT id FROM orders WHERE created_at > now() - interval '120 days' AND cancelled_at IS NULL"
        " AND fulfillment_status IS NULL"
    )
    assert to_send
    assert {row["id"] for row in to_send} == {row["subject_id"] for row in verdicts if row["subject"] == "order"}


async def test_a_judged_order_and_customer_are_put_to_be_written_into_the_shop(
    tools: VendorTools, shop: Shop, seeing_all: StoreId
) -> None:
    await shop.ask("POST", customers=5, orders=5, seed="written")
    await synced(tools, seeing_all)
    await tools.database.pool.execute("DELETE FROM outbox")
    for subject, table in (("order", "orders"), ("customer", "customers")):
        one = await tools.database.pool.fetchval(f"SELECT id FROM {table} LIMIT 1")
        payload: Any = {"subject": subject, "id": str(one), "event_key": f"x:{subject}", "trigger": "webhook"}
        async with tools.database.transaction() as connection:
            await pipeline.assess(None, connection, seeing_all, payload)
        written = [job["payload"] for job in await waiting(tools, CUSTOMER_ENRICHMENT)]
        assert {"shop": "write", "subject": subject, "id": str(one)} in written
