"""Tells subscribers what happened to a customer or an order: which topics, with which body."""

from __future__ import annotations

import time

from shopwarden.sandbox import shop_bodies
from shopwarden.sandbox.shop_hooks import publish
from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_state import Delivery, Shop
from shopwarden.sandbox.shop_world import gid, iso


def tell_order(shop: Shop, order: Record, *topics: str) -> list[Delivery]:
    body = shop_bodies.order_body(shop, order)
    return [one for topic in topics for one in publish(shop, topic, body)]


def tell_customer(shop: Shop, customer: Record, topic: str) -> list[Delivery]:
    return publish(shop, topic, shop_bodies.customer_body(customer))


def tell_purchases(shop: Shop, customer: int) -> list[Delivery]:
    return publish(shop, "customers/purchasing_summary", shop_bodies.purchases_body(shop, customer))


def tell_risk(shop: Shop, order: Record, level: str, provider: str) -> list[Delivery]:
    return publish(shop, "orders/risk_assessment_changed", shop_bodies.risk_body(order, level, provider))


def tell_tags(shop: Shop, customer: int, tags: list[str], how: str) -> list[Delivery]:
    """`how`: added or removed. No tags, no webhook."""
    if not tags:
        return []
    body: Record = {"customerId": gid("Customer", customer), "tags": tags, "occurredAt": iso(time.time())}
    return publish(shop, f"customer.tags_{how}", body)


def tell_consent(shop: Shop, customer: Record) -> list[Delivery]:
    mail = customer.get("defaultEmailAddress")
    held = mail if isinstance(mail, dict) else {}
    consent = {
        "state": str(held.get("marketingState") or "not_subscribed").lower(),
        "opt_in_level": str(held.get("marketingOptInLevel") or "single_opt_in").lower(),
        "consent_updated_at": held.get("marketingUpdatedAt") or iso(time.time()),
    }
    number = shop_bodies.bare(customer["id"])
    body: Record = {
        "customer_id": number,
        "email_address": held.get("emailAddress"),
        "email_marketing_consent": consent,
    }
    return publish(shop, "customers/email_marketing_consent_update", body)


def tell_uninstalled(shop: Shop, client_id: str) -> list[Delivery]:
    """The app is gone: its tokens are dead and its subscriptions over, the last webhook is on its way."""
    body: Record = {
        "id": int.from_bytes(shop.world.draw("shop", 0)[:4]),
        "name": shop.name,
        "email": f"owner@{shop.domain}",
        "domain": shop.domain,
        "myshopify_domain": shop.domain,
        "currency": "USD",
        "plan_name": "partner_test",
    }
    sent = publish(shop, "app/uninstalled", body, client_id)
    shop.tokens = {secret: token for secret, token in shop.tokens.items() if token.client_id != client_id}
    shop.subscriptions = {number: one for number, one in shop.subscriptions.items() if one.client_id != client_id}
    shop.pixels.pop(client_id, None)
    return sent
