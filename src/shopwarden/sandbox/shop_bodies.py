"""Bodies of a shop's webhooks, in the older names the wire still uses, made from records."""

from __future__ import annotations

import time

from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_state import Shop
from shopwarden.sandbox.shop_world import gid, iso


def _part(record: Record, name: str) -> Record:
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _parts(record: Record, name: str) -> list[Record]:
    value = record.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _amount(record: Record, name: str) -> object:
    return _part(_part(record, name), "shopMoney").get("amount")


def bare(identifier: object) -> int | None:
    """The number at the end of a global id."""
    tail = str(identifier).rpartition("/")[2]
    return int(tail) if tail.isdigit() else None


def address_body(place: Record) -> Record | None:
    if not place:
        return None
    pairs = {
        "first_name": "firstName", "last_name": "lastName", "name": "name", "company": "company", "address1": "address1",
        "address2": "address2", "city": "city", "province": "province", "province_code": "provinceCode",
        "country": "country", "country_code": "countryCodeV2", "zip": "zip", "phone": "phone", "latitude": "latitude",
        "longitude": "longitude",
    }  # fmt: skip
    return {wire: place.get(name) for wire, name in pairs.items()}


def customer_body(customer: Record) -> Record:
    """customers/create and /update. Tags, consent and what was spent are not in it since 2025-01."""
    home = _part(customer, "defaultAddress")
    number = bare(customer["id"])

    def book(place: Record) -> Record:
        return {"id": bare(place.get("id")), "customer_id": number, **(address_body(place) or {}), "default": place == home}

    return {
        "id": number,
        "admin_graphql_api_id": customer["id"],
        "created_at": customer["createdAt"],
        "updated_at": customer["updatedAt"],
        "first_name": customer.get("firstName"),
        "last_name": customer.get("lastName"),
        "state": str(customer.get("state") or "disabled").lower(),
        "note": customer.get("note"),
        "verified_email": customer.get("verifiedEmail"),
        "multipass_identifier": None,
        "tax_exempt": customer.get("taxExempt"),
        "tax_exemptions": [],
        "email": _part(customer, "defaultEmailAddress").get("emailAddress"),
        "phone": _part(customer, "defaultPhoneNumber").get("phoneNumber"),
        "currency": "USD",
        "addresses": [book(place) for place in _parts(customer, "addressesV2")],
        "default_address": book(home) if home else None,
    }


def order_body(shop: Shop, order: Record) -> Record:
    """orders/*: the whole order."""
    owner = order.get("_customer")
    customer = shop.customer(owner) if isinstance(owner, int) else None
    payment = next((_part(one, "paymentDetails") for one in _parts(order, "transactions")), {})
    ip, codes = order.get("clientIp"), _texts(order.get("discountCodes"))
    body: Record = {
        "id": bare(order["id"]),
        "admin_graphql_api_id": order["id"],
        "name": order["name"],
        "order_number": order["number"],
        "token": f"o{bare(order['id']):x}",
        "checkout_token": order.get("_checkout_token") or f"c{bare(order['id']):x}",
        "cart_token": order.get("_cart_token"),
        "email": order.get("email"),
        "contact_email": order.get("email"),
        "phone": order.get("phone"),
        "browser_ip": ip,
        "client_details": {
            "accept_language": "en-US,en",
            "browser_height": None,
            "browser_width": None,
            "browser_ip": ip,
            "session_hash": None,
            "user_agent": order.get("_user_agent") or "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Sandbox",
        },
        "created_at": order["createdAt"],
        "updated_at": order["updatedAt"],
        "processed_at": order["processedAt"],
        "closed_at": order.get("closedAt"),
        "cancelled_at": order.get("cancelledAt"),
        "cancel_reason": _low(order.get("cancelReason")),
        "financial_status": _low(order.get("displayFinancialStatus")),
        "fulfillment_status": "fulfilled" if order.get("displayFulfillmentStatus") == "FULFILLED" else None,
        "buyer_accepts_marketing": order.get("customerAcceptsMarketing"),
        "customer_locale": order.get("customerLocale"),
        "confirmed": order.get("confirmed"),
        "test": order.get("test"),
        "note": order.get("note"),
        "note_attributes": [{"name": one["key"], "value": one["value"]} for one in _parts(order, "customAttributes")],
        "tags": ", ".join(_texts(order.get("tags"))),
        "source_name": order.get("sourceName"),
        "landing_site": order.get("_landing_site") or "/",
        "referring_site": order.get("_referring_site"),
        "payment_gateway_names": order.get("paymentGatewayNames"),
        "discount_codes": [{"code": code, "amount": "0.00", "type": "percentage"} for code in codes],
    }
    return {**body, **_sums(order), **_inside(shop, order, customer, payment)}


