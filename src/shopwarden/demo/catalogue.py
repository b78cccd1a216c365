"""What the simulated shop sells: shoes, coats and bags for most, headphones and gift cards that thieves like."""

from __future__ import annotations

import msgspec

from shopwarden.demo.dice import Dice


class Product(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    title: str
    category: str
    price: float
    handle: str
    is_gift_card: bool = False


class Line(msgspec.Struct, frozen=True):
    product: Product
    quantity: int = 1


_ORDINARY = (
    ("Merino beanie", "Accessories", 24.0), ("Wool socks, 3 pairs", "Accessories", 19.5), ("Canvas tote", "Bags", 32.0),
    ("Linen shirt", "Clothing", 58.0), ("Denim jacket", "Clothing", 96.0), ("Rain coat", "Clothing", 129.0),
    ("Trail shoe", "Shoes", 119.0), ("City sneaker", "Shoes", 89.0), ("Leather belt", "Accessories", 39.0),
    ("Travel mug", "Home", 28.0), ("Cotton tee", "Clothing", 26.0), ("Fleece pullover", "Clothing", 74.0),
    ("Day pack", "Bags", 84.0), ("Silk scarf", "Accessories", 45.0), ("Notebook set", "Home", 16.0),
    ("Running shorts", "Clothing", 42.0), ("Sunglasses", "Accessories", 65.0), ("Picnic blanket", "Home", 54.0),
)  # fmt: skip
_SOUGHT_AFTER = (
    ("Noise-cancelling headphones", "Electronics", 329.0), ("Smart watch", "Electronics", 399.0),
    ("Limited sneaker", "Shoes", 240.0), ("Designer handbag", "Bags", 560.0), ("Action camera", "Electronics", 379.0),
)  # fmt: skip


def _product(number: int, title: str, category: str, price: float, *, is_gift_card: bool = False) -> Product:
    handle = "-".join("".join(mark if mark.isalnum() else " " for mark in title.lower()).split())
    return Product(
        id=7_300_000_000_000 + number, title=title, category=category, price=price, handle=handle, is_gift_card=is_gift_card
    )


ORDINARY = tuple(_product(number, *row) for number, row in enumerate(_ORDINARY, 1))
SOUGHT_AFTER = tuple(_product(number, *row) for number, row in enumerate(_SOUGHT_AFTER, 101))
GIFT_CARDS = tuple(
    _product(200 + amount, f"Gift card {amount}", "Gift cards", float(amount), is_gift_card=True)
    for amount in (25, 50, 100, 200)
)


def ordinary_basket(dice: Dice) -> tuple[Line, ...]:
    """One to three things; now and then an expensive one, and a gift card before a birthday."""
    if dice.chance(0.03):
        return (Line(dice.pick(GIFT_CARDS[:3])),)
    lines = [
        Line(product, 2 if dice.chance(0.12) else 1)
        for product in dice.sample(ORDINARY, dice.weighted({1: 55, 2: 30, 3: 15}))
    ]
    if dice.chance(0.09):
        lines[0] = Line(dice.pick(SOUGHT_AFTER))
    return tuple(lines)


def resale_basket(dice: Dice) -> tuple[Line, ...]:
    """What sells again at once."""
    if dice.chance(0.25):
        return (Line(GIFT_CARDS[3], dice.whole(1, 3)),)
    return tuple(Line(product) for product in dice.sample(SOUGHT_AFTER, dice.whole(1, 2)))


def subtotal(lines: tuple[Line, ...]) -> float:
    return round(sum(line.product.price * line.quantity for line in lines), 2)
