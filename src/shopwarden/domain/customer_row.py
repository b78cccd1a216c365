"""The customer row that follows from everything said under the identifiers that belong to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from shopwarden.domain.identity import BOUND, EMAIL, SHOPIFY, Identifier, Known
from shopwarden.domain.merge import Fields, merge, values_of
from shopwarden.domain.observation import Json
from shopwarden.domain.rows import strongest_first

LENGTHS = {
    "phone": 50, "first_name": 100, "last_name": 100, "age_range": 20, "income_range": 50, "education_level": 50,
    "occupation": 100, "marital_status": 20, "notes": 10_000, "currency": 3, "country_code": 2,
}  # fmt: skip
FLAGS = ("has_children", "email_verified", "phone_verified", "accepts_marketing")
CHOICES = {
    "customer_type": ("guest", "registered", "wholesale"),
    "gender": ("unknown", "male", "female", "other"),
}
"""Allowed values; the first is what an unknown or missing one counts as."""
MOST_MONEY = Decimal("99999999.99")
MOST_ORDERS = 2_000_000_000
PRIMARY = ("shopify", "klaviyo")


def compose(pages: Mapping[Identifier, Known]) -> dict[str, Json]:
    """Column -> value for one row, of which `pages` has all identifiers.

    Times are ISO texts, money is text. Says nothing of columns that people, scoring or the orders decide.
    """
    ordered = sorted(pages, key=strongest_first)
    fields = merge(*(pages[identifier].fields for identifier in ordered))
    values = values_of(fields)
    row: dict[str, Json] = {name: _cut(values.get(name), length) for name, length in LENGTHS.items()}
    row |= {name: value if isinstance(value := values.get(name), bool) else None for name in FLAGS}
    row |= {name: value if (value := values.get(name)) in allowed else allowed[0] for name, allowed in CHOICES.items()}
    row["shopify_id"] = next((identifier.value for identifier in ordered if identifier.kind == SHOPIFY), None)
    row["email"] = _email(pages, ordered)
    row["tags"] = values["tags"]
    row["custom_attributes"] = values["custom_attributes"]
    row["stated_orders_count"] = _count(values.get("orders_count"))
    row["stated_total_spent"] = _money(values.get("total_spent"))
    row["deleted_at"] = values.get("deleted_at")
    row["external_ids"] = _external_ids(ordered)
    sources = sorted({stated.source for known in pages.values() for stated in known.fields.values()})
    row["sources"] = list(sources)
    row["primary_source"] = next((source for source in PRIMARY if source in sources), "manual")
    row["provenance"] = _provenance(fields)
    first = min(known.first_at for known in pages.values() if known.first_at)
    last = max(known.last_at for known in pages.values() if known.last_at)
    row["created_at"] = values.get("created_at") or first.isoformat()
    row["updated_at"] = last.isoformat()
    return row


def _email(pages: Mapping[Identifier, Known], ordered: list[Identifier]) -> str | None:
    """The address the shop states, as long as it is this row's; without such a statement the newest of the row's."""
    shopify = next((identifier for identifier in ordered if identifier.kind == SHOPIFY), None)
    if shopify is not None and "email" in pages[shopify].fields:
        stated = pages[shopify].fields["email"].value
        return stated if isinstance(stated, str) and Identifier(EMAIL, stated) in pages else None
    emails = [identifier for identifier in ordered if identifier.kind == EMAIL]
    newest = max(emails, key=lambda email: (pages[email].version, email.value), default=None)
    return None if newest is None else newest.value


def _external_ids(ordered: list[Identifier]) -> dict[str, Json]:
    ids: dict[str, Json] = {}
    for identifier in ordered:
        if identifier.kind in (SHOPIFY, *BOUND):
            ids.setdefault(f"{identifier.kind}_id", identifier.value)
    return ids


def _provenance(fields: Fields) -> dict[str, Json]:
    return {name: [stated.version, stated.source] for name, stated in sorted(fields.items())}


def _cut(value: Json, length: int) -> str | None:
    return value[:length] if isinstance(value, str) and value else None


def _count(value: Json) -> int | None:
    return min(value, MOST_ORDERS) if isinstance(value, int) and value >= 0 else None


def _money(value: Json) -> str | None:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return str(min(amount, MOST_MONEY)) if amount.is_finite() and amount >= 0 else None
