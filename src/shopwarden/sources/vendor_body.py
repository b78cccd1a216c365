"""Bodies of vendors' webhooks: JSON objects read member by member."""

from __future__ import annotations

import msgspec

from shopwarden.domain.text import clean_text
from shopwarden.errors import SkipError


def object_of(body: bytes) -> dict[str, object]:
    """SkipError when it is no JSON object."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise SkipError(f"the body is not JSON: {str(problem)[:200]}") from None
    if not isinstance(told, dict):
        raise SkipError("the body is not a JSON object")
    return told


def member(of: dict[str, object], *names: str) -> dict[str, object]:
    """The object under the name, by steps; an empty one where there is none."""
    found = of
    for name in names:
        inner = found.get(name)
        found = inner if isinstance(inner, dict) else {}
    return found


def text_of(value: object, longest: int) -> str | None:
    """A clean text; a whole number is one too, for ids."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**30 else ""
    return (clean_text(value, longest) or None) if isinstance(value, str) else None


def number_of(value: object) -> float | None:
    """A number from 0 to 100, also as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number <= 100 else None
