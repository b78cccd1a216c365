"""Domain events as the columns of the rows they are kept in; pure."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from shopwarden.domain.events import CartSeen, CheckoutSeen, DisputeSeen, OrderSeen, PaymentAttempted, RefundSeen
from shopwarden.domain.ids import CustomerId
from shopwarden.domain.observation import Json
from shopwarden.steps.describe import key_of

Columns = dict[str, Json]


def columns_of(event: msgspec.Struct) -> Columns:
    """Every field of an event under its own name; money and times as text, missing addresses as empty objects."""
    columns = {name: _plain(getattr(event, name)) for name in event.__struct_fields__ if name not in ("customer", "card")}
    for name in ("billing_address", "shipping_address"):
        if name in columns:
            columns[name] = columns[name] or {}
    return columns


def order_columns(order: OrderSeen, customer_id: CustomerId | None) -> Columns:
    card = order.card
    return columns_of(order) | {
        "customer_id": None if customer_id is None else str(customer_id),
        "placed_version": f"{0 if order.is_fetched else 1}|{order.version}",
        "billing_key": key_of(order.billing_address),
        "shipping_key": key_of(order.shipping_address),
        "card_bin": card.bin,
        "card_company": card.company,
        "card_last4": card.last4,
        "card_country": card.country,
        "card_key": card.key,
        "avs_result": card.avs,
        "cvv_result": card.cvv,
    }


def checkout_columns(checkout: CheckoutSeen, customer_id: CustomerId | None) -> Columns:
    return columns_of(checkout) | {"customer_id": None if customer_id is None else str(customer_id)}


def attempt_columns(attempt: PaymentAttempted) -> Columns:
    card: Columns = msgspec.to_builtins(attempt.card)
    return columns_of(attempt) | {"card_key": attempt.card.key, "card": card}


def plain_columns(event: CartSeen | RefundSeen | DisputeSeen) -> Columns:
    return columns_of(event)


def _plain(value: object) -> Json:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return str(value)
    plain: Json = msgspec.to_builtins(value)
    return plain
