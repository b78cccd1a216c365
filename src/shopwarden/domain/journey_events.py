"""One stored event as it is shown: a fixed choice of fields, never what was sent as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple
from urllib.parse import urlsplit

from shopwarden.domain.journey import JourneyEvent, JourneyOrder, JourneyPayment, JourneyProduct
from shopwarden.domain.journey_risk import Noted
from shopwarden.domain.journey_rows import AttemptRow, EventRow, OrderRow
from shopwarden.domain.journey_text import Show, page_without_people, whole, without_people
from shopwarden.domain.page_kind import FAILED, NAMES, ORDERED

MOST_PRODUCTS = 20
CENT = Decimal("0.01")
MOST_MONEY = Decimal(10) ** 11

_WHAT: dict[str, tuple[str, ...]] = {
    "search": ("query", "search", "q", "keyword"),
    "product_list_view": ("category", "list_name", "list_id", "collection"),
    "filter_applied": ("category", "list_name", "list_id"),
    "payment_failed": ("error_code", "reason", "reason_code"),
    "form_submitted": ("form", "form_name", "form_id"),
    "checkout_step_view": ("step",),
    "checkout_step_completed": ("step",),
    "coupon_entered": ("coupon", "coupon_name", "coupon_id"),
    "coupon_applied": ("coupon", "coupon_name", "coupon_id"),
    "coupon_denied": ("coupon", "coupon_name", "coupon_id"),
}
_PRODUCT = ("name", "product_name", "title", "product_title", "product_id", "productId", "sku")
_OF_A_PRODUCT = frozenset({
    "product_view", "product_click", "add_to_cart", "remove_from_cart", "wishlist_add", "wishlist_remove", "product_share",
    "review_submitted",
})  # fmt: skip
_OF_A_BASKET = frozenset({
    "add_to_cart", "remove_from_cart", "cart_view", "checkout_started", "checkout_step_view", "checkout_step_completed",
    "payment_info_entered", "payment_failed", "payment_succeeded", "order_completed",
})  # fmt: skip


class Showing(NamedTuple):
    """How free text and pages are shown: as they are, or without people in them."""

    text: Show
    page: Show


OPENLY = Showing(whole, whole)
WITHOUT_PEOPLE = Showing(without_people, page_without_people)


def event_of(row: EventRow, noted: Noted | None, attempt: AttemptRow | None, show: Showing) -> JourneyEvent:
    """The event as the browser told it, with the payment attempt it stands for."""
    kind, properties = row.activity_type, row.properties
    path = row.activity_data.get("path")
    seconds = money_of(properties.get("visible_seconds")) if kind == "page_left" else None
    return JourneyEvent(
        id=str(row.id),
        at=row.created_at,
        type=kind,
        kind=NAMES.get(noted.letter) if noted else None,
        page=show.page(path) if isinstance(path, str) else None,
        what=_what(kind, properties, row.activity_data.get("event"), show),
        value=_value(kind, properties),
        products=_products(kind, properties, show),
        basket=Decimal(str(noted.basket)).quantize(CENT) if noted and kind in _OF_A_BASKET else None,
        visible_seconds=float(seconds) if seconds is not None else None,
        payment=payment_of(attempt, show) if attempt else None,
        risks=noted.risks if noted else [],
    )


def payment_event(row: AttemptRow, show: Showing) -> JourneyEvent:
    """An attempt only the shop told of."""
    return JourneyEvent(
        id=str(row.id),
        at=row.at,
        type=f"payment_{row.status}",
        kind=NAMES[FAILED] if row.status == "failed" else None,
        what=show.text(row.error_code),
        value=row.amount,
        payment=payment_of(row, show),
        told_by="shop",
    )


def order_event(row: OrderRow, show: Showing) -> JourneyEvent:
    return JourneyEvent(
        id=str(row.id),
        at=row.created_at,
        type="order",
        kind=NAMES[ORDERED],
        what=show.text(row.name),
        value=row.total,
        order=order_of(row),
        told_by="shop",
    )


def payment_of(row: AttemptRow, show: Showing) -> JourneyPayment:
    return JourneyPayment(
        status=row.status,
        error_code=show.text(row.error_code),
        gateway=show.text(row.gateway),
        amount=row.amount,
        currency=row.currency,
    )


def order_of(row: OrderRow) -> JourneyOrder:
    return JourneyOrder(
        order_id=row.id,
        name=row.name,
        total=row.total,
        currency=row.currency,
        financial_status=row.financial_status,
        is_cancelled=row.cancelled_at is not None,
        risk_score=row.risk_score,
        risk_level=row.risk_level,
        advice=row.advice,
        fraud_label=row.label,
    )


def _what(kind: str, properties: Mapping[str, object], name: object, show: Showing) -> str | None:
    if kind == "outbound_link_clicked":
        return show.text(_host(properties.get("url")))
    fields = _PRODUCT if kind in _OF_A_PRODUCT else _WHAT.get(kind)
    if fields is None:
        known = kind in _OF_A_BASKET or kind in ("page_view", "screen_view", "page_left", "identify", "group", "alias")
        return None if known else show.text(_text(name))
    return show.text(_first(properties, fields))


def _host(url: object) -> str | None:
    try:
        return urlsplit(url).hostname if isinstance(url, str) else None
    except ValueError:
        return None


def _value(kind: str, properties: Mapping[str, object]) -> Decimal | None:
    fields = ("price", "value") if kind in _OF_A_PRODUCT else ("total", "revenue", "value", "amount", "cart_value")
    return next((amount for name in fields if (amount := money_of(properties.get(name))) is not None), None)


def _products(kind: str, properties: Mapping[str, object], show: Showing) -> list[JourneyProduct]:
    listed = properties.get("products")
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        return [_product(one, show) for one in listed[:MOST_PRODUCTS] if isinstance(one, Mapping)]
    return [_product(properties, show)] if kind in _OF_A_PRODUCT and _first(properties, _PRODUCT) else []


def _product(given: Mapping[str, object], show: Showing) -> JourneyProduct:
    quantity = money_of(given.get("quantity"))
    identity = _first(given, ("product_id", "productId", "id", "variant_id", "sku"))
    return JourneyProduct(
        # An id is long digits to a mask for phone numbers; what has letters of an address in it is none.
        id=identity if identity is None or "@" not in identity else show.text(identity),
        name=show.text(_first(given, ("name", "product_name", "title", "product_title"))),
        price=money_of(given.get("price")),
        quantity=float(quantity) if quantity is not None else None,
    )


def _first(properties: Mapping[str, object], names: Sequence[str]) -> str | None:
    return next((text for name in names if (text := _text(properties.get(name)))), None)


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip()[:300] or None


def money_of(value: object) -> Decimal | None:
    """An amount that is not negative and not absurd, as sent in a number or a text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value).strip()[:40])
    except InvalidOperation:
        return None
    return amount.quantize(CENT) if amount.is_finite() and 0 <= amount <= MOST_MONEY else None
