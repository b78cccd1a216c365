"""Checkouts somebody began: as a webhook tells of them, and as the Admin API lists those that were abandoned."""

from __future__ import annotations

import hashlib

from shopwarden.errors import RefuseError
from shopwarden.sandbox.shop_bodies import customer_body
from shopwarden.sandbox.shop_people import Record, bag
from shopwarden.sandbox.shop_sales import line_items
from shopwarden.sandbox.shop_state import Shop, now
from shopwarden.sandbox.shop_world import gid


def checkout(shop: Shop, given: Record) -> tuple[Record, Record, str]:
    """(record, body of the webhook, its topic) of the checkout with this token, new or known."""
    wish = given.get("checkout", {})
    if not isinstance(wish, dict):
        raise RefuseError("`checkout` must be an object", fields={"checkout": "no object"})
    token = str(wish.get("token") or hashlib.sha256(str(shop.next()).encode()).hexdigest()[:32])
    known = next((one for one in shop.checkouts.values() if one["_token"] == token), None)
    number = int(str(known["id"]).rpartition("/")[2]) if known else shop.next()
    owner = given.get("customer", known["_customer"] if known else None)
    owner = owner if isinstance(owner, int) else None
    body = _body(shop, {**(_held(known)), **wish, "token": token}, owner)
    lines = line_items(shop.world, number % 1000, number)
    record: Record = {
        "id": gid("AbandonedCheckout", number),
        "legacyResourceId": str(number),
        "name": f"#{number}",
        "abandonedCheckoutUrl": body["abandoned_checkout_url"],
        "createdAt": body["created_at"],
        "updatedAt": now(),
        "completedAt": body["completed_at"],
        "note": "",
        "taxesIncluded": False,
        "billingAddress": None,
        "shippingAddress": None,
        "customAttributes": [],
        "discountCodes": [],
        "lineItems": [{**one, "originalTotalPriceSet": one["originalTotalSet"]} for one in lines],
        **dict.fromkeys(("totalPriceSet", "subtotalPriceSet", "totalLineItemsPriceSet"), bag(_cents(body["total_price"]))),
        "totalDiscountSet": bag(0),
        "totalTaxSet": bag(0),
        "_customer": owner,
        "_token": token,
        "_body": body,
    }
    shop.checkouts[number] = record
    return record, body, "checkouts/update" if known else "checkouts/create"


def _held(known: Record | None) -> Record:
    body = known["_body"] if known else {}
    return body if isinstance(body, dict) else {}


def _body(shop: Shop, wish: Record, owner: int | None) -> Record:
    """The body since 2026-04: no `id`, the token is what joins it to an order."""
    customer = shop.customer(owner) if owner is not None else None
    told = customer_body(customer) if customer else None
    token = wish["token"]
    return {
        "cart_token": f"cart-{token}",
        "email": told["email"] if told else None,
        "phone": told["phone"] if told else None,
        "created_at": now(),
        "completed_at": None,
        "abandoned_checkout_url": f"https://{shop.domain}/checkouts/ac/{token}/recover",
        "buyer_accepts_marketing": False,
        "landing_site": "/",
        "referring_site": None,
        "source_name": "web",
        "currency": "USD",
        "total_price": "0.00",
        "line_items": [],
        "shipping_address": None,
        "billing_address": None,
        "customer": told,
        **wish,
        "updated_at": now(),
    }


def _cents(value: object) -> int:
    try:
        return round(float(str(value)) * 100)
    except (ValueError, OverflowError):
        raise RefuseError("`total_price` is no amount", fields={"checkout.total_price": "no amount"}) from None
