"""The items of an order, a checkout or a cart, cut down to what is of use."""

from __future__ import annotations

from decimal import Decimal

from shopwarden.domain.events import LineItem
from shopwarden.sources.shopify.body import MOST_ITEMS, MOST_WHOLE, Part, flag, money, parts, trim, whole

_TEXTS = ("id", "title", "variant_title", "sku", "vendor", "product_id", "variant_id")


def line_items(data: Part) -> tuple[LineItem, ...]:
    """At most MOST_ITEMS items; prices as text, quantities as numbers."""
    return tuple(_item(item) for item in parts(data, "line_items")[:MOST_ITEMS])


def _item(item: Part) -> LineItem:
    kept: LineItem = dict(trim(item, _TEXTS, ("price",)))
    kept["quantity"] = _quantity(item)
    for name in ("gift_card", "requires_shipping"):
        stated = flag(item.get(name))
        if stated is not None:
            kept[name] = stated
    return kept


def _quantity(item: Part) -> int:
    quantity = whole(item.get("quantity"))
    return 1 if quantity is None else quantity


def count_items(data: Part) -> int | None:
    """Pieces of all items; None where no items are told."""
    if not isinstance(data.get("line_items"), list):
        return None
    return min(sum(_quantity(item) for item in parts(data, "line_items")), MOST_WHOLE)


def value_of_items(data: Part) -> Decimal | None:
    """Sum of the line prices; None if one of them is not told."""
    total = Decimal(0)
    for item in parts(data, "line_items"):
        price = money(item.get("price"))
        line = money(item.get("line_price")) or (None if price is None else price * _quantity(item))
        if line is None:
            return None
        total += line
    return money(str(total))
