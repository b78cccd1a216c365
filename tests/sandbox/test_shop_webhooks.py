"""The made-up shop sends webhooks as the platform does: signed, again after failures, and lost on purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator

import pytest

from tests.sandbox.running import Sandbox
from tests.sandbox.shop_talk import SHOP, Receiver, Talk, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def shop(sandbox: Sandbox) -> Talk:
    talk = Talk(sandbox)
    talk.control("POST", customers=20, orders=40, seed="hooks", gaps=[0.05] * 8)
    return talk


def is_signed(headers: dict[str, str], body: bytes, secret: str = "sandbox") -> bool:
    wanted = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(wanted, headers["x-shopify-hmac-sha256"])


async def test_a_new_order_is_told_to_who_subscribed(shop: Talk, receiver: Receiver) -> None:
    for topic in ("ORDERS_CREATE", "CUSTOMERS_PURCHASING_SUMMARY"):
        shop.subscribe(topic, receiver.uri)
    made = shop.control("POST", "/orders", order={"total": "19.90"}, customer=7_000_000_000_003)
    await receiver.wait(2)
    assert all(is_signed(headers, body) for headers, body in receiver.heard)
    told = {headers["x-shopify-topic"]: headers for headers, _ in receiver.heard}
    assert set(told) == {"orders/create", "customers/purchasing_summary"}
    assert told["orders/create"]["x-shopify-shop-domain"] == SHOP
    assert told["orders/create"]["x-shopify-api-version"] == "2026-10"
    body = next(one for one in receiver.bodies() if "total_price" in one)
    assert (body["admin_graphql_api_id"], body["total_price"]) == (made["order"]["id"], "19.90")
    assert body["customer"]["id"] == 7_000_000_000_003
    assert "tags" not in body["customer"]


async def test_a_failed_delivery_comes_again_with_the_same_id_and_body(shop: Talk, receiver: Receiver) -> None:
    shop.subscribe("CUSTOMERS_UPDATE", receiver.uri)
    receiver.answers = [500, 302]
    shop.control("POST", "/customers/7000000000001", customer={"note": "again"})
    await receiver.wait(3)
    assert len({headers["x-shopify-webhook-id"] for headers, _ in receiver.heard}) == 1
    assert len({body for _, body in receiver.heard}) == 1
    shop.control("GET", "/deliveries/settled")
    (delivery,) = shop.control("GET", "/deliveries")["deliveries"]
    assert (delivery["state"], delivery["tries"], delivery["status"]) == ("delivered", 3, 200)


async def test_after_the_last_failure_the_subscription_is_gone(shop: Talk, receiver: Receiver) -> None:
    shop.subscribe("CUSTOMERS_UPDATE", receiver.uri)
    receiver.answers = [503] * 9
    shop.control("POST", "/customers/7000000000001", customer={"note": "never"})
    shop.control("GET", "/deliveries/settled")
    assert len(receiver.heard) == 9
    assert shop.ask("{ webhookSubscriptions(first: 5) { nodes { id } } }")["webhookSubscriptions"]["nodes"] == []


async def test_a_dropped_webhook_never_comes_but_the_change_is_there(shop: Talk, receiver: Receiver) -> None:
    shop.subscribe("ORDERS_CREATE", receiver.uri)
    shop.control("POST", "/drop", topic="orders/create", times=1)
    lost = shop.control("POST", "/orders", order={"total": "1.00"})
    shop.control("POST", "/orders", order={"total": "2.00"})
    await receiver.wait(1)
    shop.control("GET", "/deliveries/settled")
    assert [body["total_price"] for body in receiver.bodies()] == ["2.00"]
    states = [one["state"] for one in shop.control("GET", "/deliveries?topic=orders/create")["deliveries"]]
    assert states == ["dropped", "delivered"]
    found = shop.ask("query($id: ID!) { order(id: $id) { name } }", id=lost["order"]["id"])
    assert found["order"]["name"] == lost["order"]["name"]


async def test_a_delivery_can_come_twice(shop: Talk, receiver: Receiver) -> None:
    shop.subscribe("ORDERS_CREATE", receiver.uri)
    (one,) = shop.control("POST", "/orders", order={"total": "3.00"})["deliveries"]
    await receiver.wait(1)
    shop.control("POST", f"/deliveries/{one}")
    await receiver.wait(2)
    assert [headers["x-shopify-webhook-id"] for headers, _ in receiver.heard] == [one, one]


async def test_refund_dispute_cancel_risk_consent_and_tags_have_topics_of_their_own(shop: Talk, receiver: Receiver) -> None:
    topics = ["REFUNDS_CREATE", "DISPUTES_CREATE", "DISPUTES_UPDATE", "ORDERS_CANCELLED", "ORDERS_RISK_ASSESSMENT_CHANGED",
              "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE", "CUSTOMER_TAGS_ADDED", "CUSTOMERS_DELETE"]  # fmt: skip
    for topic in topics:
        shop.subscribe(topic, receiver.uri)
    order = "/orders/5000000000001"
    shop.control("POST", f"{order}/refund", amount="1.50")
    shop.control("POST", f"{order}/dispute")
    shop.control("POST", f"{order}/dispute", status="lost")
    shop.control("POST", f"{order}/cancel", reason="fraud")
    shop.control("POST", f"{order}/risk", level="high")
    change = {"tags": ["newsletter", "vip"], "defaultEmailAddress": {"marketingState": "UNSUBSCRIBED"}}
    shop.control("POST", "/customers/7000000000002", customer=change)
    shop.control("DELETE", "/customers/7000000000002")
    await receiver.wait(len(topics))
    heard = {headers["x-shopify-topic"]: body for (headers, _), body in zip(receiver.heard, receiver.bodies(), strict=True)}
    assert len(heard) == len(topics)
    assert heard["refunds/create"]["transactions"][0]["amount"] == "1.50"
    assert heard["disputes/create"]["status"] == "needs_response"
    assert heard["disputes/update"]["status"] == "lost"
    assert heard["disputes/create"]["id"] == heard["disputes/update"]["id"]
    assert heard["orders/cancelled"]["cancel_reason"] == "fraud"
    assert heard["orders/risk_assessment_changed"]["risk_level"] == "high"
    assert heard["customers/email_marketing_consent_update"]["email_marketing_consent"]["state"] == "unsubscribed"
    assert "vip" in heard["customer.tags_added"]["tags"]
    assert heard["customers/delete"]["id"] == 7_000_000_000_002


async def test_privacy_topics_go_to_the_apps_own_address(shop: Talk, receiver: Receiver) -> None:
    shop.control("POST", privacy_uri=receiver.uri)
    for topic in ("customers/data_request", "customers/redact", "shop/redact"):
        shop.control("POST", "/privacy", topic=topic, customer=7_000_000_000_001)
    await receiver.wait(3)
    assert all(is_signed(headers, body) for headers, body in receiver.heard)
    bodies = {headers["x-shopify-topic"]: body for (headers, _), body in zip(receiver.heard, receiver.bodies(), strict=True)}
    assert bodies["customers/redact"]["customer"]["id"] == 7_000_000_000_001
    assert bodies["customers/data_request"]["orders_requested"]
    assert set(bodies["shop/redact"]) == {"shop_id", "shop_domain"}


async def test_an_app_that_is_removed_hears_of_it_and_can_do_nothing_more(shop: Talk, receiver: Receiver) -> None:
    shop.subscribe("APP_UNINSTALLED", receiver.uri)
    shop.token = shop.control("POST", "/token")["access_token"]
    shop.control("POST", "/uninstall")
    await receiver.wait(1)
    assert receiver.bodies()[0]["myshopify_domain"] == SHOP
    assert shop.send("{ shop { name } }").status_code == 401
    assert shop.control("GET")["subscriptions"] == []


@pytest.mark.parametrize("uri", ["http://shop.example.com/hook", "shop.example.com", "", "ftp://127.0.0.1/x"])
def test_an_address_that_will_not_do_is_refused(shop: Talk, uri: str) -> None:
    with pytest.raises(AssertionError, match="userErrors"):
        shop.subscribe("ORDERS_CREATE", uri)


def test_the_same_subscription_twice_is_refused_and_a_forgotten_one_is_gone(shop: Talk) -> None:
    shop.subscribe("ORDERS_CREATE", "https://shop.example.com/hook")
    with pytest.raises(AssertionError, match="already been taken"):
        shop.subscribe("ORDERS_CREATE", "https://shop.example.com/hook")
    assert shop.control("POST", "/subscriptions/forget", topic="orders/create") == {"forgotten": 1}
    assert shop.subscribe("ORDERS_CREATE", "https://shop.example.com/hook")
