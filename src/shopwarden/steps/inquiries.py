"""What vendors are asked by, made from our rows; addresses that are not public are left out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

import msgspec

from shopwarden.domain.events import Card
from shopwarden.domain.inquiry import AskedCustomer, AskedItem, AskedOrder, Inquiry
from shopwarden.domain.ip import is_public
from shopwarden.domain.observation import Address
from shopwarden.domain.phone import normalise_phone
from shopwarden.steps.order_facts import is_express
from shopwarden.store.asked_rows import AskedCustomerRow, AskedRows, OrderExtras
from shopwarden.store.facts_rows import OrderRow

MOST_ITEMS = 100
_ADDRESS_FIELDS = frozenset(Address.__struct_fields__) - {"is_default"}


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Where the person was seen: the address and browser scoring looks at, the session, the e-mail and phone it reads."""

    ip: str | None = None
    user_agent: str | None = None
    email: str | None = None
    phone: str | None = None
    session_id: str | None = None


def inquiry_of(at: datetime, order: OrderRow | None, rows: AskedRows, sight: Sight) -> Inquiry:
    """One question to all vendors. What scoring looks at comes first; what it lacks is filled from the customer."""
    customer = rows.customer
    ip, agent = _where(sight, rows)
    address = address_of(order.shipping_address) or address_of(order.billing_address) if order is not None else None
    address = address or address_of(rows.address)
    billing = address_of(order.billing_address) if order is not None else None
    named = next((one for one in (billing, address) if one is not None and (one.first_name or one.last_name)), None)
    phone = sight.phone or (customer.phone if customer is not None else None)
    return Inquiry(
        at=at,
        ip=ip,
        user_agent=agent,
        accept_language=order.accept_language if order is not None else None,
        email=sight.email or (customer.email if customer is not None else None),
        phone=normalise_phone(phone, address.country_code if address is not None else None) if phone else None,
        first_name=(customer and customer.first_name) or (named and named.first_name) or None,
        last_name=(customer and customer.last_name) or (named and named.last_name) or None,
        address=address,
        customer=asked_customer(customer) if customer is not None else None,
        order=asked_order(order, rows.order or OrderExtras()) if order is not None else None,
        session_id=sight.session_id,
        shop_domain=rows.shop_domain,
    )


def _where(sight: Sight, rows: AskedRows) -> tuple[str | None, str | None]:
    """The address that is scored; without one, the newest public one of the customer with its browser."""
    if sight.ip is not None:
        return (sight.ip if is_public(sight.ip) else None), sight.user_agent
    seen = next((each for each in rows.ips if is_public(each.ip_address)), None)
    return (None, sight.user_agent) if seen is None else (seen.ip_address, sight.user_agent or seen.user_agent)


def asked_customer(row: AskedCustomerRow) -> AskedCustomer:
    return AskedCustomer(
        id=str(row.id),
        external_id=row.shopify_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        account_type=row.customer_type,
        email_verified=row.email_verified,
        phone_verified=row.phone_verified,
        accepts_marketing=row.accepts_marketing,
        orders_count=row.orders_count,
        total_spent=row.total_spent,
        tags=tuple(str(tag) for tag in row.tags),
        note=row.notes,
    )


def asked_order(order: OrderRow, more: OrderExtras) -> AskedOrder:
    shipping = order.shipping_lines[0] if order.shipping_lines else {}
    return AskedOrder(
        id=order.external_id,
        name=more.name,
        created_at=order.created_at,
        updated_at=more.updated_at,
        cancelled_at=more.cancelled_at,
        cancel_reason=more.cancel_reason,
        total=order.total,
        subtotal=more.subtotal,
        discounts=more.total_discounts,
        currency=order.currency,
        items=tuple(asked_item(item) for item in order.line_items[:MOST_ITEMS]),
        billing=address_of(order.billing_address),
        shipping=address_of(order.shipping_address),
        shipping_method=_text(shipping.get("title")) or _text(shipping.get("code")),
        shipping_price=_money(shipping.get("price")),
        is_express=is_express(order.shipping_lines),
        discount_codes=_codes(order.discount_codes),
        gateway=more.gateway,
        card=_card(order),
        financial_status=more.financial_status,
        fulfillment_status=more.fulfillment_status,
        source_name=order.source_name,
        landing_site=more.landing_site,
        referring_site=more.referring_site,
        token=more.token,
        checkout_token=order.checkout_token,
        cart_token=order.cart_token,
        note=more.note,
        is_test=more.is_test,
    )


def _card(order: OrderRow) -> Card:
    return Card(
        key=order.card_key,
        bin=order.card_bin,
        company=order.card_company,
        last4=order.card_last4,
        country=order.card_country,
        avs=order.avs_result,
        cvv=order.cvv_result,
    )


def asked_item(item: Mapping[str, object]) -> AskedItem:
    """A line item in the shop's field names."""
    quantity, shipped = item.get("quantity"), item.get("requires_shipping")
    return AskedItem(
        id=next((found for name in ("variant_id", "product_id", "id") if (found := _text(item.get(name)))), None),
        title=_text(item.get("title")) or _text(item.get("name")),
        sku=_text(item.get("sku")),
        brand=_text(item.get("vendor")),
        category=_text(item.get("product_type")) or _text(item.get("category")),
        quantity=quantity if isinstance(quantity, int) and not isinstance(quantity, bool) and quantity >= 0 else 1,
        price=_money(item.get("price")),
        is_gift_card=item.get("gift_card") is True,
        requires_shipping=shipped if isinstance(shipped, bool) else None,
    )


def address_of(stated: Mapping[str, object]) -> Address | None:
    """An address as orders and customers keep it; None for one that names no place."""
    texts = {name: value for name, value in stated.items() if name in _ADDRESS_FIELDS and isinstance(value, str) and value}
    address = msgspec.convert(texts, Address)
    return None if address.is_empty and not address.country_code else address


def _codes(stated: list[object]) -> tuple[str, ...]:
    codes = (_text(code.get("code")) if isinstance(code, dict) else _text(code) for code in stated)
    return tuple(code for code in codes if code)


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def _money(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
