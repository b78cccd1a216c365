"""Bodies of Shopify's webhooks, in the shape Shopify sends them (Admin REST resources, 2026-07)."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from shopwarden.demo.actions import Body, Json
from shopwarden.demo.catalogue import Line, subtotal
from shopwarden.demo.people import Card, Person
from shopwarden.demo.places import Address

SHOP_CURRENCY = "USD"


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """One checkout and the order it becomes. `card` None: an accelerated wallet, which tells the shop no card."""

    order_id: int
    number: int
    at: datetime
    person: Person
    lines: tuple[Line, ...]
    ship_to: Address
    recipient: tuple[str, str]
    checkout_token: str
    cart_token: str
    ip: str
    card: Card | None
    is_express: bool = False
    landing: str = "/"
    referrer: str = ""
    discount: str = ""

    @property
    def shipping_price(self) -> float:
        return 24.0 if self.is_express else 5.0

    @property
    def subtotal(self) -> float:
        return subtotal(self.lines)

    @property
    def reduction(self) -> float:
        return round(self.subtotal * 0.1, 2) if self.discount else 0.0

    @property
    def total(self) -> float:
        return round(self.subtotal - self.reduction + self.shipping_price, 2)


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def money(amount: float) -> str:
    return f"{amount:.2f}"


def address_body(address: Address, first: str, last: str, phone: str) -> Body:
    return {
        "first_name": first, "last_name": last, "name": f"{first} {last}", "company": None, "address1": address.line1,
        "address2": address.line2 or None, "city": address.city.name, "province": address.city.region,
        "province_code": address.city.region_code, "country": address.country.name, "country_code": address.country.code,
        "zip": address.postal_code, "phone": phone or None, "latitude": None, "longitude": None,
    }  # fmt: skip


def customer_body(person: Person, at: datetime) -> Body:
    home = address_body(person.home, person.first, person.last, person.phone)
    home |= {"id": person.customer_id + 500_000, "customer_id": person.customer_id, "default": True}
    return {
        "id": person.customer_id, "admin_graphql_api_id": f"gid://shopify/Customer/{person.customer_id}",
        "email": person.email, "phone": person.phone or None, "first_name": person.first, "last_name": person.last,
        "created_at": stamp(person.since or at), "updated_at": stamp(at), "verified_email": person.is_verified,
        "state": "enabled" if person.is_registered else "disabled", "note": None, "tax_exempt": False,
        "currency": SHOP_CURRENCY, "multipass_identifier": None, "default_address": home, "addresses": [home],
    }  # fmt: skip


def line_items(sale: Sale) -> list[Json]:
    return [
        {
            "id": sale.order_id * 10 + place, "product_id": line.product.id, "variant_id": line.product.id + 40_000_000,
            "title": line.product.title, "name": line.product.title, "variant_title": None, "vendor": "Demo",
            "sku": line.product.handle.upper(), "quantity": line.quantity, "price": money(line.product.price), "grams": 400,
            "gift_card": line.product.is_gift_card, "requires_shipping": not line.product.is_gift_card, "taxable": True,
            "total_discount": "0.00", "fulfillment_status": None, "product_exists": True, "properties": [],
        }
        for place, line in enumerate(sale.lines)
    ]  # fmt: skip


def _shipping_lines(sale: Sale) -> list[Json]:
    title = "Express (1-2 business days)" if sale.is_express else "Standard"
    return [
        {"id": sale.order_id + 1, "title": title, "code": title, "price": money(sale.shipping_price), "source": "shopify"}
    ]


def _prices(sale: Sale) -> Body:
    return {
        "currency": SHOP_CURRENCY, "presentment_currency": SHOP_CURRENCY,
        "subtotal_price": money(sale.subtotal - sale.reduction), "total_line_items_price": money(sale.subtotal),
        "total_discounts": money(sale.reduction), "total_tax": "0.00",
        "total_price": money(sale.total), "taxes_included": False, "total_weight": 400,
    }  # fmt: skip


def _addresses(sale: Sale) -> Body:
    person = sale.person
    return {
        "billing_address": address_body(person.home, person.first, person.last, person.phone),
        "shipping_address": address_body(sale.ship_to, *sale.recipient, person.phone),
    }


def cart_body(sale: Sale, created: datetime, updated: datetime) -> Body:
    return {
        "id": sale.cart_token, "token": sale.cart_token, "note": "", "line_items": line_items(sale),
        "created_at": stamp(created), "updated_at": stamp(updated),
    }  # fmt: skip


def checkout_body(sale: Sale, created: datetime, updated: datetime, *, is_named: bool, is_done: bool = False) -> Body:
    """`is_named`: the buyer has given e-mail and addresses by now."""
    body: Body = {
        "token": sale.checkout_token, "cart_token": sale.cart_token, "phone": None,
        "email": sale.person.email if is_named else None, "created_at": stamp(created), "updated_at": stamp(updated),
        "completed_at": stamp(updated) if is_done else None,
        "buyer_accepts_marketing": False, "gateway": None, "landing_site": sale.landing, "referring_site": sale.referrer,
        "source_name": "web", "note": None, "name": f"#{sale.checkout_token[:10]}", "line_items": line_items(sale),
        "shipping_lines": _shipping_lines(sale) if is_named else [], "discount_codes": [], "tax_lines": [],
        "abandoned_checkout_url": f"https://demo-shop.example/checkouts/{sale.checkout_token}/recover", **_prices(sale),
    }  # fmt: skip
    return body | (_addresses(sale) if is_named else {"billing_address": None, "shipping_address": None})


def order_body(sale: Sale, updated: datetime, status: str) -> Body:
    person, device = sale.person, sale.person.device
    code: Body = {"code": sale.discount, "amount": money(sale.reduction), "type": "percentage"}
    language = f"{person.home.country.locale},{person.home.country.locale[:2]};q=0.9"
    return {
        "id": sale.order_id, "admin_graphql_api_id": f"gid://shopify/Order/{sale.order_id}", "app_id": 580_111,
        "name": f"#{sale.number}", "number": sale.number - 1000, "order_number": sale.number,
        "token": sale.checkout_token[::-1], "cart_token": sale.cart_token,
        "checkout_token": sale.checkout_token, "email": person.email,
        "contact_email": person.email, "phone": person.phone or None, "created_at": stamp(sale.at),
        "processed_at": stamp(sale.at), "updated_at": stamp(updated), "cancelled_at": None, "cancel_reason": None,
        "closed_at": None, "confirmed": True, "test": False, "browser_ip": sale.ip, "buyer_accepts_marketing": False,
        "client_details": {
            "accept_language": language, "browser_height": device.height, "browser_width": device.width,
            "browser_ip": sale.ip, "session_hash": None, "user_agent": device.user_agent,
        },
        "financial_status": status, "fulfillment_status": None, "landing_site": sale.landing,
        "referring_site": sale.referrer, "source_name": "web", "gateway": "shopify_payments",
        "payment_gateway_names": ["shopify_payments"], "note": None, "note_attributes": [], "tags": "",
        "discount_codes": [code] if sale.discount else [],
        "line_items": line_items(sale), "shipping_lines": _shipping_lines(sale), "tax_lines": [],
        "customer": customer_body(person, sale.at), "payment_details": card_body(sale.card),
        **_prices(sale), **_addresses(sale),
    }  # fmt: skip


def card_body(card: Card | None) -> Json:
    if card is None:
        return None
    return {
        "credit_card_bin": card.bin, "credit_card_number": f"•••• •••• •••• {card.last4}",
        "credit_card_company": card.company, "avs_result_code": card.avs, "cvv_result_code": card.cvv,
    }  # fmt: skip


def transaction_body(sale: Sale, number: int, at: datetime, card: Card | None, error: str | None = None) -> Body:
    """A payment that went through, or one refused with `error`."""
    return {
        "id": number, "order_id": sale.order_id, "kind": "sale", "gateway": "shopify_payments",
        "status": "failure" if error else "success", "error_code": error, "message": error or "Transaction approved",
        "amount": money(sale.total), "currency": SHOP_CURRENCY, "created_at": stamp(at), "processed_at": stamp(at),
        "test": False, "authorization": None, "parent_id": None, "source_name": "web", "payment_details": card_body(card),
        "receipt": {},
    }  # fmt: skip


def refund_body(sale: Sale, number: int, at: datetime, note: str) -> Body:
    return {
        "id": number, "order_id": sale.order_id, "created_at": stamp(at), "processed_at": stamp(at), "note": note,
        "restock": True, "user_id": None, "refund_line_items": [], "order_adjustments": [],
        "transactions": [{
            "id": number + 1, "order_id": sale.order_id, "kind": "refund", "status": "success", "amount": money(sale.total),
            "currency": SHOP_CURRENCY, "gateway": "shopify_payments", "created_at": stamp(at),
        }],
    }  # fmt: skip


def dispute_body(sale: Sale, number: int, at: datetime) -> Body:
    return {
        "id": number, "order_id": sale.order_id, "type": "chargeback", "amount": money(sale.total),
        "currency": SHOP_CURRENCY, "reason": "fraudulent", "network_reason_code": "10.4",
        "status": "needs_response", "initiated_at": stamp(at),
        "evidence_due_by": stamp(at + timedelta(days=14)), "evidence_sent_on": None, "finalized_on": None,
    }  # fmt: skip
