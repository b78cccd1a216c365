"""Trials of a policy over stored orders: loads decided orders, then tries weights alone and weights with fifty rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from uuid import UUID

import msgspec

from bench.decided import DAYS, FIRST, copy, decided
from bench.report import Figure
from bench.servers import Stand
from shopwarden.domain.backtest import Trial
from shopwarden.domain.backtest_result import Result
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.policy import DEFAULT_POLICY, Effect, Policy, Rule, Ruleset
from shopwarden.domain.weights import Weights
from shopwarden.steps.backtest_run import do_one
from shopwarden.store.backtests import NewBacktest, find_backtest, put_backtest
from shopwarden.store.database import Database

ORDERS, QUICK_ORDERS = 1_000_000, 2_000
BATCH = 2_000
RULES = 50
TABLES = ("orders", "verdicts", "labels")
WEIGHTS = Weights(points={"ip.hosting": 30.0, "email.disposable": 45.0}, review_at=20, decline_at=60)


def rules(count: int = RULES) -> tuple[Rule, ...]:
    """Conditions of the kinds merchants write, each over two facts, none the same."""
    kinds = (
        'order.total > {n}.0 && ip.country != "US"',
        'email.domain == "shop{n}.example" || email.is_disposable',
        "velocity.orders_by_ip.h1 > {n} && order.failed_payments > 1",
        'order.shipping.country == "NG" && order.item_count >= {n}',
        "customer.orders_count > {n} && customer.known_device",
    )
    return tuple(
        Rule(
            id=UUID(int=number + 1),
            version=1,
            name=f"rule {number}",
            condition=kinds[number % len(kinds)].format(n=number + 3),
            effect=Effect(points=5.0) if number % 10 else Effect(advice="review"),
            state="live",
        )
        for number in range(count)
    )


def _load(url: str, store_id: UUID, numbers: range, total: int) -> None:
    async def fill() -> None:
        database = await Database.connect(url, smallest=1, largest=1)
        for first in range(numbers.start, numbers.stop, BATCH):
            batch = decided(StoreId(store_id), range(first, min(first + BATCH, numbers.stop)), total)
            await copy(database, batch)
        await database.close()

    asyncio.run(fill())


def load_decided(stand: Stand, orders: int, say: Callable[[str], None]) -> None:
    """Two processes, each one half; then what PostgreSQL does by itself in a while."""
    begun = time.monotonic()
    half = orders // 2
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parts = (range(half), range(half, orders))
        waiting = [pool.submit(_load, stand.database_url, stand.store_id, part, orders) for part in parts]
        for each in waiting:
            each.result()
    asyncio.run(_settle(stand.database_url))
    say(f"{orders:,} orders decided and stored in {time.monotonic() - begun:.0f} s")


async def _settle(url: str) -> None:
    database = await Database.connect(url)
    for table in TABLES:
        await database.pool.execute(f"VACUUM (ANALYZE) {table}", timeout=3600)
    await database.close()


async def _try(stand: Stand, candidate: Policy) -> tuple[float, Result]:
    database = await Database.connect(stand.database_url)
    store_id = StoreId(stand.store_id)  # type: ignore[arg-type]
    new = NewBacktest(
        name="bench",
        policy=msgspec.json.encode(Trial(present=DEFAULT_POLICY, candidate=candidate)),
        first_at=FIRST,
        until_at=FIRST + timedelta(days=DAYS),
        created_by="system",
    )
    async with database.transaction() as connection:
        put = await put_backtest(connection, store_id, new)
    assert put is not None
    begun = time.monotonic()
    await do_one(database, stand.database_url, new_id())
    seconds = time.monotonic() - begun
    async with database.pool.acquire() as connection:
        over = await find_backtest(connection, store_id, put[0].id)
    await database.close()
    assert over is not None
    if over.state != "done":
        raise RuntimeError(f"the trial ended as {over.state}: {over.error}")
    return seconds, msgspec.convert(over.result, Result)


async def _limit(stand: Stand) -> float:
    """Seconds to read every decision's kept strengths, and nothing else."""
    database = await Database.connect(stand.database_url)
    begun = time.monotonic()
    await database.pool.fetchval("SELECT sum(length(heard)) FROM verdicts")
    seconds = time.monotonic() - begun
    await database.close()
    return seconds


def backtest(stand: Stand, quick: bool, say: Callable[[str], None]) -> list[Figure]:
    """Seconds from asking to the result. RuntimeError where an order's live advice is not reproduced."""
    orders = QUICK_ORDERS if quick else ORDERS
    load_decided(stand, orders, say)
    figures = []
    for name, what, ruleset in (
        ("backtest", "other weights", Ruleset()),
        ("backtest with rules", f"other weights and {RULES} rules", Ruleset(rules=rules())),
    ):
        seconds, result = asyncio.run(_try(stand, Policy(weights=WEIGHTS, ruleset=ruleset)))
        if result.orders != orders or result.reproduced.same != orders:
            raise RuntimeError(f"{result.reproduced.same:,} of {orders:,} orders got their live advice again")
        moved = sum(sums.orders for shift in result.shifts for sums in shift.by_label.values())
        figures.append(
            Figure(
                name=name, what=f"Trial of {what} over {orders:,} stored orders", unit="s", value=seconds, rounds=(seconds,),
                limit=asyncio.run(_limit(stand)), limit_what="reading what their signals said, in one statement",
                more=f"all {result.reproduced.same:,} reproduced; {moved:,} change their advice",
            )
        )  # fmt: skip
        say(f"{what}: {seconds:.1f} s, {orders / seconds:,.0f} orders a second")
    return figures
