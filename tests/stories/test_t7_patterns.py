"""The four suspicious patterns: from raw events over HTTP to the alert and the verdict on the order within a second."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from statistics import median
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest

from shopwarden.domain.patterns import RAPID_VIEWS
from tests.conftest import run_sql, wait_in_thread
from tests.detect.visits import (
    Message,
    ago,
    at_machine_pace,
    from_several_networks,
    straight_to_checkout,
    with_refused_cards,
)
from tests.fresh_database import FreshDatabases
from tests.ingest.sending import track
from tests.stories.open_shop import ALERT, VERDICT, OpenShop, open_shop, order_of, sentences, until

TOLD_WITHIN = 1.0
VISITORS = 5
"""Whose middle counts: one hiccup of a busy machine proves nothing."""


class Pattern(NamedTuple):
    name: str
    visit: Callable[[str], list[Message]]
    said: str
    reason: str
    sentence: str


PATTERNS = (
    Pattern(
        "several_ips", from_several_networks, "several networks in a short time", "ip.many_addresses",
        "The visitor used 3 IP addresses within an hour",
    ),
    Pattern(
        "rapid_navigation", lambda name: at_machine_pace(name, RAPID_VIEWS), "pages at a machine's pace",
        "behaviour.fast_pages", "faster than a person reads.",
    ),
    Pattern(
        "direct_checkout", straight_to_checkout, "straight to the checkout", "behaviour.direct_checkout",
        "The visit went straight to the checkout, past every product page.",
    ),
    Pattern(
        "failed_payments", with_refused_cards, "several failed payments", "behaviour.failed_payments",
        "3 payments failed within the last hour.",
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(fresh_databases: FreshDatabases, valkey_url: str) -> Iterator[OpenShop]:
    name = fresh_databases.take()
    with open_shop(fresh_databases.url_of(name), valkey_url) as opened:
        # More suspicious visitors than these are counted by one alert, which is another story.
        wait_in_thread(
            run_sql(
                opened.database_url,
                """UPDATE stores SET settings = '{"alerts": {"thresholds": {"visitors_10_minutes": 1000}}}'""",
            )
        )
        yield opened
    fresh_databases.give_back(name)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=10) as opened:
        yield opened


@pytest.fixture
async def connection(shop: OpenShop) -> AsyncIterator[asyncpg.Connection]:
    from shopwarden.store.database import Database

    database = await Database.connect(shop.database_url, largest=1)
    async with database.pool.acquire() as taken:
        yield taken
    await database.close()


class Told(NamedTuple):
    alert: asyncpg.Record
    verdict: dict[str, Any]
    alert_seconds: float
    verdict_seconds: float


async def play(
    shop: OpenShop, client: httpx.AsyncClient, connection: asyncpg.Connection, pattern: Pattern, number: int
) -> Told:
    """Everything but the visit's last event, which completes the pattern; then that; then the order, once it is told of."""
    name = f"{pattern.name}-{number}"
    *before, last = pattern.visit(name)
    where = {"context": last["context"]} if "context" in last else {}
    token = track("Checkout Step Viewed", name, timestamp=ago(0), properties={"checkout_token": f"checkout-{name}"}, **where)
    await shop.events(client, before)
    assert await connection.fetchrow(ALERT, shop.store_id, name) is None, "nothing suspicious yet"
    started = time.perf_counter()
    await shop.events(client, [last])
    alert = await until(connection, ALERT, shop.store_id, name)
    alerted = time.perf_counter()
    assert await connection.fetchval("SELECT orders FROM visitors WHERE anonymous_id = $1", name) == 0
    await shop.events(client, [token])
    order = order_of(hash(name) % 10**9, name)
    await shop.webhook(client, "orders/create", order)
    verdict = await until(connection, VERDICT, shop.store_id, str(order["id"]))
    return Told(alert, verdict["verdict"], alerted - started, time.perf_counter() - started)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
async def test_a_pattern_is_told_before_the_order_and_counts_in_its_verdict(
    shop: OpenShop, client: httpx.AsyncClient, connection: asyncpg.Connection, pattern: Pattern
) -> None:
    await play(shop, client, connection, pattern, 0)
    told = [await play(shop, client, connection, pattern, number) for number in range(1, VISITORS + 1)]
    for one in told:
        assert one.alert["title"] == f"Suspicious visitor before the checkout is finished: {pattern.said}"
        assert one.alert["facts"]["pattern"] == pattern.name
        assert pattern.sentence in sentences(one.verdict)[pattern.reason]
    alert_seconds, verdict_seconds = (median(times) for times in zip(*((one[2], one[3]) for one in told), strict=True))
    print(f"{pattern.name}: alert after {alert_seconds * 1000:.0f} ms, verdict after {verdict_seconds * 1000:.0f} ms")
    assert alert_seconds < verdict_seconds < TOLD_WITHIN
