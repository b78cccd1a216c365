"""An order asked about: judged without creating anybody, kept so that it counts, and answered alike when asked twice."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from shopwarden.domain.order_check import CheckAddress, CheckItem, CheckPayment, OrderCheck
from shopwarden.errors import RefuseError
from shopwarden.steps.check_order import check_order
from shopwarden.store.database import Database
from shopwarden.store.verdicts import StoredVerdict
from tests.steps.shop_rows import HOUR, NOW, Shop


async def ask(shop: Shop, key: str | None = None, **fields: Any) -> StoredVerdict:
    check = OrderCheck(**{"order_id": "A-1", "email": "New@Shop.test", "ip": "203.0.113.7", "created_at": NOW, **fields})
    return await check_order(shop.connection, shop.store_id, check, idempotency_key=key)


async def test_a_check_creates_no_customer_and_keeps_the_order(shop: Shop) -> None:
    stored = await ask(shop, total=Decimal("19.999"), currency="eur", payment=CheckPayment(bin="411111", last4="1111"))
    assert await shop.count("customers") == 0
    row = await shop.one("orders", stored.subject_id)
    assert (row["source"], row["external_id"], row["email"], row["browser_ip"]) == (
        "check", "A-1", "new@shop.test", "203.0.113.7",
    )  # fmt: skip
    assert (row["total"], row["currency"], row["verdict_id"]) == (Decimal("20.00"), "EUR", stored.id)
    assert row["risk_score"] == stored.verdict.score


async def test_the_same_question_under_the_same_key_gets_the_same_verdict(shop: Shop) -> None:
    first, second = await ask(shop, "key-1"), await ask(shop, "key-1")
    assert first == second
    assert await shop.count("verdicts") == 1
    assert (await ask(shop)).id != first.id


async def test_a_key_does_not_serve_two_questions(shop: Shop) -> None:
    await ask(shop, "key-1")
    with pytest.raises(RefuseError) as refused:
        await ask(shop, "key-1", total=Decimal(5))
    assert refused.value.status == 409


async def test_checked_orders_count_for_the_next_one(shop: Shop) -> None:
    for n in range(3):
        await ask(shop, order_id=n, email=f"n{n}@shop.test", created_at=NOW - HOUR / 2)
    velocity = (await ask(shop, order_id="last")).facts.velocity
    assert velocity is not None
    assert velocity.orders_by_ip is not None
    assert velocity.emails_by_ip is not None
    assert (velocity.orders_by_ip.h1, velocity.emails_by_ip.h1) == (3, 3)


async def test_asking_again_about_an_order_leaves_one_order(shop: Shop) -> None:
    first, second = await ask(shop), await ask(shop, total=Decimal(70))
    assert first.subject_id == second.subject_id
    assert await shop.count("orders") == 1
    assert (await shop.one("orders", second.subject_id))["total"] == Decimal(70)


async def test_an_order_the_shop_told_of_carries_the_score_itself(shop: Shop) -> None:
    order = await shop.order("A-1", total=Decimal(10))
    stored = await ask(shop, total=Decimal(99))
    assert stored.subject_id == order
    assert await shop.count("orders") == 1
    row = await shop.one("orders", order)
    assert (row["verdict_id"], row["total"]) == (stored.id, Decimal(10))


@pytest.mark.parametrize("by", ["email", "shop id", "own id"])
async def test_the_customer_is_found_by_id_or_email(shop: Shop, by: str) -> None:
    customer = await shop.customer("c@shop.test", shopify_id="777")
    said = {"email": {"email": "C@shop.test"}, "shop id": {"customer_id": 777}, "own id": {"customer_id": str(customer)}}[by]
    stored = await ask(shop, **{"email": None, **said})
    assert stored.customer_id == customer
    assert stored.facts.customer is not None


async def test_what_the_visitor_did_is_part_of_the_verdict(shop: Shop) -> None:
    customer = await shop.customer("c@shop.test")
    visitor = await shop.visitor("anon-1", session_seconds=12.0, page_views=1, device_changes=3, location_changes=2)
    session = await shop.session(visitor, started_at=NOW - HOUR / 60, checkouts_started=1, direct_checkout=True)
    stored = await ask(shop, session_id=str(session), email="c@shop.test")
    assert (stored.visitor_id, stored.facts.joined_by, stored.verdict.behaviour_score) == (visitor, "session", 90)
    assert stored.facts.session is not None
    assert stored.facts.session.direct_checkout is True
    tie = await shop.connection.fetchrow("SELECT visitor_id, customer_id, kind FROM identities")
    assert tuple(tie) == (visitor, customer, "order")


async def test_the_facts_say_what_the_order_said(shop: Shop) -> None:
    address = CheckAddress(
        first_name="Ann", address1="PO Box 12", city="Boston", province_code="MA", zip="02110", country="us"
    )  # fmt: skip
    stored = await ask(
        shop,
        billing_address=address,
        shipping_address=address,
        line_items=[
            CheckItem(sku="g", quantity=3, price=Decimal(25), gift_card=True),
            CheckItem(sku="b", price=Decimal(25)),
        ],
        payment=CheckPayment(avs="n", cvv="M", card_country="gb", failed_attempts=4),
        discount_codes=["WELCOME"],
    )
    order = stored.facts.order
    assert order is not None
    assert order.billing is not None
    assert (order.billing.is_po_box, order.billing.country) == (True, "US")
    assert (order.item_count, order.distinct_items, order.largest_quantity, order.gift_card_share) == (4, 2, 3, 0.75)
    assert (order.avs_result, order.card_country, order.failed_payments) == ("N", "GB", 4)
    assert order.has_discount_code is True


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("email", {"email": None, "ip": None}),
        ("ip", {"ip": "not-an-ip"}),
        ("total", {"total": Decimal(-1)}),
        ("total", {"total": Decimal("NaN")}),
        ("total", {"total": Decimal("1e30")}),
        ("line_items[0].price", {"line_items": [CheckItem(price=Decimal("Infinity"))]}),
        ("created_at", {"created_at": NOW.replace(year=1899)}),
        ("created_at", {"created_at": NOW.replace(year=2999)}),
    ],
)
async def test_what_cannot_be_is_refused_by_name(shop: Shop, field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(RefuseError) as refused:
        await ask(shop, **fields)
    assert list(refused.value.fields) == [field]
    assert await shop.count("verdicts") == 0


async def test_a_check_takes_four_round_trips(shop: Shop) -> None:
    await ask(shop, order_id="warm", currency="USD")
    asked: list[str] = []
    with shop.connection.query_logger(lambda record: asked.append(record.query)):
        await ask(shop, order_id="counted", currency="USD")
        await asyncio.sleep(0)
    assert len(asked) == 4, asked


async def test_two_at_once_under_one_key_get_one_verdict(shop: Shop, database: Database) -> None:
    async def one() -> StoredVerdict:
        async with database.pool.acquire() as connection:
            return await ask(Shop(connection, shop.store_id), "key-1")

    found = await asyncio.gather(*(one() for _ in range(6)))
    assert len({stored.id for stored in found}) == 1
    assert await shop.count("verdicts") == await shop.count("orders") == 1
