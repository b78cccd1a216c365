"""What of an order may be on a store's lists; pure."""

from __future__ import annotations

from shopwarden.domain.list_entry import Listable
from shopwarden.domain.phone import normalise_phone
from shopwarden.store.facts_rows import OrderRow


def listable_of(order: OrderRow) -> Listable:
    """Devices and the shop's number of the customer are left out: they are not in the order's row."""
    return Listable(
        customer=str(order.customer_id) if order.customer_id is not None else None,
        email=order.email,
        phone=_phone(order),
        ip=order.browser_ip,
        shipping_key=order.shipping_key or None,
        card_key=order.card_key,
    )


def _phone(order: OrderRow) -> str | None:
    """With its country code, which a number written as people do at home gets from the address."""
    if not order.phone or order.phone.startswith("+"):
        return order.phone
    country = order.shipping_address.get("country_code") or order.billing_address.get("country_code")
    return normalise_phone(order.phone, country if isinstance(country, str) else None)
