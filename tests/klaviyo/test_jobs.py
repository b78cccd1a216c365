"""Klaviyo's work as the workers do it: jobs beside webhooks and judgements, none waiting for another's locks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from shopwarden.jobs.memory import run_due
from shopwarden.jobs.run import Runner
from shopwarden.steps.klaviyo_engagement import rescore_all
from shopwarden.steps.klaviyo_jobs import AT_ONCE, put_daily_work, put_regular_work
from shopwarden.store.database import Database
from shopwarden.store.job_keeper import OutboxKeeper
from shopwarden.store.klaviyo_settings import KlaviyoSettings, keep_klaviyo_settings
from shopwarden.store.stores import create_store
from shopwarden.store.sync_cursors import take_place
from shopwarden.work import functions
from tests.klaviyo.conftest import PROFILES, Account, Shop


async def drain_all(shop: Shop, workers: int, database_url: str) -> set[str]:
    """Until nothing waits, also not for later; how the jobs ended. With connections as a worker has them: one for each
    job, and one more for those that ask others."""
    endings: set[str] = set()
    usual, roomy = shop.tools.database, await Database.connect(database_url, largest=20 * workers)
    shop.tools.database = roomy
    keeper = OutboxKeeper(roomy)
    try:
        async with asyncio.timeout(240):
            while await shop.rows("SELECT 1 FROM outbox WHERE store_id = $1 AND state <> 'dead'"):
                await roomy.pool.execute("UPDATE outbox SET run_after = now() WHERE state = 'pending'")
                runner = Runner(keeper, functions(shop.tools))
                found = await asyncio.gather(*(run_due(keeper, runner, at_once=3) for _ in range(workers)))
                endings |= {ending for each in found for ending in each}
    finally:
        shop.tools.database = usual
        await roomy.close()
    return endings


async def test_workers_do_all_of_it(account: Account, shop: Shop, database_url: str) -> None:
    async with shop.database.transaction() as connection:
        await keep_klaviyo_settings(connection, shop.store_id, KlaviyoSettings(push=True))
    await put_regular_work(shop.tools)
    await put_daily_work(shop.tools)
    assert not {"dead", "retry", "skipped"} & await drain_all(shop, 1, database_url)
    (judged,) = await shop.rows("SELECT count(DISTINCT customer_id) FROM verdicts WHERE store_id = $1")
    assert judged["count"] == PROFILES


async def test_workers_side_by_side_wait_for_no_locks(account: Account, shop: Shop, database_url: str) -> None:
    await account.ask("POST", profiles=150, seed="busy", until=(datetime.now(UTC) + timedelta(days=250)).isoformat())
    await put_regular_work(shop.tools)
    assert not {"dead", "retry", "skipped"} & await drain_all(shop, 3, database_url)
    (people,) = await shop.rows("SELECT count(*) FROM customers WHERE store_id = $1")
    assert people["count"] == 150
    assert await shop.engagements()


async def test_no_more_than_two_at_a_time(account: Account, shop: Shop) -> None:
    async with shop.database.transaction() as busy:
        assert [await take_place(busy, "klaviyo", AT_ONCE)] == [True]
        async with shop.database.transaction() as other:
            assert await take_place(other, "klaviyo", AT_ONCE)
            await shop.run("sync", stream="profiles")
    assert await account.calls("/api/profiles") == []
    (later,) = await shop.rows("SELECT payload, run_after > now() AS waits FROM outbox WHERE store_id = $1")
    assert (later["payload"], later["waits"]) == ({"klaviyo": "sync", "stream": "profiles"}, True)


async def test_scores_fade_with_time(account: Account, shop: Shop) -> None:
    identity = await account.profile(email="faded@example.com")
    ago = (datetime.now(UTC) - timedelta(days=90)).isoformat()
    for metric in ("Received Email", "Opened Email", "Clicked Email"):
        await account.event(metric, identity, webhooks=False, at=ago)
    await shop.read("profiles", "events")
    query = "SELECT email_engagement_score AS score FROM customers WHERE store_id = $1 AND email = 'faded@example.com'"
    (then,) = await shop.rows(query)
    await shop.database.pool.execute("UPDATE engagements SET last_opened_at = now(), last_clicked_at = now()")
    assert await rescore_all(shop.database, shop.store_id) == PROFILES + 1
    (now,) = await shop.rows(query)
    assert abs(now["score"] - 2 * then["score"]) <= 0.02


async def test_a_store_without_an_account_gets_no_work(account: Account, shop: Shop) -> None:
    shop.tools.sandbox_url = ""
    await create_store(shop.database, name="Other shop")
    assert await put_regular_work(shop.tools) == 0
