"""The minFraud request of an order: device, event, account, e-mail, addresses, payment, card, amount and cart.

Contract: POST /minfraud/v2.0/{service}, JSON of at most 20,000 bytes. Inputs the vendor would only warn of are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec

from shopwarden.domain.inquiry import AskedOrder, Inquiry
from shopwarden.domain.ip import is_public
from shopwarden.domain.observation import Address, Json

LARGEST = 20_000
MOST_ITEMS = 100
LONGEST = 255
PROCESSORS = {"shopify_payments", "paypal", "stripe", "adyen", "braintree", "klarna", "worldpay", "cybersource", "moneris"}
AUTHORIZED = {"authorized", "paid", "partially_paid", "partially_refunded", "refunded"}
_REGION = re.compile(r"[A-Z0-9]{1,4}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

Members = dict[str, Json]


def request_body(inquiry: Inquiry, order: AskedOrder) -> bytes:
    """The JSON, with as much of the cart as there is room for."""
    cart, longest = _cart(order), LONGEST
    body = _body(inquiry, order)
    while True:
        encoded = msgspec.json.encode(body | ({"shopping_cart": cart} if cart else {}))
        if len(encoded) <= LARGEST:
            return encoded
        if cart:
            cart = cart[: len(cart) // 2]
        else:
            longest //= 2
            body = {name: _shortened(part, longest) for name, part in body.items()}


def _shortened(part: Json, longest: int) -> Json:
    if not isinstance(part, dict):
        return part
    return {name: value[:longest] if isinstance(value, str) else value for name, value in part.items()}


def _body(inquiry: Inquiry, order: AskedOrder) -> Members:
    customer = inquiry.customer
    billing, shipping = _address(order.billing), _address(order.shipping)
    if shipping and order.is_express is not None:
        shipping["delivery_speed"] = "expedited" if order.is_express else "standard"
    if inquiry.phone and billing and "phone_number" not in billing:
        billing["phone_number"] = inquiry.phone
    parts: dict[str, Members] = {
        "device": _present({
            "ip_address": inquiry.ip if inquiry.ip and is_public(inquiry.ip) else None,
            "user_agent": _cut(inquiry.user_agent, 512),
            "accept_language": _cut(inquiry.accept_language),
            "session_id": _cut(inquiry.session_id),
        }),
        "event": _present({
            "transaction_id": _cut(order.id), "shop_id": _cut(inquiry.shop_domain), "time": _time(order.created_at),
            "type": "purchase", "party": "customer",
        }),
        "account": _present({"user_id": _cut((customer.external_id or customer.id) if customer else None)}),
        "email": _email(inquiry.email),
        "billing": billing,
        "shipping": shipping,
        "payment": _payment(order),
        "credit_card": _card(order),
        "order": _present({
            "amount": _amount(order.total), "currency": _fitting(_CURRENCY, order.currency),
            "discount_code": _cut(order.discount_codes[0]) if order.discount_codes else None,
            "referrer_uri": _address_of_page(order.referring_site),
        }),
    }  # fmt: skip
    return {name: part for name, part in parts.items() if part}


def _email(address: str | None) -> Members:
    domain = (address or "").rpartition("@")[2].lower()
    return {"address": address, "domain": domain[:LONGEST]} if address and len(address) <= LONGEST else {}


def _address(address: Address | None) -> Members:
    if address is None:
        return {}
    return _present({
        "first_name": _cut(address.first_name), "last_name": _cut(address.last_name), "company": _cut(address.company),
        "address": _cut(address.address_line1), "address_2": _cut(address.address_line2), "city": _cut(address.city),
        "region": _fitting(_REGION, address.state_province), "country": _fitting(_COUNTRY, address.country_code),
        "postal": _cut(address.postal_code), "phone_number": _cut(address.phone),
    })  # fmt: skip


def _payment(order: AskedOrder) -> Members:
    gateway = (order.gateway or "").lower().replace(" ", "_")
    processor = gateway if gateway in PROCESSORS else "other" if gateway else None
    was_authorized = True if order.financial_status in AUTHORIZED else None
    method: Json = "card" if order.card.bin or order.card.last4 else None
    return _present({"method": method, "processor": processor, "was_authorized": was_authorized})


def _card(order: AskedOrder) -> Members:
    card = order.card
    digits = card.bin if card.bin and card.bin.isdecimal() else ""
    return _present({
        "issuer_id_number": digits if len(digits) == 8 else digits[:6] if len(digits) >= 6 else None,
        "last_digits": card.last4 if card.last4 and card.last4.isdecimal() and len(card.last4) == 4 else None,
        "avs_result": card.avs if card.avs and len(card.avs) == 1 else None,
        "cvv_result": card.cvv if card.cvv and len(card.cvv) == 1 else None,
        "country": _fitting(_COUNTRY, card.country),
        # The vendor refuses tokens that could be the number of a card.
        "token": _cut(card.key) if card.key and not card.key.isdecimal() else None,
    })  # fmt: skip


def _cart(order: AskedOrder) -> list[Json]:
    items = (
        _present({
            "item_id": _cut(item.id or item.sku), "category": _cut(item.category or item.title),
            "quantity": item.quantity if item.quantity > 0 else None, "price": _amount(item.price),
        })
        for item in order.items[:MOST_ITEMS]
    )  # fmt: skip
    return [item for item in items if item]


def _present(members: Mapping[str, Json]) -> Members:
    return {name: value for name, value in members.items() if value is not None and value != ""}


def _cut(text: str | None, longest: int = LONGEST) -> str | None:
    return text[:longest] if text else None


def _fitting(form: re.Pattern[str], text: str | None) -> str | None:
    return text if text and form.fullmatch(text) else None


def _address_of_page(text: str | None) -> str | None:
    return text if text and text.startswith(("https://", "http://")) and len(text) <= 1024 else None


def _amount(money: Decimal | None) -> float | None:
    return float(money) if money is not None and 0 <= money < 10**12 else None


def _time(at: datetime) -> str:
    return at.isoformat()
