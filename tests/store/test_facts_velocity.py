"""What is counted around a decision: strictly before it, within its windows, and never the order itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shopwarden.domain.facts import Counts, VelocityFacts
from shopwarden.store.database import LONGEST_PREPARED, Database
from shopwarden.store.facts import fetch_background
from shopwarden.store.facts_rows import Background, Question
from shopwarden.store.facts_sql import BACKGROUND_SQL
from tests.steps.shop_rows import DAY, HOUR, NOW, Shop

IP = "203.0.113.7"


@pytest.fixture
async def shop(database: Database, store_id: UUID) -> AsyncIterator[Shop]:
    async with database.pool.acquire() as connection:
        yield Shop(connection, store_id)


async def ask(shop: Shop, at: datetime = NOW, **more: Any) -> Background:
    question = Question(at=at, counts_at=at, seasoned_before=at - 120 * DAY, **more)
    return await fetch_background(shop.connection, shop.store_id, question)


async def velocity(shop: Shop, **more: Any) -> VelocityFacts:
    return (await ask(shop, **more)).velocity


async def test_counts_lie_strictly_before_and_within_their_windows(shop: Shop) -> None:
    times = {
        "now": NOW,
        "just before": NOW - timedelta(microseconds=1),
        "an hour": NOW - HOUR,
        "over an hour": NOW - HOUR - timedelta(seconds=1),
        "over a day": NOW - DAY - timedelta(seconds=1),
        "over a week": NOW - 7 * DAY - timedelta(seconds=1),
        "later": NOW + HOUR,
    }
    for name, at in times.items():
        await shop.order(name, browser_ip=IP, email=f"{name.replace(' ', '-')}@shop.test", created_at=at)
    found = await velocity(shop, ip=IP)
    assert found.orders_by_ip == found.emails_by_ip == Counts(h1=2, h24=3, d7=4)


async def test_the_order_itself_its_check_and_test_orders_do_not_count(shop: Shop) -> None:
    at = NOW - HOUR / 2
    await shop.order("1", browser_ip=IP, created_at=at)
    await shop.order("1", browser_ip=IP, created_at=at, source="check")
    await shop.order("checked-before-placed", browser_ip=IP, created_at=at, source="check", checkout_token="tok")
    await shop.order("test", browser_ip=IP, created_at=at, is_test=True)
    mine = await velocity(shop, ip=IP, external_id="1", checkout_token="tok")
    assert mine.orders_by_ip == Counts()
    others = await velocity(shop, ip=IP, external_id="2")
    assert others.orders_by_ip == Counts(h1=2, h24=2, d7=2)


async def test_each_axis_counts_its_own_things(shop: Shop) -> None:
    device, customers = await shop.device("fp"), [await shop.customer(f"c{n}@shop.test") for n in range(3)]
    for n, customer in enumerate(customers):
        await shop.order(
            str(n), browser_ip=f"198.51.100.{n}", device_id=device, email="one@shop.test", shipping_key="k",
            card_key=f"card{n % 2}", customer_id=customer, created_at=NOW - 2 * HOUR,
        )  # fmt: skip
    await shop.payment("p1", device_id=device, at=NOW - HOUR / 2)
    await shop.payment("p2", "succeeded", device_id=device, at=NOW - HOUR / 2)
    found = await velocity(shop, strong_device_id=device, email="one@shop.test", shipping_key="k", card_key="card0")
    day = Counts(h24=3, d7=3)
    assert found.orders_by_device == found.customers_by_device == found.orders_by_email == found.ips_by_email == day
    assert found.customers_by_address == found.orders_by_address == day
    assert found.emails_by_device == found.emails_by_address == Counts(h24=1, d7=1)
    assert found.cards_by_email == found.customers_by_card == Counts(h24=2, d7=2)
    assert found.failed_payments_by_device == Counts(h1=1, h24=1, d7=1)
    assert found.orders_by_ip is None, "an axis without a value is unknown, not zero"


async def test_failed_payments_and_cards_of_an_address_are_counted(shop: Shop) -> None:
    for n in range(5):
        await shop.payment(f"p{n}", ip=IP, card_key=f"card{n}", at=NOW - n * HOUR / 2 - timedelta(seconds=1))
    await shop.payment("later", ip=IP, card_key="x", at=NOW)
    found = await velocity(shop, ip=IP)
    assert found.failed_payments_by_ip == found.cards_by_ip == Counts(h1=2, h24=5, d7=5)


async def test_a_refusal_told_by_the_storefront_and_by_the_shop_counts_once(shop: Shop) -> None:
    for n in range(3):
        await shop.payment(f"event:{n}", ip=IP)
        await shop.payment(f"{n}", ip=IP)
    await shop.payment("only the shop told this one", ip=IP)
    assert (await velocity(shop, ip=IP)).failed_payments_by_ip == Counts(h1=4, h24=4, d7=4)


async def test_an_attack_saturates_the_counts(shop: Shop) -> None:
    await shop.connection.execute(
        "INSERT INTO payment_attempts (store_id, id, external_id, ip, status, at)"
        " SELECT $1, gen_random_uuid(), n::text, $2, 'failed', $3 FROM generate_series(1, 3000) n",
        shop.store_id, IP, NOW - HOUR / 2,
    )  # fmt: skip
    assert (await velocity(shop, ip=IP)).failed_payments_by_ip == Counts(h1=1000, h24=1000, d7=1000)


def test_the_driver_keeps_the_statement_prepared() -> None:
    # Longer ones are planned anew every time, which takes longer than running this one.
    assert len(BACKGROUND_SQL.encode()) < LONGEST_PREPARED
