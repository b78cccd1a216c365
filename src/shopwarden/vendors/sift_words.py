"""Sift's way of writing: ids of allowed characters, money in micros, times in milliseconds, addresses, goods, payments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from shopwarden.domain.events import Card
from shopwarden.domain.inquiry import AskedItem, AskedOrder, Inquiry
from shopwarden.domain.ip import is_public
from shopwarden.domain.observation import Address

Body = dict[str, object]

MICROS = 1_000_000
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9=.\-_+@:&^!$]")
_GATEWAYS = {
    "shopify_payments": "$shopify_payments", "stripe": "$stripe", "paypal": "$paypal", "braintree": "$braintree",
    "adyen": "$adyen", "authorize_net": "$authorizenet", "square": "$square", "klarna": "$klarna",
}  # fmt: skip
_KINDS = {"paypal": "$third_party_processor", "gift_card": "$gift_card", "cash_on_delivery": "$cash", "manual": "$cash"}


def id_of(text: str) -> str:
    """The text in characters Sift allows in ids, different for different texts: others as %XX of their UTF-8 bytes."""
    return _NOT_ALLOWED.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")), text)


def user_of(inquiry: Inquiry) -> str | None:
    """Who it is at Sift: the shop's own customer id, else ours, else the e-mail address; None where there is nobody."""
    customer = inquiry.customer
    known = (customer.external_id or customer.id) if customer is not None else inquiry.email
    return id_of(known) if known else None


def micros(amount: Decimal | None) -> int | None:
    """Millionths of the currency's main unit: 1 USD is 1,000,000."""
    try:
        return None if amount is None or not amount.is_finite() else int((amount * MICROS).to_integral_value())
    except InvalidOperation:
        return None


def milliseconds(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp() * 1000)


def said(fields: Mapping[str, object]) -> Body:
    """Without what is not known: Sift takes a null for a wrong type."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {}, ())}


def address_of(address: Address | None, name: str | None = None) -> Body | None:
    if address is None or address.is_empty:
        return None
    own_name = " ".join(part for part in (address.first_name, address.last_name) if part)
    return said(
        {
            "$name": own_name or name,
            "$phone": address.phone if address.phone and address.phone.startswith("+") else None,
            "$address_1": address.address_line1,
            "$address_2": address.address_line2,
            "$city": address.city,
            "$region": address.state_province,
            "$country": address.country_code,
            "$zipcode": address.postal_code,
        }
    )


def item_of(item: AskedItem, currency: str | None) -> Body:
    return said(
        {
            "$item_id": id_of(item.id or item.sku or item.title or "unknown"),
            "$product_title": item.title or item.sku or "unknown",
            "$price": micros(item.price),
            "$currency_code": currency,
            "$quantity": max(1, item.quantity),
            "$sku": item.sku,
            "$brand": item.brand,
            "$category": item.category,
        }
    )


def payment_of(gateway: str | None, card: Card) -> Body | None:
    """How it was paid. Of a card only the first and the last digits, which cannot be charged."""
    name = (gateway or "").strip().lower().replace(" ", "_")
    has_card = bool(card.bin or card.last4)
    if not name and not has_card:
        return None
    return said(
        {
            "$payment_type": "$credit_card" if has_card else _KINDS.get(name, "$credit_card"),
            "$payment_gateway": _GATEWAYS.get(name),
            "$card_bin": card.bin[:8] if card.bin else None,
            "$card_last4": card.last4[-4:] if card.last4 else None,
            "$avs_result_code": card.avs,
            "$cvv_result_code": card.cvv,
        }
    )


def promotions_of(order: AskedOrder) -> list[Body]:
    return [{"$promotion_id": id_of(code), "$status": "$success"} for code in order.discount_codes]


def surroundings(inquiry: Inquiry) -> Body:
    """What every event may carry. An address that is not public says nothing about anybody and is left out."""
    browser = said({"$user_agent": inquiry.user_agent, "$accept_language": inquiry.accept_language})
    return said(
        {
            "$user_id": user_of(inquiry),
            "$session_id": id_of(inquiry.session_id) if inquiry.session_id else None,
            "$ip": inquiry.ip if inquiry.ip and is_public(inquiry.ip) else None,
            "$browser": browser if "$user_agent" in browser else None,
            "$site_domain": inquiry.shop_domain,
        }
    )
