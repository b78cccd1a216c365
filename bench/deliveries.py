"""Signed webhooks and order checks, ready to be sent."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import asyncpg
import msgspec

from bench.load import request
from bench.servers import SECRET, SHOP
from bench.traffic import AGENTS
from shopwarden.sources.shopify.headers import sign

FIRST, LAST = ("Anna", "Ben", "Clara", "David", "Emma", "Felix"), ("Smith", "Miller", "Garcia", "Nguyen", "Rossi")


def _address(chance: random.Random, first: str, last: str) -> dict[str, object]:
    return {
        "first_name": first, "last_name": last, "address1": f"{chance.randrange(1, 200)} High Street", "address2": None,
        "city": f"Town {chance.randrange(3000)}", "province": "Berlin", "province_code": "BE", "country": "Germany",
        "country_code": "DE", "zip": f"{chance.randrange(10000, 99999)}", "phone": None, "company": None,
    }  # fmt: skip


def _order(chance: random.Random, number: int) -> dict[str, object]:
    """The body of orders/create, with what a shop's usual order has."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    first, last = chance.choice(FIRST), chance.choice(LAST)
    person = chance.randrange(1, 2 + number)
    email, price = f"{first}.{last}{person}@mail.test".lower(), f"{chance.randrange(10, 200)}.90"
    address = _address(chance, first, last)
    customer = {
        "id": 5_000_000_000 + person, "email": email, "created_at": now, "updated_at": now, "first_name": first,
        "last_name": last, "orders_count": 1, "total_spent": price, "state": "disabled", "verified_email": True, "tags": "",
        "currency": "EUR", "phone": None, "default_address": address,
    }  # fmt: skip
    item = {
        "id": 9_000_000_000 + number, "product_id": 1000 + number % 500, "variant_id": 2000 + number % 500,
        "title": "A product", "quantity": 1, "price": price, "sku": f"SKU-{number % 500}", "grams": 300,
        "requires_shipping": True, "gift_card": False,
    }  # fmt: skip
    return {
        "id": 7_000_000_000 + number, "name": f"#{number}", "email": email, "contact_email": email, "phone": None,
        "created_at": now, "updated_at": now, "processed_at": now, "cancelled_at": None, "cancel_reason": None,
        "test": False, "token": f"{chance.getrandbits(128):032x}", "checkout_token": f"{chance.getrandbits(128):032x}",
        "cart_token": None, "browser_ip": f"80.{chance.randrange(256)}.{chance.randrange(256)}.7",
        "client_details": {"accept_language": "de", "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0.0.0"},
        "currency": "EUR", "total_price": price, "subtotal_price": price, "total_discounts": "0.00", "total_tax": "0.00",
        "financial_status": "paid", "fulfillment_status": None, "gateway": "shopify_payments", "source_name": "web",
        "payment_gateway_names": ["shopify_payments"], "tags": "", "note": None, "discount_codes": [], "landing_site": "/",
        "referring_site": "", "line_items": [item], "billing_address": address, "shipping_address": address,
        "shipping_lines": [{"title": "Standard", "code": "STD", "price": "4.90"}], "customer": customer,
    }  # fmt: skip


def webhook_requests(seed: int, count: int) -> list[bytes]:
    """`count` distinct signed deliveries of orders/create."""
    chance = random.Random(seed)
    made = []
    for place in range(count):
        number = seed * 1_000_000 + place
        body = msgspec.json.encode(_order(chance, number))
        headers = {
            "X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": SHOP, "X-Shopify-API-Version": "2026-07",
            "X-Shopify-Webhook-Id": f"{chance.getrandbits(128):032x}",
            "X-Shopify-Event-Id": f"{chance.getrandbits(128):032x}",
            "X-Shopify-Triggered-At": datetime.now(UTC).isoformat(), "X-Shopify-Hmac-Sha256": sign(SECRET, body),
        }  # fmt: skip
        made.append(request("POST", "/webhooks/shopify", body, headers))
    return made


