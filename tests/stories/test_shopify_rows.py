"""The nine topics and those around them leave the rows they should."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from tests.sources.shopify_bodies import CAPTURED, body_of
from tests.stories.shopify_shop import captured, one, rows, send

ANN = {"id": 1, "email": "ann@example.com", "first_name": "Ann", "updated_at": "2026-01-01T00:00:00Z", "state": "enabled"}
HOME = {"address1": "1 Main St", "city": "Ottawa", "zip": "K1A 0B1", "country_code": "CA", "province_code": "ON"}


def order(number: int, **changes: object) -> dict[str, object]:
    at = f"2026-01-{number:02d}T12:00:00Z"
    return {
        "id": 1000 + number, "created_at": at, "updated_at": at, "total_price": "50.00", "currency": "USD",
        "financial_status": "paid", "customer": ANN, "email": "ann@example.com", "shipping_address": HOME,
        "browser_ip": "8.8.8.8", "checkout_token": f"token-{number}", "cart_token": f"cart-{number}",
        "client_details": {"user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"},
        **changes,
    }  # fmt: skip


@pytest.mark.parametrize("topic", [topic for topic in CAPTURED if "redact" not in topic])
async def test_every_topic_is_processed(database: Database, store_id: StoreId, topic: str) -> None:
    for body in CAPTURED[topic]:
        assert await send(database, store_id, topic, body) == "processed"


async def test_captured_bodies_leave_customers_orders_checkouts_and_carts(database: Database, store_id: StoreId) -> None:
    for topic, body in captured():
        await send(database, store_id, topic, body)
    bob = await one(database, store_id, "customers", shopify_id="207119551")
    assert (bob["email"], bob["first_name"], bob["customer_type"]) == ("bob.norman@mail.example.com", "Bob", "guest")
    assert (bob["orders_count"], bob["total_spent"], bob["tags"]) == (7, Decimal("1000.50"), ["Léon", "Noël", "vip"])
    assert (bob["accepts_marketing"], bob["custom_attributes"]["sms_marketing_state"]) == (True, "subscribed")
    gone = await one(database, store_id, "customers", shopify_id="1073339458")
    assert gone["status"] == "inactive"
    first = await one(database, store_id, "orders", external_id="450789469")
    assert (first["customer_id"], first["platform_risk"], first["cancelled_at"] is not None) == (bob["id"], "high", True)
    kinds = {row["activity_type"] for row in await rows(database, store_id, "customer_activities")}
    assert kinds >= {"order", "order_cancelled", "refund", "dispute", "payment_failed", "checkout_started", "cart_updated"}
    assert {row["status"] for row in await rows(database, store_id, "payment_attempts")} == {"succeeded", "failed"}
    cart = await one(database, store_id, "carts", token="68778783ad298f1c80c3bafcddeea02f")
    assert cart["customer_id"] == bob["id"], "a cart belongs to who made an order of it"
    home = await one(database, store_id, "customer_addresses", is_default=True, customer_id=bob["id"])
    assert (home["city"], home["is_validated"], home["type"]) == ("Louisville", True, "shipping")


async def test_figures_follow_from_all_orders_and_refunds(database: Database, store_id: StoreId) -> None:
    await send(database, store_id, "orders/create", order(3))
    await send(database, store_id, "orders/create", order(4, total_price="70.01"))
    await send(database, store_id, "orders/create", order(5, currency="EUR"))
    await send(database, store_id, "orders/create", order(6, cancelled_at="2026-01-06T13:00:00Z"))
    await send(database, store_id, "orders/create", order(7, test=True))
    paid = [{"kind": "refund", "status": "success", "amount": "20.00", "currency": "USD"}]
    await send(database, store_id, "refunds/create", {"id": 5, "order_id": 1003, "transactions": paid})
    row = await one(database, store_id, "customers")
    # The newest order's currency is the cancelled one's, USD: what was paid in euros cannot be added to it.
    assert (row["orders_count"], row["total_spent"], row["average_order_value"]) == (3, Decimal("120.01"), Decimal("40.00"))
    assert row["lifetime_value"] == Decimal("100.01")
    assert (row["first_purchase_at"].day, row["last_purchase_at"].day, row["customer_type"]) == (3, 5, "registered")


async def test_the_address_an_order_came_from_is_kept_with_place_and_browser(database: Database, store_id: StoreId) -> None:
    for number in (3, 4):
        await send(database, store_id, "orders/create", order(number))
    row = await one(database, store_id, "customer_ips")
    assert (row["ip_address"], row["country_code"], row["browser"], row["os"]) == ("8.8.8.8", "US", "Firefox", "Windows")
    assert (row["activity_count"], row["first_seen_at"].day, row["last_seen_at"].day) == (2, 3, 4)


async def test_a_checkout_is_abandoned_after_an_hour_of_the_shops_time(database: Database, store_id: StoreId) -> None:
    left = {"token": "left", "created_at": "2026-01-02T10:00:00Z", "updated_at": "2026-01-02T10:00:00Z", "customer": ANN}
    await send(database, store_id, "checkouts/create", left)
    assert (await one(database, store_id, "customers"))["abandoned_checkouts_count"] == 0
    await send(database, store_id, "orders/create", order(3, customer=None, email="bob@example.com"))
    ann = await one(database, store_id, "customers", email="ann@example.com")
    assert (ann["abandoned_checkouts_count"], ann["last_abandoned_checkout_at"].hour) == (1, 10)
    await send(database, store_id, "orders/create", order(4, checkout_token="left"))
    ann = await one(database, store_id, "customers", email="ann@example.com")
    assert (ann["abandoned_checkouts_count"], ann["last_abandoned_checkout_at"]) == (0, None)


async def test_a_guest_who_turns_out_to_be_a_customer_brings_everything_along(database: Database, store_id: StoreId) -> None:
    await send(database, store_id, "orders/create", order(3, customer=None))
    await send(database, store_id, "checkouts/create", {"token": "t", "email": "ann@example.com", "cart_token": "c"})
    await send(database, store_id, "customers/create", {**ANN, "email": "other@example.com"})
    guest = await one(database, store_id, "customers", shopify_id=None)
    await database.pool.execute("UPDATE customers SET is_blocked = true, status = 'blocked' WHERE id = $1", guest["id"])
    await send(database, store_id, "customers/update", {**ANN, "updated_at": "2026-01-09T00:00:00Z"})
    row = await one(database, store_id, "customers")
    assert (row["shopify_id"], row["email"], row["orders_count"], row["status"]) == ("1", "ann@example.com", 1, "blocked")
    for table in ("orders", "checkouts", "customer_addresses", "customer_ips", "customer_activities"):
        assert {found["customer_id"] for found in await rows(database, store_id, table)} == {row["id"]}, table


async def test_an_address_that_changes_hands_takes_its_guest_orders_along(database: Database, store_id: StoreId) -> None:
    await send(database, store_id, "customers/create", ANN)
    await send(database, store_id, "orders/create", order(3, customer=None))
    await send(database, store_id, "orders/create", order(4))
    await send(database, store_id, "customers/create", {**ANN, "id": 2, "updated_at": "2026-01-08T00:00:00Z"})
    first, second = [await one(database, store_id, "customers", shopify_id=name) for name in ("1", "2")]
    assert (first["email"], second["email"]) == (None, "ann@example.com")
    assert (first["orders_count"], second["orders_count"]) == (1, 1)
    assert (await one(database, store_id, "orders", external_id="1003"))["customer_id"] == second["id"]


async def test_a_dispute_for_fraud_marks_the_device_and_winning_it_clears_it(database: Database, store_id: StoreId) -> None:
    await send(database, store_id, "orders/create", order(3))
    for fingerprint, is_strong in (("strong", True), ("weak", False)):
        await database.pool.execute(
            "INSERT INTO devices (store_id, id, fingerprint, is_strong, first_seen, last_seen)"
            " VALUES ($1, gen_random_uuid(), $2, $3, now(), now())",
            store_id, fingerprint, is_strong,
        )  # fmt: skip
    device = await one(database, store_id, "devices", fingerprint="strong")
    await database.pool.execute("UPDATE orders SET device_id = $1", device["id"])
    told = body_of("dispute", order_id=1003, status="needs_response", finalized_on=None)
    await send(database, store_id, "disputes/create", told)
    assert [row["seen_in_fraud"] for row in await rows(database, store_id, "devices")].count(True) == 1
    await send(database, store_id, "disputes/update", {**told, "status": "won", "finalized_on": "2026-02-28T00:00:00Z"})
    marked = [row["seen_in_fraud"] for row in await rows(database, store_id, "devices")]
    assert marked in ([False, False], [True, False], [False, True])


async def test_the_card_of_an_order_is_the_one_it_was_paid_with(database: Database, store_id: StoreId) -> None:
    details = {"credit_card_bin": "424242", "credit_card_number": "•••• 1111", "avs_result_code": "N"}
    tried = {"id": 1, "kind": "sale", "status": "failure", "order_id": 1003, "payment_details": details}
    good = {**tried, "id": 2, "status": "success", "payment_details": {**details, "credit_card_number": "•••• 2222"}}
    for topic, body in (
        ("order_transactions/create", good),
        ("orders/create", order(3)),
        ("order_transactions/create", tried),
    ):
        await send(database, store_id, topic, body)
    row = await one(database, store_id, "orders")
    assert (row["card_bin"], row["card_last4"], row["avs_result"]) == ("424242", "2222", "N")
    failed = await one(database, store_id, "payment_attempts", status="failed")
    assert (failed["order_id"], failed["ip"], failed["customer_id"]) == (row["id"], "8.8.8.8", row["customer_id"])


async def test_jobs_follow_once_per_delivery_and_name_nobody(database: Database, store_id: StoreId) -> None:
    await send(database, store_id, "orders/create", order(3), "d-1")
    assert await send(database, store_id, "orders/create", order(3), "d-1") == "duplicate"
    jobs = [row for row in await rows(database, store_id, "outbox") if row["queue"] != "webhook-processing"]
    assert sorted((job["queue"], job["subject"].partition(":")[0]) for job in jobs) == [
        ("customer-enrichment", "customer"), ("risk-analysis", "customer"), ("risk-analysis", "order"),
    ]  # fmt: skip
    assert "ann@example.com" not in repr(jobs)


async def test_an_unreadable_body_is_kept_with_the_reason(database: Database, store_id: StoreId) -> None:
    assert await send(database, store_id, "orders/create", {"no": "id"}) == "unreadable"
    assert (await one(database, store_id, "inbox"))["detail"] == "the order has no id"
