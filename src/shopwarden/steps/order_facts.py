"""An order's facts from its row: items, gift cards, shipping and card checks; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from shopwarden.domain.facts import OrderFacts, PlaceFacts
from shopwarden.store.facts_rows import OrderRow

_EXPRESS = re.compile(
    r"express|overnight|next[ -]?(business[ -]?)?day|same[ -]?day|saver|expedited|rush|\b[12][ -]?day\b",
    re.IGNORECASE,
)

Item = Mapping[str, object]


def order_facts(
    order: OrderRow, billing: PlaceFacts | None, shipping: PlaceFacts | None, failures: int, cards: int
) -> OrderFacts:
    """`failures` and `cards`: refused attempts of this checkout, and cards tried in it."""
    items = order.line_items
    quantities = [_quantity(item) for item in items]
    return OrderFacts(
        total=order.total,
        currency=order.currency,
        item_count=order.item_count if order.item_count is not None else sum(quantities) if items else None,
        distinct_items=len({_name_of(item) for item in items}) if items else None,
        largest_quantity=max(quantities, default=None),
        gift_card_share=gift_card_share(items),
        express_shipping=is_express(order.shipping_lines),
        billing=billing,
        shipping=shipping,
        card_country=order.card_country,
        avs_result=order.avs_result,
        cvv_result=order.cvv_result,
        failed_payments=failures,
        distinct_cards_tried=cards,
        platform_risk=order.platform_risk,
        has_discount_code=bool(order.discount_codes),
        source_name=order.source_name,
    )


def gift_card_share(items: Sequence[Item]) -> float | None:
    """Share of the items' value that is gift cards, 0..1; None without items or prices."""
    total, gifts = Decimal(0), Decimal(0)
    for item in items:
        price = _money(item.get("price"))
        if price is None:
            continue
        value = price * _quantity(item)
        total += value
        if item.get("gift_card") is True:
            gifts += value
    if total <= 0:
        return None
    return float(gifts / total)


def is_express(lines: Sequence[Item]) -> bool | None:
    """Whether the parcel is to hurry, by the names of its shipping lines; None without any."""
    if not lines:
        return None
    return any(_EXPRESS.search(f"{line.get('title') or ''} {line.get('code') or ''}") for line in lines)


def _quantity(item: Item) -> int:
    quantity = item.get("quantity")
    return max(0, quantity) if isinstance(quantity, int) and not isinstance(quantity, bool) else 1


def _name_of(item: Item) -> str:
    for field in ("variant_id", "product_id", "sku", "title"):
        if item.get(field) not in (None, ""):
            return f"{field}:{item[field]}"
    return str(sorted(item.items(), key=lambda pair: pair[0]))


def _money(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None
