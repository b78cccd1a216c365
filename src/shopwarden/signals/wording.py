"""Words for the reasons: counts, amounts and durations as a merchant reads them."""

from __future__ import annotations

from decimal import Decimal

from shopwarden.domain.facts import Counts, Facts, PlaceFacts


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`1 card`, `3 cards`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


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
