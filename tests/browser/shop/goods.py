"""What the shop sells, and its pictures, drawn in SVG."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Good:
    handle: str
    name: str
    price: Decimal
    collection: str
    words: str
    tint: str
    shape: str


_HAT = (
    '<path d="M30 76q30-10 60 0l-4-28q-26-34-52 0z" fill="currentColor"/>'
    '<ellipse cx="60" cy="78" rx="46" ry="9" fill="currentColor" opacity=".8"/>'
    '<path d="M33 66q27 9 54 0" stroke="#fff" stroke-width="5" fill="none" opacity=".7"/>'
)
_BEANIE = (
    '<path d="M32 74q-2-44 28-44t28 44z" fill="currentColor"/>'
    '<rect x="28" y="70" width="64" height="15" rx="7" fill="currentColor" opacity=".75"/>'
    '<circle cx="60" cy="27" r="8" fill="currentColor" opacity=".75"/>'
)
_SCARF = (
    '<path d="M34 34q26 22 52 0l4 14q-30 22-60 0z" fill="currentColor"/>'
    '<path d="M66 52l14 44 12-4-10-44z" fill="currentColor" opacity=".75"/>'
    '<path d="M72 70l11-3m-8 13l11-3" stroke="#fff" stroke-width="3" opacity=".7"/>'
)
_CUP = (
    '<path d="M34 42h44v30q0 16-22 16t-22-16z" fill="currentColor"/>'
    '<path d="M78 50q17-2 15 11t-17 12" stroke="currentColor" stroke-width="6" fill="none"/>'
    '<path d="M48 34q-5-6 0-12m14 12q-5-6 0-12" stroke="currentColor" stroke-width="4" fill="none" opacity=".5"/>'
)

GOODS = (
    Good("wool-hat", "Wool hat", Decimal("49.00"), "hats", "Felted by hand, made for rain.", "#b4553a", _HAT),
    Good("sun-hat", "Sun hat", Decimal("39.50"), "hats", "Wide brim, folds flat.", "#c79a2e", _HAT),
    Good("harbour-beanie", "Harbour beanie", Decimal("24.00"), "hats", "Ribbed merino.", "#2f6f78", _BEANIE),
    Good("moss-beanie", "Moss beanie", Decimal("26.00"), "hats", "Warm and light.", "#5d7a3a", _BEANIE),
    Good("long-scarf", "Long scarf", Decimal("58.00"), "scarves", "Two metres of lambswool.", "#7a4a86", _SCARF),
    Good("dusk-scarf", "Dusk scarf", Decimal("62.00"), "scarves", "Woven at dusk, worn at dawn.", "#40548c", _SCARF),
    Good("clay-cup", "Clay cup", Decimal("18.00"), "home", "Thrown on a wheel, holds a lot.", "#a8674b", _CUP),
    Good("sea-cup", "Sea cup", Decimal("19.00"), "home", "Glazed in three blues.", "#35688f", _CUP),
)
BY_HANDLE = {good.handle: good for good in GOODS}
COLLECTIONS = {"hats": "Hats & beanies", "scarves": "Scarves", "home": "For the table", "all": "Everything"}


def of_collection(name: str) -> list[Good]:
    return [good for good in GOODS if name in ("all", good.collection)]


def found(query: str) -> list[Good]:
    words = query.lower().split()
    return [good for good in GOODS if words and all(word in f"{good.name} {good.words}".lower() for word in words)]


def picture(good: Good) -> str:
    return (
        f'<svg viewBox="0 0 120 112" role="img" aria-label="{good.name}" style="color:{good.tint}">'
        f'<rect width="120" height="112" fill="{good.tint}" opacity=".12"/>{good.shape}</svg>'
    )
