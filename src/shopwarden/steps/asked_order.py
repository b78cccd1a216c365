"""A checked order in the form orders are kept in, and what it says of its visitor; pure."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from shopwarden.domain.email import normalise_email
from shopwarden.domain.facts import PlaceFacts
from shopwarden.domain.ids import DeviceId, OrderId, StoreId, stable_id
from shopwarden.domain.ip import normalise_ip
from shopwarden.domain.order_check import CheckAddress, CheckPayment, OrderCheck, check_time
from shopwarden.domain.phone import normalise_phone
from shopwarden.domain.place import normalise_place, place_key
from shopwarden.steps.placing import device_of
from shopwarden.store.facts_rows import OrderRow
from shopwarden.store.joining import Clues

CENT = Decimal("0.01")


def order_of(store_id: StoreId, check: OrderCheck, now: datetime) -> OrderRow:
    """The order in the form orders are kept in. Times in the future are taken for now: clocks differ."""
    external_id = str(check.order_id)
    billing, shipping = check.billing_address, check.shipping_address
    payment = check.payment or CheckPayment()
    items = [_plain(item) for item in check.line_items]
    return OrderRow(
        id=OrderId(stable_id("order", str(store_id), "check", external_id)),
        external_id=external_id,
        source="check",
        created_at=min(check_time(check) or now, now),
        email=_email(check.said_email),
        phone=_phone(check),
        checkout_token=check.checkout_token or None,
        cart_token=check.cart_token or None,
        browser_ip=normalise_ip(check.ip) if check.ip else None,
        user_agent=check.user_agent or None,
        accept_language=check.accept_language or None,
        total=None if check.total is None else check.total.quantize(CENT, ROUND_HALF_UP),
        currency=_upper(check.currency),
        item_count=min(sum(item.quantity for item in check.line_items), 2**31 - 1) if items else None,
        line_items=items,
        shipping_lines=[_plain(line) for line in check.shipping_lines],
        discount_codes=[{"code": code} for code in check.discount_codes],
        billing_address=address_of(check, billing),
        shipping_address=address_of(check, shipping),
        billing_key=_key(billing),
        shipping_key=_key(shipping),
        card_key=stable_id("card", payment.bin, payment.last4).hex if payment.bin and payment.last4 else None,
        card_bin=payment.bin,
        card_last4=payment.last4,
        card_company=payment.company,
        card_country=_upper(payment.card_country),
        avs_result=_upper(payment.avs),
        cvv_result=_upper(payment.cvv),
        source_name=check.source_name or None,
    )


def _upper(code: str | None) -> str | None:
    return code.strip().upper() or None if code else None


def _email(said: str | None) -> str | None:
    """One that cannot be read is kept as it was said: the signal that judges it has to see it."""
    return (normalise_email(said) or said.strip().lower() or None) if said else None


def _phone(check: OrderCheck) -> str | None:
    shipping = check.shipping_address
    said = check.phone or (check.customer.phone if check.customer else None) or (shipping.phone if shipping else None)
    country = _country(shipping) or _country(check.billing_address)
    return (normalise_phone(said, country) or said) if said else None


def address_of(check: OrderCheck, address: CheckAddress | None) -> dict[str, object]:
    """An address in the field names orders keep; names the address leaves out are the customer's."""
    if address is None:
        return {}
    customer = check.customer
    stated = {
        "first_name": address.first_name or (customer.first_name if customer is not None else None),
        "last_name": address.last_name or (customer.last_name if customer is not None else None),
        "company": address.company,
        "address_line1": address.address1,
        "address_line2": address.address2,
        "city": address.city,
        "state_province": address.province_code or address.province,
        "postal_code": address.zip,
        "country_code": _country(address),
        "phone": address.phone,
    }
    return {name: value for name, value in stated.items() if value}


def _country(address: CheckAddress | None) -> str | None:
    """The two-letter code, wherever the caller put it; a country's name is no code."""
    if address is None:
        return None
    codes = (code.strip().upper() for code in (address.country_code, address.country) if code)
    return next((code for code in codes if len(code) == 2 and code.isascii() and code.isalpha()), None)


def _key(address: CheckAddress | None) -> str | None:
    if address is None:
        return None
    place = PlaceFacts(
        line1=address.address1,
        line2=address.address2,
        city=address.city,
        region=address.province_code or address.province,
        postal_code=address.zip,
        country=_country(address),
    )
    return place_key(normalise_place(place)) or None


def _plain(part: msgspec.Struct) -> dict[str, object]:
    return {name: value for name, value in msgspec.to_builtins(part).items() if value is not None}


def clues_in(check: OrderCheck, order: OrderRow) -> Clues:
    device = device_of(None, check.device_fingerprint, "", "", False) if check.device_fingerprint else None
    return Clues(
        session_id=check.session_id or None,
        visitor_id=check.visitor_id or None,
        anonymous_id=check.anonymous_id or None,
        checkout_token=order.checkout_token,
        cart_token=order.cart_token,
        customer_id=order.customer_id,
        email=order.email,
        ip=order.browser_ip,
        device_id=DeviceId(device.id) if device is not None else None,
    )