# Customers who order again, with the token of a visit of their own; visits of nobody known yet; people without a visit.
_PEOPLE = """
SELECT c.email, c.shopify_id, c.first_name, c.last_name, t.token, (SELECT host(i.ip_address) FROM customer_ips i
    WHERE i.store_id = t.store_id AND i.customer_id = c.id LIMIT 1) AS ip
  FROM (SELECT * FROM checkout_tokens WHERE store_id = $1 AND kind = 'checkout' AND token > $2 ORDER BY token LIMIT $3) AS t
  JOIN visitors v ON v.store_id = t.store_id AND v.id = t.visitor_id
  LEFT JOIN customers c ON c.store_id = v.store_id AND c.id = v.customer_id
"""


async def check_requests(pool: asyncpg.Pool, store_id: object, api_key: str, seed: int, count: int) -> list[bytes]:
    """Orders of known customers and of strangers, with and without a visit behind them."""
    people = await pool.fetch(_PEOPLE, store_id, f"{seed * 37 % 200:02x}", count)
    chance = random.Random(seed)
    bodies = [_check(chance, dict(chance.choice(people)), place) for place in range(count)]
    headers = {"Authorization": f"Bearer {api_key}"}
    return [request("POST", "/api/orders/check", msgspec.json.encode(body), headers) for body in bodies]


def _check(chance: random.Random, person: dict[str, str | None], place: int) -> dict[str, object]:
    first, last = person["first_name"] or chance.choice(FIRST), person["last_name"] or chance.choice(LAST)
    address = _address(chance, first, last)
    body: dict[str, object] = {
        "order_id": f"bench-{chance.getrandbits(60)}-{place}",
        "email": person["email"] or f"{chance.getrandbits(60):x}@new.test",
        "ip": person["ip"] or f"80.{chance.randrange(256)}.{chance.randrange(256)}.9",
        "user_agent": AGENTS[place % len(AGENTS)], "total": f"{chance.randrange(10, 400)}.90", "currency": "EUR",
        "billing_address": address, "shipping_address": address,
        "line_items": [{"product_id": 17, "quantity": 2, "price": "19.90", "title": "A product"}],
        "payment": {"avs": "Y", "cvv": "M", "bin": "424242", "last4": f"{chance.randrange(10000):04}"},
    }  # fmt: skip
    if chance.random() < 0.7:
        body["checkout_token"] = person["token"]
    if person["shopify_id"]:
        body["customer_id"] = person["shopify_id"]
    return body


def list_requests(api_key: str, seed: int, count: int) -> list[bytes]:
    """Any filters, orders, pages and searches of the customer list."""
    chance = random.Random(seed)
    return [
        request("GET", f"/api/customers?{_query(chance)}", b"", {"Authorization": f"Bearer {api_key}"}) for _ in range(count)
    ]


def _query(chance: random.Random) -> str:
    asked = {"limit": str(chance.choice((20, 50, 50, 100)))}
    asked["sort_by"] = chance.choice(
        ("created_at", "updated_at", "last_active_at", "total_spent", "orders_count", "risk_score")
    )
    asked["sort_order"] = chance.choice(("asc", "desc"))
    for name, values, share in (
        ("status", ("active", "inactive", "vip", "blocked", "vip,blocked"), 0.3),
        ("risk_level", ("low", "medium", "high", "critical", "high,critical"), 0.3),
        ("source", ("shopify", "klaviyo", "manual"), 0.2),
        ("country", ("DE", "US", "BR", "JP,AU", "FR,IT,ES"), 0.2),
        ("date_from", ("2025-01-01", "2026-03-01", "2026-09-01"), 0.15),
        ("search", ("anna", "smith", "garcia1", "klara.costa", "@post.test", "zz", "+4915000", "tessa.weber77"), 0.25),
    ):
        if chance.random() < share:
            asked[name] = chance.choice(values)
    page = chance.choice((1, 1, 1, 2, 3, 10, 50))
    if "search" not in asked and chance.random() < 0.1:
        page = chance.choice((500, 2_000, 9_000))
    asked["page"] = str(page)
    return "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in asked.items())
