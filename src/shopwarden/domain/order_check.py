"""An order as a caller asks about it: the body of a check, and what has to hold of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from shopwarden.domain.ip import normalise_ip
from shopwarden.errors import RefuseError

Identifier = Annotated[str, Meta(min_length=1, max_length=200)] | Annotated[int, Meta(ge=0, le=2**63 - 1)]
Text = Annotated[str, Meta(max_length=500)]
Token = Annotated[str, Meta(max_length=200)]
Code = Annotated[str, Meta(max_length=20)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Currency = Annotated[str, Meta(pattern="^[A-Za-z]{3}$", examples=["EUR"])]
Country = Annotated[str, Meta(max_length=60, examples=["DE"])]

HIGHEST_TOTAL = Decimal(10) ** 11
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCKS_DIFFER = timedelta(hours=24)


class CheckAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address in the shop's field names; `country` and `province` stand in where their codes are missing."""

    first_name: Text | None = None
    last_name: Text | None = None
    company: Text | None = None
    address1: Text | None = None
    address2: Text | None = None
    city: Text | None = None
    province: Text | None = None
    province_code: Text | None = None
    zip: Text | None = None
    country: Country | None = None
    country_code: Country | None = None
    phone: Text | None = None


class CheckItem(msgspec.Struct, frozen=True, kw_only=True):
    product_id: Identifier | None = None
    variant_id: Identifier | None = None
    sku: Text | None = None
    title: Text | None = None
    quantity: Count = 1
    price: Decimal | None = None
    gift_card: bool | None = None


class CheckShipping(msgspec.Struct, frozen=True, kw_only=True):
    title: Text | None = None
    code: Text | None = None
    price: Decimal | None = None


class CheckPayment(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway told. `bin` and `last4` are digits; a whole card number is refused."""

    avs: Code | None = None
    cvv: Code | None = None
    bin: Annotated[str, Meta(pattern="^[0-9]{4,8}$")] | None = None
    last4: Annotated[str, Meta(pattern="^[0-9]{4}$")] | None = None
    company: Text | None = None
    card_country: Country | None = None
    failed_attempts: Count | None = None


class CheckCustomer(msgspec.Struct, frozen=True, kw_only=True):
    id: Identifier | None = None
    email: Text | None = None
    phone: Text | None = None
    first_name: Text | None = None
    last_name: Text | None = None


class OrderCheck(msgspec.Struct, frozen=True, kw_only=True):
    """At least one of email, ip, customer_id, session_id, visitor_id, anonymous_id, checkout_token or cart_token is needed.

    `customer_id` is ours or the shop's. `created_at` is when the order was placed; without it, now.
    """

    order_id: Identifier
    email: Text | None = None
    phone: Text | None = None
    total: Annotated[Decimal, Meta(examples=["129.90"])] | None = None
    currency: Currency | None = None
    ip: Annotated[str, Meta(max_length=100, examples=["203.0.113.7"])] | None = None
    user_agent: Annotated[str, Meta(max_length=2000)] | None = None
    accept_language: Text | None = None
    session_id: Token | None = None
    visitor_id: Token | None = None
    anonymous_id: Token | None = None
    device_fingerprint: Token | None = None
    checkout_token: Token | None = None
    cart_token: Token | None = None
    customer_id: Identifier | None = None
    customer: CheckCustomer | None = None
    billing_address: CheckAddress | None = None
    shipping_address: CheckAddress | None = None
    line_items: Annotated[list[CheckItem], Meta(max_length=500)] = []
    shipping_lines: Annotated[list[CheckShipping], Meta(max_length=50)] = []
    payment: CheckPayment | None = None
    discount_codes: Annotated[list[Text], Meta(max_length=50)] = []
    source_name: Text | None = None
    created_at: datetime | None = None

    @property
    def said_customer(self) -> str | None:
        """The caller's id of the customer, as text."""
        found = self.customer_id
        if found is None and self.customer is not None:
            found = self.customer.id
        return None if found is None else str(found)

    @property
    def said_email(self) -> str | None:
        return self.email or (self.customer.email if self.customer is not None else None) or None


_WHO = ("email", "ip", "customer_id", "session_id", "visitor_id", "anonymous_id", "checkout_token", "cart_token")


def validated(check: OrderCheck, now: datetime) -> OrderCheck:
    """The check itself; RefuseError names every field that cannot be used."""
    wrong: dict[str, str] = {}
    if not (check.said_email or check.said_customer or any(getattr(check, field) for field in _WHO)):
        wrong["email"] = f"is needed, or one of {', '.join(_WHO[1:])}"
    if check.ip is not None and normalise_ip(check.ip) is None:
        wrong["ip"] = "is not an IP address"
    _check_money(wrong, "total", check.total)
    for place, item in enumerate(check.line_items):
        _check_money(wrong, f"line_items[{place}].price", item.price)
    for place, line in enumerate(check.shipping_lines):
        _check_money(wrong, f"shipping_lines[{place}].price", line.price)
    placed_at = check_time(check)
    if placed_at is not None and not EARLIEST <= placed_at <= now + CLOCKS_DIFFER:
        wrong["created_at"] = "lies before the year 2000 or more than a day in the future"
    if wrong:
        named = "; ".join(f"{field} {what}" for field, what in list(wrong.items())[:5])
        raise RefuseError(f"Not understood: {named}.", type="invalid-input", fields=wrong)
    return check


def check_time(check: OrderCheck) -> datetime | None:
    """When the order was placed; a time without a zone is taken for UTC."""
    at = check.created_at
    if at is None:
        return None
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _check_money(wrong: dict[str, str], field: str, amount: Decimal | None) -> None:
    if amount is None:
        return
    if not amount.is_finite():
        wrong[field] = "is not a number"
    elif amount < 0:
        wrong[field] = "is negative"
    elif amount >= HIGHEST_TOTAL:
        wrong[field] = "is too large"
