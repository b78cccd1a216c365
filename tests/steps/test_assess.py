"""Orders and customers are judged once per cause, by facts from before the order, with the store's own weights."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import msgspec
import pytest

from shopwarden.domain.facts import Facts
from shopwarden.domain.verdict import Weights
from shopwarden.errors import SkipError
from shopwarden.steps.assess import assess_customer, assess_order
from shopwarden.steps.case import Judging
from shopwarden.store.blocking import block_customer, unblock_customer
from shopwarden.store.verdicts import StoredVerdict, find_verdict
from shopwarden.store.weights import put_weights
from tests.steps.shop_rows import DAY, HOUR, NOW, Shop

HASTY = {"sessions": 4, "session_seconds": 80.0, "page_views": 1, "device_changes": 3, "location_changes": 2}


async def judge_order(shop: Shop, order_id: UUID, event_key: str = "e1") -> StoredVerdict:
    async with shop.connection.transaction():
        return await assess_order(shop.connection, shop.store_id, order_id, trigger="webhook", event_key=event_key)


async def judge_customer(shop: Shop, customer_id: UUID, event_key: str = "c1") -> StoredVerdict:
    async with shop.connection.transaction():
        return await assess_customer(
            shop.connection, shop.store_id, customer_id, trigger="recalculation", event_key=event_key, how=Judging(now=NOW)
        )


async def hasty_order(shop: Shop, **more: object) -> tuple[UUID, UUID]:
    visitor = await shop.visitor("hasty", **HASTY)
    await shop.token("tok", "checkout", visitor, await shop.session(visitor))
    return await shop.order("1", checkout_token="tok", total=Decimal("99.90"), currency="USD", **more), visitor


async def test_one_cause_is_judged_once(shop: Shop) -> None:
    order, _ = await hasty_order(shop)
    first, second = await judge_order(shop, order), await judge_order(shop, order)
    assert first.id == second.id
    assert first == second == await find_verdict(shop.connection, shop.store_id, first.id)
    assert await shop.count("verdicts") == 1
    third = await judge_order(shop, order, "e2")
    assert third.id != first.id
    assert await shop.count("verdicts") == 2


async def test_the_order_keeps_its_score_and_its_visitor(shop: Shop) -> None:
    order, visitor = await hasty_order(shop)
    stored = await judge_order(shop, order)
    row = await shop.one("orders", order)
    verdict = stored.verdict
    assert (row["risk_score"], row["risk_level"], row["advice"]) == (verdict.score, verdict.level, verdict.advice)
    assert (row["verdict_id"], row["visitor_id"], row["joined_by"]) == (stored.id, visitor, "checkout")


async def test_the_four_visitor_factors_make_ninety_points_until_the_store_sets_its_own(shop: Shop) -> None:
    order, _ = await hasty_order(shop)
    before = await judge_order(shop, order)
    assert before.verdict.behaviour_score == 90
    async with shop.connection.transaction():
        weights = Weights(points={"behaviour.short_session": 5})
        await put_weights(shop.connection, shop.store_id, weights, "key:test", "our visitors are quick")
    after = await judge_order(shop, order, "e2")
    assert (after.verdict.behaviour_score, after.verdict.weights_version) == (75, 1)
    assert after.verdict.score < before.verdict.score


async def test_only_a_sure_join_ties_the_visitor_to_the_customer(shop: Shop) -> None:
    customer = await shop.customer("c@shop.test")
    order, visitor = await hasty_order(shop, customer_id=customer)
    await judge_order(shop, order)
    tied = await shop.connection.fetch("SELECT visitor_id, customer_id, kind FROM identities")
    assert [tuple(row) for row in tied] == [(visitor, customer, "order")]
    guest = await shop.visitor("guest")
    await shop.seen_on(guest, "203.0.113.9", NOW - HOUR, NOW)
    stranger = await shop.customer("s@shop.test")
    weak = await judge_order(shop, await shop.order("2", browser_ip="203.0.113.9", customer_id=stranger), "e2")
    assert weak.facts.joined_by == "ip"
    assert await shop.count("identities") == 1


async def test_the_order_is_judged_by_what_was_before_it(shop: Shop) -> None:
    customer = await shop.customer("c@shop.test", stated_orders_count=1)
    order = await shop.order("1", customer_id=customer, browser_ip="203.0.113.7")
    await shop.order("0", customer_id=customer, created_at=NOW - 9 * DAY, browser_ip="203.0.113.7")
    await shop.order("2", customer_id=customer, created_at=NOW + DAY, browser_ip="203.0.113.7")
    facts = (await judge_order(shop, order)).facts
    assert facts.at == NOW
    assert facts.customer is not None
    assert (facts.customer.orders_count, facts.customer.known_ip, facts.customer.ip_known_days) == (1, True, 9.0)


async def test_a_blocked_customer_declines_and_is_themselves_again_when_unblocked(shop: Shop) -> None:
    customer = await shop.customer("c@shop.test", status="vip")
    assert await block_customer(shop.connection, shop.store_id, customer, "chargebacks", NOW)
    blocked = await judge_customer(shop, customer)
    assert blocked.verdict.advice == "decline"
    assert [override.by for override in blocked.verdict.overrides] == ["customer.blocked"]
    order = await judge_order(shop, await shop.order("1", customer_id=customer))
    assert order.verdict.advice == "decline"
    assert await unblock_customer(shop.connection, shop.store_id, customer, NOW)
    row = await shop.one("customers", customer)
    assert (row["status"], row["is_blocked"], row["blocked_reason"]) == ("vip", False, None)
    assert (await judge_customer(shop, customer, "c2")).verdict.overrides == ()


async def test_the_customer_keeps_score_level_and_a_summary(shop: Shop) -> None:
    customer = await shop.customer("c@shop.test")
    await hasty_order(shop, customer_id=customer)
    stored = await judge_customer(shop, customer)
    row = await shop.one("customers", customer)
    assert (row["risk_score"], row["risk_level"]) == (stored.verdict.score, stored.verdict.level)
    assert row["fraud_checks"]["verdict_id"] == str(stored.id)
    assert stored.facts.joined_by == "checkout"
    assert stored.facts.order is not None


async def test_a_chargeback_on_the_only_order_is_held_against_the_customer_not_the_order(shop: Shop) -> None:
    customer = await shop.customer("c@shop.test")
    order = await shop.order("1", customer_id=customer, created_at=NOW - DAY, financial_status="paid")
    before = await judge_customer(shop, customer)
    await shop.add("disputes", external_id="d", order_external_id="1", updated_at=NOW, version="1")
    after = await judge_customer(shop, customer, "c2")
    assert after.facts.customer is not None
    assert (after.facts.customer.disputes, after.facts.customer.orders_count) == (1, 0)
    assert after.verdict.points > before.verdict.points
    of_order = (await judge_order(shop, order)).facts.customer
    assert of_order is not None
    assert of_order.disputes == 0


async def test_facts_survive_their_json_exactly(shop: Shop) -> None:
    customer = await shop.customer("c@shop.test", stated_total_spent=Decimal("1234.56"))
    order, _ = await hasty_order(shop, customer_id=customer, email="c@shop.test", browser_ip="203.0.113.7")
    stored = await judge_order(shop, order)
    assert msgspec.json.decode(msgspec.json.encode(stored.facts), type=Facts) == stored.facts
    kept = await find_verdict(shop.connection, shop.store_id, stored.id)
    assert kept is not None
    assert kept.facts == stored.facts
    assert kept.verdict == stored.verdict


async def test_a_weak_fingerprint_is_not_counted_as_one_device(shop: Shop) -> None:
    device = await shop.device("weak-1", is_strong=False)
    visitor = await shop.visitor("a", device_id=device)
    await shop.token("tok", "checkout", visitor, await shop.session(visitor, device_id=device))
    await shop.order("before", device_id=device, created_at=NOW - HOUR)
    facts = (await judge_order(shop, await shop.order("1", checkout_token="tok"))).facts
    assert facts.velocity is not None
    assert facts.device is not None
    assert (facts.velocity.orders_by_device, facts.device.is_strong) == (None, False)


async def test_what_is_not_there_is_skipped(shop: Shop) -> None:
    with pytest.raises(SkipError):
        await judge_order(shop, uuid4())
    with pytest.raises(SkipError):
        await judge_customer(shop, uuid4())


async def test_an_erased_verdict_is_gone_and_its_cause_is_not_judged_again(shop: Shop) -> None:
    order, _ = await hasty_order(shop)
    stored = await judge_order(shop, order)
    await shop.connection.execute("UPDATE verdicts SET verdict = '{}', facts = '{}' WHERE store_id = $1", shop.store_id)
    assert await find_verdict(shop.connection, shop.store_id, stored.id) is None
    with pytest.raises(SkipError):
        await judge_order(shop, order)
