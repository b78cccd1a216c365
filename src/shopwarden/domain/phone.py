"""Phone numbers as text: E.164 or nothing."""

from __future__ import annotations

from functools import lru_cache

from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, format_number, is_possible_number, parse

LONGEST_TEXT = 60
MOST_READINGS = 4


@lru_cache(maxsize=16_384)
def parse_phone(text: str, country: str | None = None) -> PhoneNumber | None:
    """The number in `text`, or None; `country` (two letters) completes one without an international prefix."""
    digits = text.strip()
    if not digits or len(digits) > LONGEST_TEXT:
        return None
    for attempt in (digits, f"+{digits[2:]}" if digits.startswith("00") else ""):
        try:
            number = parse(attempt, country.upper() if country else None)
        except NumberParseException:
            continue
        if is_possible_number(number):
            return number
    return None


def normalise_phone(text: str, country: str | None = None) -> str | None:
    """E.164 of a number that could exist (its length fits its country); extensions dropped; None otherwise.

    What comes out is its own E.164: a number that loses another leading zero each time it is read is no number.
    """
    spelled: str | None = None
    number = parse_phone(text, country)
    for _ in range(MOST_READINGS):
        if number is None:
            return None
        before, spelled = spelled, format_number(number, PhoneNumberFormat.E164)
        if spelled == before:
            return spelled
        number = parse_phone(spelled)
    return None
