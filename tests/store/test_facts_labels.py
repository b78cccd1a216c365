"""What labels tell a decision: only what was known by then, by hand above all, and nothing of the order itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shopwarden.domain.facts import DeviceFacts
from shopwarden.domain.ids import new_id
from shopwarden.store.facts import fetch_background, fetch_store_values
from shopwarden.store.facts_rows import Background, LabelsRow, Question
from tests.store.test_facts_history import DAY, NOW, Shop, shop

__all__ = ["shop"]


async def as_of(shop: Shop, at: datetime, **more: Any) -> Background:
    question = Question(at=at, counts_at=at, seasoned_before=at - 120 * DAY, **more)
    return await fetch_background(shop.connection, shop.store_id, question)


async def label(shop: Shop, day: int, order: str | None, what: str = "fraud", source: str = "analyst", **more: Any) -> None:
    at = NOW + day * DAY
    await shop.add("labels", order_external_id=order, label=what, source=source, reference=str(new_id()), event_at=at,
                   known_at=at, created_by="x", created_at=at, **more)  # fmt: skip


async def a_customer(shop: Shop) -> UUID:
    customer = await shop.customer("c@shop.test")
    for number in ("1", "2", "3"):
        await shop.order(number, customer_id=customer, created_at=NOW - 200 * DAY, financial_status="paid")
    return customer


async def test_what_was_known_by_then(shop: Shop) -> None:
    customer = await a_customer(shop)
    of = {"customer_id": customer}
    await label(shop, -20, "1", "legitimate", **of)
    await label(shop, -10, "1", "fraud", "dispute", **of)
    await label(shop, -9, "2", "legitimate", "delivered", **of)
    await label(shop, -8, "2", "legitimate", "dispute", **of)
    await label(shop, -5, None, "legitimate", withdrawn_at=NOW - 2 * DAY, **of)

    async def told(day: int, **more: Any) -> tuple[LabelsRow, int]:
        found = await as_of(shop, NOW + day * DAY, customer_id=customer, **more)
        return found.labels, found.history.seasoned

    nothing = LabelsRow(good_orders=0, fraud_orders=0, said=None)
    assert await told(-30) == (nothing, 3)
    assert await told(-15) == (LabelsRow(good_orders=1, fraud_orders=0, said=None), 3)
    assert await told(-7) == (LabelsRow(good_orders=0, fraud_orders=1, said=None), 2), "fraud makes nothing familiar"
    assert await told(-3) == (LabelsRow(good_orders=0, fraud_orders=1, said="legitimate"), 2)
    assert await told(-1) == (LabelsRow(good_orders=0, fraud_orders=1, said=None), 2), "withdrawn since"
    assert (await told(-3, external_id="1"))[0] == LabelsRow(good_orders=0, fraud_orders=0, said="legitimate")


@pytest.mark.parametrize("source", ["analyst", "dispute", "refund", "cancellation", "sift", "import"])
async def test_a_label_known_later_changes_no_fact(shop: Shop, source: str) -> None:
    customer = await a_customer(shop)
    device = new_id()
    await shop.add("devices", id=device, fingerprint="f", is_strong=True, first_seen=NOW, last_seen=NOW, seen_in_fraud=True)
    await shop.order("4", customer_id=customer, device_id=device, created_at=NOW - 3 * DAY)
    asked = {"customer_id": customer, "device_id": device, "strong_device_id": device}
    before = await as_of(shop, NOW, **asked)
    for order in ("1", "4", None):
        await label(shop, 1, order, source=source, customer_id=customer)
    assert await as_of(shop, NOW, **asked) == before
    assert await as_of(shop, NOW + 1 * DAY, **asked) != before


async def test_a_device_is_marked_by_another_order_only(shop: Shop) -> None:
    device = new_id()
    await shop.add("devices", id=device, fingerprint="f", is_strong=True, first_seen=NOW, last_seen=NOW, seen_in_fraud=True)
    await shop.order("1", device_id=device, created_at=NOW - 9 * DAY)
    await label(shop, -5, "1")

    async def marked(day: int, order: str) -> bool | None:
        found = await as_of(shop, NOW + day * DAY, device_id=device, strong_device_id=device, external_id=order)
        return found.device.seen_in_fraud if found.device is not None else None

    assert [await marked(-6, "2"), await marked(-4, "2"), await marked(-4, "1")] == [False, True, False]
    assert DeviceFacts().seen_in_fraud is None


async def test_the_fraud_rate_follows_labels(shop: Shop) -> None:
    for number in range(200):
        await shop.order(f"o{number}", created_at=NOW - 400 * DAY, cancel_reason="fraud" if number < 4 else None)
    await label(shop, -1, "o0", "legitimate")
    await label(shop, -1, "o100")
    await label(shop, -1, "o101", withdrawn_at=NOW - timedelta(hours=1))
    rate = (await fetch_store_values(shop.connection, shop.store_id, None)).fraud_rate
    assert rate == pytest.approx((4 + 0.01 * 300) / (200 + 300)), "one cleared, one found, one taken back"
