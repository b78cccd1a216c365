"""How long lists are asked for: pages, opaque cursors, dates, comma lists. Bad values are refused by their name."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from shopwarden.errors import RefuseError

MOST_PER_PAGE = 200
LONGEST_CURSOR = 400
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)

SortValue = datetime | Decimal | int | None


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where a list was left: its order (`-created_at`), the last row's value in that order, and its id."""

    order: str
    value: datetime | Decimal | int | None
    id: UUID


class _Wire(msgspec.Struct, frozen=True, array_like=True):
    order: str
    kind: str
    value: str
    id: UUID


def write_cursor(position: Position) -> str:
    """The position as a word callers hand back and never read."""
    value = position.value
    kind = "n" if value is None else {datetime: "t", Decimal: "d", int: "i"}[type(value)]
    text = value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)
    raw = msgspec.json.encode(_Wire(position.order, kind, text, position.id))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(cursor: str, order: str) -> Position:
    """The position a cursor stands for; RefuseError if it is none, or one of a list in another order."""
    wrong = RefuseError("This cursor is not one of this list; start without a cursor.", fields={"cursor": "is not valid"})
    if len(cursor) > LONGEST_CURSOR:
        raise wrong
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        wire = msgspec.json.decode(raw, type=_Wire)
        value = _value(wire.kind, wire.value)
    except (binascii.Error, msgspec.MsgspecError, ValueError, ArithmeticError, UnicodeError):
        raise wrong from None
    if wire.order != order:
        raise RefuseError(
            "This cursor belongs to a list in another order; start without a cursor.",
            fields={"cursor": f"was made for the order {wire.order[:40]}"},
        )
    return Position(wire.order, value, wire.id)


def _value(kind: str, text: str) -> SortValue:
    if kind == "n":
        return None
    if kind == "t":
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or not EARLIEST <= moment <= LATEST:
            raise ValueError(text)
        return moment
    if kind == "d":
        value = Decimal(text)
        if not value.is_finite() or abs(value) >= Decimal(10) ** 14:
            raise ValueError(text)
        return value
    number = int(text)
    if not -(2**31) <= number < 2**31:
        raise ValueError(text)
    return number


def read_moment(field: str, text: str, *, end: bool = False) -> datetime | None:
    """An ISO 8601 date or time as aware UTC; a plain date means its first moment, with `end` the next day's first.

    None for an empty text; RefuseError names the field.
    """
    if not text:
        return None
    try:
        if len(text) == 10:
            day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
            moment = datetime.combine(day, time(), UTC)
        else:
            # A plus sign in a query arrives as a space.
            moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        if not EARLIEST <= moment <= LATEST:
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise RefuseError(
            f"{field} must be a date (2026-03-01) or a time (2026-03-01T12:00:00Z).",
            fields={field: "is not an ISO 8601 date or time"},
        ) from None
    return moment


def read_choices(field: str, text: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The values of a comma list, each once; RefuseError names the allowed ones."""
    chosen = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    wrong = [part for part in chosen if part not in allowed]
    if wrong or (text and not chosen):
        listed = ", ".join(sorted(allowed))
        raise RefuseError(
            f"{field} takes {listed}.", fields={field: f"{wrong[0][:40] if wrong else ''!r} is not one of {listed}"}
        )
    return chosen


def pages_of(total: int, limit: int) -> int:
    return -(-total // limit)
