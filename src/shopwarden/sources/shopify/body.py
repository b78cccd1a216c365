"""Reads a webhook body forgivingly: every field may be missing, null, of another type, absurd or far too long."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import msgspec

from shopwarden.domain.events import version_of
from shopwarden.domain.observation import Json
from shopwarden.domain.text import clean_text
from shopwarden.errors import SkipError

Part = Mapping[str, object]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""When a thing happened of which nobody tells a believable time."""
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(days=1)
MOST_MONEY = Decimal("999999999999.99")
MOST_WHOLE = 2_000_000_000
LONGEST_ID = 200
MOST_ITEMS = 200
_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?")


class Body(NamedTuple):
    """The object of a webhook. No time later than a day after `triggered_at` is believed."""

    data: Part
    raw: bytes
    triggered_at: datetime | None

    def moment(self, *names: str, of: Part | None = None) -> datetime | None:
        """The first of these fields that holds a believable time, aware UTC."""
        latest = LATEST if self.triggered_at is None else self.triggered_at + CLOCK_SKEW
        for name in names:
            at = _time((self.data if of is None else of).get(name))
            if at is not None and EARLIEST <= at <= latest:
                return at
        return None

    def version(self, changed_at: datetime | None) -> str:
        return version_of(changed_at, self.triggered_at, self.raw)


def read_body(raw: bytes, triggered_at: datetime | None) -> Body:
    """SkipError when the body is no JSON object. Broken UTF-8 and half surrogates cost only the characters concerned."""
    try:
        data: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            data = json.loads(raw.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise SkipError("the body is not JSON") from None
    if not isinstance(data, dict):
        raise SkipError(f"the body is a JSON {type(data).__name__}, not an object")
    return Body(data, raw, triggered_at)


def text(part: Part, *names: str, longest: int = 255) -> str | None:
    """The first of these fields that holds text or a number, cleaned and cut; None for none."""
    for name in names:
        value = part.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            cleaned = clean_text(str(value), longest)
            if cleaned:
                return cleaned
    return None


def identifier(part: Part, *names: str) -> str | None:
    """An id given as a number, as text, or as a global id: gid://shopify/Customer/1 is 1."""
    for name in names:
        value = part.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, str | int) and not isinstance(value, bool):
            cleaned = clean_text(str(value), LONGEST_ID)
            if cleaned.startswith("gid://"):
                cleaned = cleaned.rpartition("/")[2].partition("?")[0]
            if cleaned and cleaned != "0":
                return cleaned
    return None


def money(value: object) -> Decimal | None:
    """An amount of 0 or more, to the cent; None for anything that is none. Objects with an `amount` are read too."""
    if isinstance(value, dict):
        value = value.get("amount")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(clean_text(str(value), 40))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount <= MOST_MONEY:
        return None
    return amount.quantize(Decimal("0.01"))


def whole(value: object) -> int | None:
    """A whole number of 0 or more, also as text."""
    if isinstance(value, bool):
        return None
    written = str(value) if isinstance(value, int | float | str) else ""
    if not _WHOLE.fullmatch(written):
        return None
    number = int(written.partition(".")[0])
    return min(number, MOST_WHOLE) if number >= 0 else None


def flag(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def words(value: object) -> tuple[str, ...]:
    """Tags, given as a list or as text with commas, each once, sorted."""
    listed = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    cleaned = {clean_text(str(word), 255) for word in listed if isinstance(word, str | int)}
    return tuple(sorted(cleaned - {""}))[:MOST_ITEMS]


def part(parent: Part, *names: str) -> dict[str, object]:
    """The first of these fields that is an object; an empty one for none."""
    return next((value for name in names if isinstance(value := parent.get(name), dict)), {})


def parts(parent: Part, name: str) -> list[dict[str, object]]:
    """The objects in a list field."""
    value = parent.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def currency(value: object) -> str | None:
    code = clean_text(value, 4).upper() if isinstance(value, str) else ""
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None


def trim(one: Part, texts: tuple[str, ...], amounts: tuple[str, ...] = ()) -> dict[str, Json]:
    """The named fields of an object that say something; amounts as text."""
    kept: dict[str, Json] = {name: value for name in texts if (value := text(one, name)) is not None}
    kept |= {name: str(amount) for name in amounts if (amount := money(one.get(name))) is not None}
    return kept


def _time(value: object) -> datetime | None:
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value.strip())
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
