"""What a customer's earlier orders say: seasoned, disputed, refunded, and what is familiar."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shopwarden.store import facts
from shopwarden.store.facts import fetch_background, fetch_store_values
from shopwarden.store.facts_rows import Background, HistoryRow, Question
from tests.steps.shop_rows import DAY, NOW, Shop

IP = "203.0.113.7"


@pytest.fixture
async def shop(database: Any, store_id: Any) -> Any:
    async with database.pool.acquire() as connection:
        yield Shop(connection, store_id)


async def background(shop: Shop, **more: Any) -> Background:
    question = Question(at=NOW, counts_at=NOW, seasoned_before=NOW - 120 * DAY, **more)
    return await fetch_background(shop.connection, shop.store_id, question)


async def history(shop: Shop, **more: Any) -> HistoryRow:
    return (await background(shop, **more)).history


async def test_only_calm_paid_orders_older_than_the_chargeback_window_are_seasoned(shop: Shop) -> None:
    customer = await shop.customer("c@shop.test")
    old = NOW - 200 * DAY
    for name, more in {
        "good": {},
        "partly": {"financial_status": "partially_refunded"},
        "young": {"created_at": NOW - 100 * DAY},
        "unpaid": {"financial_status": "pending"},
        "cancelled": {"cancelled_at": old},
        "fraud": {"cancel_reason": "fraud"},
        "disputed": {},
        "refunded for fraud": {},
        "refunded": {},
        "only asked": {"source": "check"},
        "test": {"is_test": True},
    }.items():
        row = {"customer_id": customer, "created_at": old, "financial_status": "paid", "total": Decimal(40), **more}
        await shop.order(name, **row)
    await shop.add("disputes", external_id="d", order_external_id="disputed", updated_at=NOW, version="1")
    await shop.add(
        "refunds", external_id="r", order_external_id="refunded for fraud", note="Fraudulent", created_at=NOW, version="1"
    )
    await shop.add("refunds", external_id="s", order_external_id="refunded", note="too small", created_at=NOW, version="1")
    found = await history(shop, customer_id=customer)
    assert (found.orders, found.seasoned, found.disputes, found.refunds) == (9, 3, 1, 2)
    assert (found.spent, found.usual_value) == (Decimal(360), Decimal(40))


async def test_what_ended_as_fraud_makes_nothing_familiar(shop: Shop) -> None:
    customer = await shop.customer("c@shop.test")
    asked = {"customer_id": customer, "ip": IP, "shipping_key": "k"}
    for name, days in (("stolen", 60), ("own", 20)):
        await shop.order(name, customer_id=customer, browser_ip=IP, shipping_key="k", created_at=NOW - days * DAY)
    await shop.add("disputes", external_id="d", order_external_id="stolen", updated_at=NOW, version="1")
    found = await history(shop, **asked)
    assert found.first_ip_order == found.first_shipping == NOW - 20 * DAY


async def test_the_disputes_of_the_order_itself_stand_apart(shop: Shop) -> None:
    customer = await shop.customer("c@shop.test")
    await shop.order("1", customer_id=customer, created_at=NOW - DAY)
    await shop.add("disputes", external_id="d", order_external_id="1", updated_at=NOW, version="1")
    found = await history(shop, customer_id=customer, external_id="1")
    assert (found.orders, found.disputes, found.own_disputes) == (0, 0, 1)


async def test_an_address_is_known_since_its_first_customer_or_order(shop: Shop) -> None:
    await shop.order("1", email="c@own.test", created_at=NOW - 50 * DAY)
    await shop.customer("other@own.test")
    await shop.customer("third@shop.test")
    found = (await background(shop, email="c@own.test")).address
    assert found.email_order_since == NOW - 50 * DAY
    assert (found.email_customer_since, found.domain_customers) == (None, 1)


async def test_nobody_known_gives_nothing_and_no_error(shop: Shop) -> None:
    found = await background(shop)
    assert found.customer is found.visitor is found.session is found.device is None
    assert (found.history.orders, found.address.failed_payments) == (0, 0)


async def test_what_is_usual_needs_twenty_orders_and_is_remembered(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def values() -> tuple[Decimal | None, Decimal | None]:
        found = await fetch_store_values(shop.connection, shop.store_id, "USD")
        return found.usual_order_value, found.high_order_value

    clock = [0.0]
    monkeypatch.setattr(facts, "monotonic", lambda: clock[0])
    for n in range(19):
        await shop.order(str(n), total=Decimal(n + 1), currency="USD")
    assert await values() == (None, None)
    await shop.order("twentieth", total=Decimal(20), currency="USD")
    await shop.order("foreign", total=Decimal(9000), currency="JPY")
    assert await values() == (None, None), "remembered for five minutes"
    clock[0] = facts.REMEMBERED_SECONDS + 1
    assert await values() == (Decimal(10), Decimal(19))


async def test_the_fraud_rate_is_measured_on_seasoned_orders_only(shop: Shop) -> None:
    for n in range(200):
        await shop.order(f"o{n}", created_at=NOW - 400 * DAY, cancel_reason="fraud" if n < 3 else None)
    await shop.add("disputes", external_id="d", order_external_id="o100", updated_at=NOW, version="1")
    for n in range(50):
        await shop.order(f"new{n}", created_at=facts_now() - timedelta(days=1), cancel_reason="fraud")
    rate = (await fetch_store_values(shop.connection, shop.store_id, None)).fraud_rate
    assert rate == pytest.approx((4 + 0.01 * 300) / (200 + 300)), "drawn towards the usual rate"


def test_a_store_that_never_told_of_fraud_has_no_rate() -> None:
    assert facts.measured_fraud_rate(0, 5_000) is None
    assert facts.measured_fraud_rate(5, 199) is None


def test_the_measured_rate_nears_the_counted_one() -> None:
    rates = [facts.measured_fraud_rate(2 * many, 100 * many) for many in (2, 5, 50)]
    assert all(rate is not None and 0.01 < rate < 0.02 for rate in rates)
    assert rates == sorted(rates, key=lambda rate: rate or 0)


def facts_now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)
