"""Words for the reasons: counts, amounts and durations as a merchant reads them."""

from __future__ import annotations

from decimal import Decimal

from shopwarden.domain.facts import Counts, Facts, PlaceFacts


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`1 card`, `3 cards`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def named(name: str | None, otherwise: str = "name unknown") -> str:
    """A name from outside as it may stand in a sentence: one line, 60 characters at most."""
    line = " ".join((name or "").split())
    return (line if len(line) <= 60 else line[:59] + "…") or otherwise


def money(amount: Decimal | None, facts: Facts) -> str:
    """The amount with the order's currency, else the store's; `an unknown amount` for None."""
    if amount is None:
        return "an unknown amount"
    currency = (facts.order and facts.order.currency) or facts.store.currency
    return f"{amount:,.2f} {currency}"


def busiest(counts: Counts, thing: str, things: str | None = None) -> str:
    """The counts over the three windows in words: `6 orders in the last hour, 9 in a day, 9 in a week`."""
    return f"{count_of(counts.h1, thing, things)} in the last hour, {counts.h24:,} in a day, {counts.d7:,} in a week"


def country_of(place: PlaceFacts | None) -> str:
    return (place and place.country) or "an unknown country"
