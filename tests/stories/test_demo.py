"""A small simulated day through the front door: fraud is ranked above honest orders, and every verdict says why."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from shopwarden import work
from shopwarden.demo import play as playing
from shopwarden.demo.day import Size, simulate
from shopwarden.demo.measure import measure
from shopwarden.demo.play import play, verdicts
from shopwarden.demo.post import Door, Target
from shopwarden.settings import Settings
from shopwarden.store.api_keys import create_key
from shopwarden.store.database import Database
from shopwarden.store.demo_store import demo_store, webhook_secret_of
from shopwarden.vendors.offline.ip import IpLookup
from shopwarden.web import build_app

DOMAIN = "demo-shop.myshopify.com"
SMALL = Size(visitors=170, order_share=0.9, most_past_orders=2)
SEED = os.environ.get("DEMO_SEED", "7")


@asynccontextmanager
async def front_door(database: Database, redis_url: str = "") -> AsyncIterator[Door]:
    """The application, called in process with the keys of a fresh store."""
    store_id = await demo_store(database, DOMAIN)
    writer = await create_key(database, name="demo", scopes=["ingest"], store_id=store_id)
    reader = await create_key(database, name="demo", scopes=["customers:read"], store_id=store_id)
    target = Target(
        url="http://shopwarden.test",
        write_key=writer.secret,
        api_key=reader.secret,
        webhook_secret=await webhook_secret_of(database, store_id),
        shop_domain=DOMAIN,
    )
    app = build_app(Settings(redis_url=redis_url, rate_limit_per_minute=100_000, collect_rate_limit_per_minute=0), database)
    async with app.running():
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport) as client:
            yield Door(client, target)


@asynccontextmanager
async def worker(database: Database) -> AsyncIterator[None]:
    """Does the jobs straight from the outbox: the queue library has tests of its own and takes longer than the jobs."""
    stop = asyncio.Event()
    task = asyncio.create_task(work.run(database, "", stop))
    try:
        yield
    finally:
        stop.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def quiet(what: str, done: int, of: int) -> None:
    """Nobody watches."""


async def test_fraud_is_ranked_above_honest_orders(
    database: Database, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playing, "LOOK_EVERY", 1.5)
    day = simulate(SEED, SMALL, datetime.now(UTC) - timedelta(seconds=5), IpLookup(()).lookup)
    never = asyncio.Event()
    async with front_door(database, redis_url) as door, worker(database):
        sent = await play(door, day, 0, never, quiet)
        seen = await verdicts(door, {truth.order_id for truth in day.truths}, never, quiet, patience=30)
    assert sent == len(day.actions)
    report = measure(day.truths, seen)
    characters = Counter({row.character: row.orders for row in report.rows})
    assert characters["VPN user"] >= 5
    assert characters["first-time buyer"] >= 20
    assert report.judged == report.orders >= 150
    assert report.joined == {"checkout": report.orders}
    assert report.without_reasons == 0
    assert report.auc is not None
    assert report.auc >= 0.95, [(row.character, row.median_score, row.reasons) for row in report.rows]
