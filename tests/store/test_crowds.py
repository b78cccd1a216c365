"""Who makes a crowd and who does not: people who were there before do, a burst of strangers never does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from shopwarden.domain.facts import CrowdFacts
from shopwarden.domain.ids import StoreId
from shopwarden.steps.crowds import learn_crowds
from shopwarden.store.database import Database
from shopwarden.store.facts import fetch_background
from shopwarden.store.facts_rows import Question
from shopwarden.store.joining import Clues, find_visitor
from tests.steps.shop_rows import DAY, HOUR, NOW, Shop

IP = "203.0.113.7"


@pytest.fixture
async def shop(database: Database, store_id: UUID) -> AsyncIterator[Shop]:
    async with database.pool.acquire() as connection:
        yield Shop(connection, store_id)


async def crowd(shop: Shop, **of: Any) -> CrowdFacts:
    question = Question(at=NOW, counts_at=NOW, seasoned_before=NOW - 120 * DAY, **of)
    found = (await fetch_background(shop.connection, StoreId(shop.store_id), question)).crowd
    return CrowdFacts(ip=found.ip, device=found.device, address=found.address)


async def comes(shop: Shop, name: str, first: Any, last: Any, **more: Any) -> UUID:
    visitor = await shop.visitor(name, first_seen=first, last_seen=last, ip=IP, **more)
    await shop.seen_on(visitor, IP, first, last)
    return visitor


async def paid(shop: Shop, name: str, **more: Any) -> UUID:
    customer = await shop.customer(f"{name}@shop.test")
    order = {"created_at": NOW - 40 * DAY, "financial_status": "paid", "browser_ip": IP, **more}
    await shop.order(name, customer_id=customer, **order)
    return customer


async def test_who_came_back_another_day_is_somebody_and_who_is_new_is_nobody(shop: Shop) -> None:
    for n in range(30):
        await comes(shop, f"burst{n}", NOW - HOUR, NOW)
    assert (await crowd(shop, ip=IP)).ip == 0
    for n in range(4):
        await comes(shop, f"back{n}", NOW - 9 * DAY, NOW - n * DAY)
    assert (await crowd(shop, ip=IP)).ip == 4


async def test_a_customer_is_one_person_however_many_browsers(shop: Shop) -> None:
    customer = await paid(shop, "ada")
    for n in range(3):
        await comes(shop, f"browser{n}", NOW - 9 * DAY, NOW, customer_id=customer)
    whole = await comes(shop, "whole", NOW - 9 * DAY, NOW)
    await comes(shop, "merged", NOW - 9 * DAY, NOW, merged_into=whole)
    assert (await crowd(shop, ip=IP)).ip == 2


@pytest.mark.parametrize(
    "order",
    [
        {"created_at": NOW - 3 * DAY},
        {"financial_status": "pending"},
        {"cancelled_at": NOW - 30 * DAY, "cancel_reason": "fraud"},
        {"is_test": True},
        {"source": "check"},
        {"created_at": NOW - 500 * DAY},
    ],
)
async def test_an_order_that_is_young_unpaid_cancelled_or_none_makes_nobody_known(shop: Shop, order: dict[str, Any]) -> None:
    await paid(shop, "calm", browser_ip="198.51.100.1")
    await paid(shop, "other", **order)
    assert (await crowd(shop, ip=IP)).ip == 0
    assert (await crowd(shop, ip="198.51.100.1")).ip == 1


async def test_a_disputed_order_makes_nobody_known(shop: Shop) -> None:
    await paid(shop, "thief")
    await shop.add("disputes", external_id="d", order_external_id="thief", version="1", updated_at=NOW)
    assert (await crowd(shop, ip=IP)).ip == 0


@pytest.mark.parametrize("mark", [{"is_bot": True}, {"patterns": ["automated_browser"]}, {"patterns": ["failed_payments"]}])
async def test_machines_and_card_testers_make_no_crowd_even_when_they_come_back(shop: Shop, mark: dict[str, Any]) -> None:
    for n in range(12):
        await comes(shop, f"robot{n}", NOW - 9 * DAY, NOW, **mark)
    assert (await crowd(shop, ip=IP)).ip == 0


async def test_devices_and_shipping_addresses_have_crowds_of_their_own(shop: Shop) -> None:
    phone = await shop.device("common-phone")
    for n in range(5):
        await shop.visitor(f"v{n}", first_seen=NOW - 9 * DAY, last_seen=NOW, device_id=phone)
    await paid(shop, "ada", device_id=phone, shipping_key="dormitory")
    await paid(shop, "bob", shipping_key="dormitory")
    found = await crowd(shop, strong_device_id=phone, shipping_key="dormitory")
    assert found == CrowdFacts(device=6, address=2)
    assert await crowd(shop) == CrowdFacts()


async def test_learning_keeps_crowds_with_their_visitors_and_goes_on_where_it_stopped(
    shop: Shop, database: Database
) -> None:
    for n in range(7):
        await comes(shop, f"office{n}", NOW - 9 * DAY, NOW - n * HOUR)
    loner = await shop.visitor("loner", ip="198.51.100.1", last_seen=NOW)
    assert await learn_crowds(database, NOW + HOUR, batch=3) == 8
    rows = await shop.connection.fetch("SELECT anonymous_id, ip_crowd, device_crowd FROM visitors ORDER BY anonymous_id")
    assert [tuple(row) for row in rows] == [("loner", 1, None), *((f"office{n}", 7, None) for n in range(7))]
    assert await shop.connection.fetchval("SELECT count(*) FROM crowds") == 1
    assert await learn_crowds(database, NOW + HOUR) == 0
    await shop.connection.execute("UPDATE visitors SET last_seen = $1 WHERE id = $2", NOW + HOUR, loner)
    assert await learn_crowds(database, NOW + 2 * HOUR) == 1


async def test_a_crowd_that_has_gone_is_none_any_more_and_at_last_forgotten(shop: Shop, database: Database) -> None:
    for n in range(3):
        await comes(shop, f"office{n}", NOW - 9 * DAY, NOW)
    await learn_crowds(database, NOW + HOUR)
    assert await shop.connection.fetchval("SELECT people FROM crowds") == 3
    await shop.connection.execute("UPDATE visitors SET is_bot = true, last_seen = $1", NOW + DAY)
    await learn_crowds(database, NOW + 2 * DAY)
    assert await shop.connection.fetchval("SELECT people FROM crowds") == 0
    assert await shop.connection.fetchval("SELECT max(ip_crowd) FROM visitors") == 1
    await learn_crowds(database, NOW + 100 * DAY)
    assert await shop.connection.fetchval("SELECT count(*) FROM crowds") == 0


async def test_being_alone_on_an_address_of_many_joins_nobody(shop: Shop, database: Database) -> None:
    clues = Clues(ip=IP)
    for n in range(9):
        await comes(shop, f"office{n}", NOW - 9 * DAY, NOW - 5 * DAY)
    alone = await comes(shop, "alone", NOW - 9 * DAY, NOW)
    found = await find_visitor(shop.connection, StoreId(shop.store_id), clues, NOW)
    assert found is not None
    assert (found.visitor_id, found.joined_by) == (alone, "ip")
    await learn_crowds(database, NOW + HOUR)
    assert await find_visitor(shop.connection, StoreId(shop.store_id), clues, NOW) is None
