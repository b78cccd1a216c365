"""Fields of a vendor's JSON, read leniently: what is missing, of the wrong type or "not available" is None, never an error.

One bad field must not cost the good ones beside it. Only a reply that is no JSON object at all breaks the contract.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime

import msgspec

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.answers import Answer
from shopwarden.domain.text import clean_text

LONGEST = 500
MOST_ITEMS = 100
HIGHEST_ASN = 2**32 - 1
NOT_SAID = frozenset({"", "n/a", "na", "null", "none provided", "premium required.", "premium required", "not available"})
"""Words vendors put where they have nothing to say, in lower case."""
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?", re.ASCII)
_COUNTRY = re.compile(r"[A-Za-z]{2}", re.ASCII)


class Fields:
    """The members of one JSON object. Every reading method answers None (or nothing) for what cannot be read."""

    __slots__ = ("_members",)

    def __init__(self, members: object = None) -> None:
        self._members: Mapping[str, object] = members if isinstance(members, dict) else {}

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def __bool__(self) -> bool:
        return bool(self._members)

    def names(self) -> Iterable[str]:
        return self._members.keys()

    def text(self, name: str, longest: int = LONGEST) -> str | None:
        """A clean text; numbers are not texts."""
        return said(self._members.get(name), longest)

    def flag(self, name: str) -> bool | None:
        """true or false, also where they come as words."""
        value = self._members.get(name)
        if isinstance(value, str):
            return {"true": True, "false": False}.get(value.strip().lower())
        return value if isinstance(value, bool) else None

    def any_flag(self, *names: str) -> bool | None:
        """True where one of them is, False where none is and at least one was said."""
        flags = [flag for name in names if (flag := self.flag(name)) is not None]
        return any(flags) if flags else None

    def number(self, name: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        """A number within the bounds, also where it comes as text."""
        return _number(self._members.get(name), low, high)

    def whole(self, name: str, low: int = 0, high: int = 2**31 - 1) -> int | None:
        found = self.number(name, low, high)
        return None if found is None or found != int(found) else int(found)

    def country(self, name: str) -> str | None:
        """Two letters, in upper case."""
        found = self.text(name)
        return found.upper() if found is not None and _COUNTRY.fullmatch(found) else None

    def one_of(self, name: str, choices: Mapping[str, str]) -> str | None:
        """Our word for the vendor's; `choices` has the vendor's in lower case."""
        found = self.text(name)
        return None if found is None else choices.get(found.lower())

    def day(self, name: str) -> date | None:
        """From an ISO date or time, or Unix seconds; the day it was in UTC."""
        value = self._members.get(name)
        try:
            if isinstance(value, int) and not isinstance(value, bool):
                return datetime.fromtimestamp(value, UTC).date()
            at = datetime.fromisoformat(value[:40]) if isinstance(value, str) else None
            return None if at is None else (at.astimezone(UTC) if at.tzinfo else at).date()
        except (ValueError, OverflowError, OSError):
            return None

    def inside(self, *names: str) -> Fields:
        """The object under the name, by steps; an empty one where there is none."""
        found = self
        for name in names:
            found = Fields(found._members.get(name))
        return found

    def each(self, name: str) -> tuple[Fields, ...]:
        """The objects of a list."""
        return tuple(Fields(item) for item in self._items(name) if isinstance(item, dict))

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a list, each once."""
        return tuple(dict.fromkeys(text for item in self._items(name) if (text := said(item))))

    def members(self) -> Iterator[tuple[str, Fields]]:
        """(name, object) of those members that are objects."""
        return ((clean_text(name, 100), Fields(value)) for name, value in self._members.items() if isinstance(value, dict))

    def _items(self, name: str) -> list[object]:
        value = self._members.get(name)
        return value[:MOST_ITEMS] if isinstance(value, list) else []


def said(value: object, longest: int = LONGEST) -> str | None:
    """The text, or None for what is none or says that there is nothing to say."""
    if not isinstance(value, str):
        return None
    text = clean_text(value, longest)
    return None if text.lower() in NOT_SAID else text


def told(*answers: Answer) -> tuple[Answer, ...]:
    """Those answers that say anything at all."""
    return tuple(answer for answer in answers if answer != type(answer)())


def read_object(reply: Reply, vendor: str) -> Fields:
    """The reply's JSON object; VendorFault(contract_changed) for anything else."""
    try:
        decoded = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise VendorFault("contract_changed", f"{vendor} answered something that is not JSON") from None
    if not isinstance(decoded, dict):
        raise VendorFault("contract_changed", f"{vendor} answered JSON that is not an object")
    return Fields(decoded)


def _number(value: object, low: float, high: float) -> float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and low <= number <= high else None
