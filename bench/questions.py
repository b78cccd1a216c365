"""What is asked: order checks and pages of the customer list, at scale; each beside the round trip of `SELECT 1`."""

from __future__ import annotations

import asyncio
import time
from statistics import median

from bench import load
from bench.deliveries import check_requests, list_requests
from bench.events import Extent
from bench.report import Figure
from bench.servers import Stand
from shopwarden.store.database import Database

AT_ONCE = 2


async def _select_one(url: str, count: int) -> float:
    """95th percentile in seconds, over the product's own pool."""
    database = await Database.connect(url, smallest=AT_ONCE)
    times: list[float] = []

    async def ask() -> None:
        for _ in range(count // AT_ONCE):
            begun = time.perf_counter()
            await database.pool.fetchval("SELECT 1")
            times.append(time.perf_counter() - begun)

    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    await database.close()
    return load.percentile(sorted(times), 0.95)


async def checks(stand: Stand, seed: int, count: int) -> list[bytes]:
    database = await Database.connect(stand.database_url)
    try:
        return await check_requests(database.pool, stand.store_id, stand.api_key, seed, count)
    finally:
        await database.close()


def ask(stand: Stand, port: int, rounds: list[list[bytes]], at_once: int = AT_ONCE) -> tuple[list[load.Result], list[float]]:
    """Results of all rounds but the first, and the 95th percentiles of `SELECT 1` measured in turns, in seconds."""
    results, limits = [], []
    for requests in rounds:
        result = load.run(port, requests, at_once, 300)
        if result.answered != len(requests):
            raise RuntimeError(f"{len(requests)} questions were asked, the answers are {result.statuses}")
        results.append(result)
        limits.append(asyncio.run(_select_one(stand.database_url, 1_000)))
    # The first round warms the caches.
    return results[len(results) > 1 :], limits


def figure(name: str, what: str, results: list[load.Result], limits: list[float], at_once: int = AT_ONCE) -> Figure:
    """The median of the rounds' 95th percentiles in ms."""
    p95 = [result.p95 * 1e3 for result in results]
    p50, p99 = median(one.p50 for one in results) * 1e3, median(one.p99 for one in results) * 1e3
    return Figure(
        name=name, what=what, unit="ms", value=median(p95), rounds=tuple(p95), limit=median(limits) * 1e3,
        limit_what="p95 of SELECT 1 over the same pool",
        more=f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {at_once} at once",
    )  # fmt: skip


def check(stand: Stand, port: int, extent: Extent, customers: int) -> Figure:
    """95th percentile of an order check."""
    rounds = [asyncio.run(checks(stand, number, extent.checks)) for number in range(1, extent.rounds + 1)]
    results, limits = ask(stand, port, rounds)
    return figure("check", f"Order check at {customers:,} customers, p95", results, limits)


def customer_list(stand: Stand, port: int, extent: Extent, customers: int) -> Figure:
    """95th percentile of a page of the customer list over any filters, orders, pages and searches."""
    rounds = [list_requests(stand.api_key, number, extent.lists) for number in range(1, extent.rounds + 1)]
    results, limits = ask(stand, port, rounds)
    return figure("list", f"Any page of the customer list at {customers:,} customers, p95", results, limits)
