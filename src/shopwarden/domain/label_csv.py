"""Labels as CSV: a row of a file of chargebacks (or of anything else known of orders) read, with what is wrong with it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import msgspec

from shopwarden.domain.csv_text import LineFault, cells_of, delimiter_of
from shopwarden.domain.label import LabelName
from shopwarden.domain.paging import read_moment
from shopwarden.domain.text import clean_text
from shopwarden.errors import RefuseError

COLUMNS = ("order", "label", "date", "known_at", "reason", "amount", "currency", "reference", "note")
"""What an import reads; only `order` and `date` have to be there."""
EXPORTED = (*COLUMNS, "source", "customer_id", "created_by", "created_at", "withdrawn_at")
_WORDS: dict[str, LabelName] = {
    "": "fraud", "fraud": "fraud", "fraudulent": "fraud", "chargeback": "fraud", "legitimate": "legitimate",
    "good": "legitimate", "genuine": "legitimate",
}  # fmt: skip
LARGEST = Decimal("999999999999.99")


class Layout(NamedTuple):
    columns: tuple[str, ...]
    delimiter: str


class LabelLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one line says; `order` is the shop's id of it."""

    order: str
    label: LabelName
    at: datetime
    known_at: datetime
    reason: str | None
    amount: Decimal | None
    currency: str | None
    reference: str
    note: str | None


def layout_of(first: str) -> Layout:
    """From the line that names the columns. RefuseError names those that are missing."""
    delimiter = delimiter_of(first)
    columns = tuple(cell.lower().replace(" ", "_") for cell in cells_of(first, delimiter))
    missing = [name for name in ("order", "date") if name not in columns]
    if missing:
        said = f"The first line has to name the columns: {', '.join(COLUMNS)}; order and date must be there."
        raise RefuseError(said, type="invalid-input", fields=dict.fromkeys(missing, "is not a column of the first line"))
    return Layout(columns, delimiter)


def read_line(text: str, layout: Layout, now: datetime) -> LabelLine:
    """LineFault names the column. A line without `known_at` was known on its date: that is when a bank told of it."""
    row = dict(zip(layout.columns, cells_of(text, layout.delimiter), strict=False))
    order = row.get("order", "").rpartition("/")[2]
    if not order or len(order) > 200:
        raise LineFault("order", "is missing" if not order else "is too long")
    label = _WORDS.get(row.get("label", "").lower())
    if label is None:
        raise LineFault("label", "is not one of fraud, legitimate")
    at = _moment("date", row.get("date", ""), now)
    if at is None:
        raise LineFault("date", "is missing")
    known_at = _moment("known_at", row.get("known_at", ""), now) or at
    if known_at < at:
        raise LineFault("known_at", "lies before date")
    amount, currency = _amount(row.get("amount", "")), row.get("currency", "").upper() or None
    if currency is not None and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise LineFault("currency", "is not a code of three letters")
    return LabelLine(
        order=order,
        label=label,
        at=at,
        known_at=known_at,
        reason=clean_text(row.get("reason", ""), 100) or None,
        amount=amount,
        currency=currency,
        reference=clean_text(row.get("reference", ""), 200) or f"{order}|{label}|{at.isoformat()}",
        note=clean_text(row.get("note", ""), 1000) or None,
    )


def _moment(field: str, text: str, now: datetime) -> datetime | None:
    try:
        at = read_moment(field, text)
    except RefuseError as wrong:
        raise LineFault(field, wrong.fields[field]) from None
    if at is not None and at > now:
        raise LineFault(field, "lies in the future")
    return at


def _amount(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise LineFault("amount", "is not a number such as 12.50") from None
    if not amount.is_finite() or not 0 <= amount <= LARGEST:
        raise LineFault("amount", "is not an amount of money")
    return amount.quantize(Decimal("0.01"))
