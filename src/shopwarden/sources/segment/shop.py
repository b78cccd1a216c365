"""What an event's properties tell of the shop: which station of the visit it is, and what the basket is worth."""

from __future__ import annotations

from collections.abc import Mapping

from shopwarden.domain.page_kind import letter_of
from shopwarden.domain.visit_state import Step
from shopwarden.sources.segment.values import money, number, text

LONGEST_VISIBLE = 4 * 3600.0
MOST_INPUTS = 100_000
_STATED_BASKET = frozenset(
    {"cart_view", "checkout_started", "checkout_step_view", "checkout_step_completed", "payment_info_entered"}
)


def tell(step: Step, properties: Mapping[str, object]) -> None:
    """Fills the step's letter, basket and what a left page tells, from its kind, its page and the event's properties."""
    kind = step.kind
    stated = text(properties.get("page_type"), 30) if kind == "page_view" else None
    step.letter = letter_of(kind, step.page, stated or "")
    if not properties:
        return
    if kind == "page_left":
        step.visible = min(number(properties.get("visible_seconds")) or 0.0, LONGEST_VISIBLE)
        step.visible = max(0.0, round(step.visible, 1))
        inputs = number(properties.get("inputs"))
        step.inputs = None if inputs is None else int(min(max(inputs, 0), MOST_INPUTS))
    elif kind in ("add_to_cart", "remove_from_cart"):
        _change_basket(step, properties)
    elif kind in _STATED_BASKET:
        step.basket = _first_money(properties, "cart_value", "value", "total", "revenue")


def _change_basket(step: Step, properties: Mapping[str, object]) -> None:
    """The whole basket's worth where the sender knows it, else the price of what was put in or taken out."""
    step.basket = _first_money(properties, "cart_value")
    if step.basket is not None:
        return
    price = money(properties.get("price"))
    quantity = number(properties.get("quantity"))
    worth = (
        price * (1.0 if quantity is None else max(0.0, quantity)) if price is not None else money(properties.get("value"))
    )
    step.basket_change = round((worth or 0.0) * (1 if step.kind == "add_to_cart" else -1), 2)


def _first_money(properties: Mapping[str, object], *names: str) -> float | None:
    return next((amount for name in names if (amount := money(properties.get(name))) is not None), None)
