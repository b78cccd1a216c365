"""An order as Riskified wants it: who, what, how paid, from where and whereto."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from shopwarden.domain.inquiry import AskedItem, AskedOrder, Happening, Inquiry
from shopwarden.domain.ip import is_public
from shopwarden.domain.observation import Address

Body = dict[str, object]

_SOURCES = {
    "web": "web", "pos": "in_store", "shopify_draft_order": "shopify_draft_order", "iphone": "mobile_app",
    "android": "mobile_app", "mobile": "mobile_app", "phone": "phone", "checkout_one": "web",
}  # fmt: skip


def said(fields: Mapping[str, object]) -> Body:
    """Without what is not known."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {}, ())}


def stamp(at: datetime | None) -> str | None:
    """ISO 8601 with its offset, to the second."""
    return None if at is None else at.isoformat(timespec="seconds")


def money(amount: Decimal | None) -> Decimal | None:
    """In cents at the finest: written into JSON as a number."""
    return None if amount is None or not amount.is_finite() else amount.quantize(Decimal("0.01"))


def order_body(inquiry: Inquiry, order: AskedOrder) -> Body:
    """The member `order` (or `checkout`) of a request."""
    return said(
        {
            "id": order.id,
            "name": order.name or order.id,
            "email": inquiry.email,
            "created_at": stamp(order.created_at),
            "updated_at": stamp(order.updated_at or order.created_at),
            "cancelled_at": stamp(order.cancelled_at),
            "gateway": order.gateway or "unknown",
            "browser_ip": inquiry.ip if inquiry.ip and is_public(inquiry.ip) else None,
            "total_price": money(order.total),
            "total_discounts": money(order.discounts),
            "currency": order.currency,
            "checkout_id": order.checkout_token,
            "cart_token": order.cart_token,
            "source": _SOURCES.get((order.source_name or "").lower(), "other" if order.source_name else "unknown"),
            "referring_site": order.referring_site,
            "landing_site": order.landing_site,
            "note": order.note,
            "financial_status": order.financial_status,
            "fulfillment_status": order.fulfillment_status,
            "discount_codes": [{"code": code} for code in order.discount_codes],
            "line_items": [_item(item) for item in order.items],
            "shipping_lines": _shipping(order),
            "payment_details": _payment(inquiry, order),
            "customer": _customer(inquiry),
            "billing_address": _address(order.billing) or _address(order.shipping),
            "shipping_address": _address(order.shipping),
            "client_details": said({"user_agent": inquiry.user_agent, "accept_language": inquiry.accept_language}),
        }
    )


def _item(item: AskedItem) -> Body:
    return said(
        {
            "price": money(item.price) or Decimal("0.00"),
            "quantity": max(1, item.quantity),
            "title": item.title or item.sku or "unknown",
            "product_id": item.id,
            "sku": item.sku,
            "brand": item.brand,
            "category": item.category,
            "product_type": "digital" if item.is_gift_card or item.requires_shipping is False else "physical",
            "requires_shipping": item.requires_shipping,
        }
    )


def _shipping(order: AskedOrder) -> list[Body]:
    if order.shipping_method is None and order.shipping_price is None:
        return []
    return [said({"title": order.shipping_method or "shipping", "price": money(order.shipping_price) or Decimal("0.00")})]


def _payment(inquiry: Inquiry, order: AskedOrder) -> list[Body]:
    """Of a card no more than the shop itself is shown: never a number."""
    card = order.card
    if card.bin or card.last4:
        details = {
            "credit_card_bin": card.bin,
            "avs_result_code": card.avs or "unavailable",
            "cvv_result_code": card.cvv or "unavailable",
            "credit_card_number": f"XXXX-XXXX-XXXX-{card.last4[-4:]}" if card.last4 else None,
            "credit_card_company": card.company,
        }
        return [said(details)]
    if (order.gateway or "").lower() == "paypal":
        return [said({"payment_type": "paypal", "payer_email": inquiry.email})]
    return []


def _customer(inquiry: Inquiry) -> Body:
    customer = inquiry.customer
    own = {"email": inquiry.email, "first_name": inquiry.first_name, "last_name": inquiry.last_name, "phone": inquiry.phone}
    if customer is None:
        return said(own | {"account_type": "guest"})
    return said(
        own
        | {
            "id": customer.external_id or customer.id,
            "created_at": stamp(customer.created_at),
            "updated_at": stamp(customer.updated_at),
            "verified_email": customer.email_verified or False,
            "verified_phone": customer.phone_verified,
            "account_type": customer.account_type or "guest",
            "accepts_marketing": customer.accepts_marketing,
            "orders_count": customer.orders_count,
            "total_spent": money(customer.total_spent),
            "tags": ", ".join(customer.tags),
        }
    )


def _address(address: Address | None) -> Body | None:
    if address is None or address.is_empty:
        return None
    return said(
        {
            "first_name": address.first_name,
            "last_name": address.last_name,
            "company": address.company,
            "address1": address.address_line1,
            "address2": address.address_line2,
            "city": address.city,
            "province": address.state_province,
            "country_code": address.country_code,
            "zip": address.postal_code,
            "phone": address.phone,
        }
    )


def denied_checkout(happening: Happening, order: AskedOrder) -> Body:
    """A checkout whose payment was refused, with why."""
    refused = said(
        {
            "created_at": stamp(happening.at),
            "error_code": happening.code or "card_declined",
            "message": happening.reason or happening.code or "The payment was refused.",
        }
    )
    body = order_body(happening.inquiry, order)
    paid = _payment(happening.inquiry, order) or [{}]
    return body | {
        "id": order.checkout_token or order.id,
        "payment_details": [{**paid[0], "authorization_error": refused}],
    }