def _sums(order: Record) -> Record:
    return {
        "currency": order["currencyCode"],
        "presentment_currency": order["presentmentCurrencyCode"],
        "total_price": _amount(order, "totalPriceSet"),
        "current_total_price": _amount(order, "currentTotalPriceSet"),
        "subtotal_price": _amount(order, "subtotalPriceSet"),
        "total_discounts": _amount(order, "totalDiscountsSet"),
        "total_tax": _amount(order, "totalTaxSet"),
        "total_outstanding": _amount(order, "totalOutstandingSet"),
        "taxes_included": False,
    }


def _inside(shop: Shop, order: Record, customer: Record | None, payment: Record) -> Record:
    """The objects within an order."""
    card = {
        "credit_card_bin": payment.get("bin"),
        "avs_result_code": payment.get("avsResultCode"),
        "cvv_result_code": payment.get("cvvResultCode"),
        "credit_card_number": payment.get("number"),
        "credit_card_company": payment.get("company"),
    }
    return {
        "customer": customer_body(customer) if customer else None,
        "billing_address": address_body(_part(order, "billingAddress")),
        "shipping_address": address_body(_part(order, "shippingAddress")),
        "payment_details": card if payment else None,
        "line_items": [_item(one) for one in _parts(order, "lineItems")],
        "shipping_lines": [
            {"id": bare(one["id"]), "title": one["title"], "code": one.get("code"), "source": one.get("source"),
             "price": _amount(one, "originalPriceSet")}
            for one in _parts(order, "shippingLines")
        ],
        "fulfillments": [],
        "refunds": [refund_body(order, one) for one in _parts(order, "refunds")],
    }  # fmt: skip


def _item(one: Record) -> Record:
    return {
        "id": bare(one["id"]),
        "admin_graphql_api_id": one["id"],
        "title": one["title"],
        "name": one["name"],
        "quantity": one["quantity"],
        "sku": one.get("sku"),
        "vendor": one.get("vendor"),
        "price": _amount(one, "originalUnitPriceSet"),
        "total_discount": "0.00",
        "gift_card": one.get("isGiftCard"),
        "requires_shipping": one.get("requiresShipping"),
        "taxable": one.get("taxable"),
        "product_id": bare(_part(one, "product").get("id")),
        "variant_id": bare(_part(one, "variant").get("id")),
        "properties": [],
    }


def refund_body(order: Record, refund: Record) -> Record:
    """refunds/create, and what an order says of its refunds."""
    amount, number = _amount(refund, "totalRefundedSet"), bare(refund["id"])
    paid_back = {
        "id": number,
        "order_id": bare(order["id"]),
        "kind": "refund",
        "status": "success",
        "amount": amount,
        "currency": order["currencyCode"],
        "gateway": "shopify_payments",
        "created_at": refund["createdAt"],
        "processed_at": refund["createdAt"],
    }
    return {
        "id": number,
        "admin_graphql_api_id": refund["id"],
        "order_id": bare(order["id"]),
        "created_at": refund["createdAt"],
        "processed_at": refund["createdAt"],
        "note": refund.get("note"),
        "restock": False,
        "refund_line_items": [],
        "order_adjustments": [],
        "transactions": [paid_back],
    }


def dispute_body(order: Record, number: int, status: str, reason: str, amount: str | None) -> Record:
    return {
        "id": number,
        "order_id": bare(order["id"]),
        "type": "chargeback",
        "amount": amount or _amount(order, "totalPriceSet"),
        "currency": order["currencyCode"],
        "reason": reason,
        "network_reason_code": "4837",
        "status": status.lower(),
        "evidence_due_by": iso(time.time() + 864_000),
        "evidence_sent_on": None,
        "finalized_on": iso(time.time()) if status.lower() in {"won", "lost", "accepted"} else None,
        "initiated_at": iso(time.time()),
    }


def risk_body(order: Record, level: str, provider: str) -> Record:
    return {
        "provider_id": None,
        "provider_title": provider,
        "risk_level": level.lower(),
        "created_at": iso(time.time()),
        "order_id": bare(order["id"]),
        "admin_graphql_api_order_id": order["id"],
    }


def purchases_body(shop: Shop, number: int) -> Record:
    """customers/purchasing_summary."""
    orders = shop.orders_of(number)
    count, cents = shop.spent(number)
    return {
        "customer_id": number,
        "admin_graphql_api_customer_id": gid("Customer", number),
        "number_of_orders": count,
        "amount_spent": {"amount": f"{cents // 100}.{cents % 100:02d}", "currency_code": "USD"},
        "last_order_id": orders[-1] if orders else None,
        "occurred_at": iso(time.time()),
    }


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _low(value: object) -> str | None:
    return None if value is None else str(value).lower()
