"""Reading untrusted JSON values leniently: what can be understood is taken, the rest is None, nothing raises."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite

import msgspec

LONGEST_TEXT = 2_000
LARGEST_MONEY = 1e11


def text(value: object, limit: int = LONGEST_TEXT) -> str | None:
    """A trimmed text without NUL, cut at `limit`; whole and broken numbers count as text, anything else is None."""
    if value is None:
        return None
    if isinstance(value, str):
        cleaned = value.replace("\x00", "").strip() if "\x00" in value else value.strip()
        return cleaned[:limit] or None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)[:limit]
    return None


def number(value: object) -> float | None:
    """A finite number, also when it is written as text ("19.90")."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value.strip()[:40])
        except ValueError:
            return None
    if isinstance(value, (int, float)):
        try:
            result = float(value)
        except OverflowError:
            return None
        return result if isfinite(result) else None
    return None


def money(value: object) -> float | None:
    """An amount of money that is not negative and not absurd."""
    amount = number(value)
    return amount if amount is not None and 0 <= amount <= LARGEST_MONEY else None


def mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def moment(value: object) -> float | None:
    """Unix seconds of an ISO 8601 time, or of a number of seconds or milliseconds; a time without a zone is UTC."""
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value.strip()[:40])
        except ValueError:
            return None
        try:
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
        except (OverflowError, OSError, ValueError):
            return None
    seconds = number(value)
    if seconds is None:
        return None
    return seconds / 1000 if abs(seconds) > 1e11 else seconds


def without_nul(value: object) -> object:
    """The same JSON value with NUL characters taken out of every text and key: PostgreSQL can't hold them."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [without_nul(item) for item in value]
    if isinstance(value, dict):
        return {str(without_nul(key)): without_nul(item) for key, item in value.items()}
    return value


def json_for_storage(value: dict[str, object]) -> bytes:
    """JSON bytes PostgreSQL accepts as jsonb."""
    written = msgspec.json.encode(value)
    if b"\\u0000" in written:
        written = msgspec.json.encode(without_nul(value))
    return written
