"""The platform's search words (`updated_at:>=2026-01-01 tag:'a b'`), read and held against records."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_world import FIRST_CUSTOMER, FIRST_NUMBER, FIRST_ORDER, World, seconds

_TERM = re.compile(r"""(-?)(?:(\w+):)?(>=|<=|>|<)?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s()]+))""")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "": operator.eq,
}  # fmt: skip
TIMES = {"created_at": "createdAt", "updated_at": "updatedAt", "processed_at": "processedAt", "cancelled_at": "cancelledAt"}
_WORDS = {"financial_status": "displayFinancialStatus", "fulfillment_status": "displayFulfillmentStatus",
          "state": "state", "first_name": "firstName", "last_name": "lastName", "phone": "phone", "name": "name",
          "source_name": "sourceName"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """`sign` is "" for equal. A term with an unknown name finds everything, as it does at the platform."""

    name: str
    sign: str
    value: str
    negated: bool = False

    def finds(self, record: Record) -> bool:
        return self._finds(record) != self.negated

    def _finds(self, record: Record) -> bool:
        value = self.value.lower()
        if value == "*":
            return True
        if self.name in TIMES:
            at, wanted = record.get(TIMES[self.name]), _time(self.value)
            return isinstance(at, str) and wanted is not None and _COMPARE[self.sign](seconds(at), wanted)
        if self.name == "id":
            return value.isdigit() and _COMPARE[self.sign](int(str(record["legacyResourceId"])), int(value))
        if self.name in {"tag", "tag_not"}:
            return (value in [tag.lower() for tag in _texts(record.get("tags"))]) == (self.name == "tag")
        if self.name == "email":
            return value == _mail(record)
        if self.name == "customer_id":
            return value == str(record.get("_customer"))
        if self.name == "test":
            return (value == "true") == bool(record.get("test"))
        if self.name == "status":
            return _status(record, value)
        if self.name in _WORDS:
            held = str(record.get(_WORDS[self.name]) or "").lower()
            return held.removeprefix("#") == value.removeprefix("#")
        if not self.name:
            return any(value in str(record.get(name) or "").lower() for name in ("name", "displayName", "email"))
        return True


Search = tuple[tuple[Term, ...], ...]
"""Groups of which one must hold; within it all terms must."""


def read_search(query: str | None) -> Search:
    """Terms joined by blanks or AND, groups by OR; an empty search finds everything."""
    groups: list[tuple[Term, ...]] = []
    for part in re.split(r"\s+OR\s+", (query or "").strip()):
        terms = []
        for negated, name, sign, single, double, bare in _TERM.findall(part):
            if not name and bare in {"AND", ""} and not single and not double:
                continue
            terms.append(Term(name, sign, single or double or bare, bool(negated)))
        groups.append(tuple(terms))
    return tuple(groups)


def finds(search: Search, record: Record) -> bool:
    return any(all(term.finds(record) for term in group) for group in search)


def bounds(search: Search, world: World, kind: str) -> tuple[int, int]:
    """From and up to which index of the world records can be found at all, so that few have to be looked at."""
    count = world.customers if kind == "customer" else world.orders
    if len(search) != 1:
        return 0, count
    low, high = 0, count
    for term in search[0]:
        if not term.negated:
            from_, to = _range(term, world, kind, count)
            low, high = max(low, from_), min(high, to)
    return low, max(low, high)


def _range(term: Term, world: World, kind: str, count: int) -> tuple[int, int]:
    at = world.customer_time if kind == "customer" else world.order_time
    if term.name in TIMES and term.name != "cancelled_at" and (wanted := _time(term.value)) is not None:
        # An order not touched was last changed a minute after it came: leave room for it on both sides.
        if term.sign in {">=", ">"}:
            return first_at(at, count, wanted - 60), count
        return (0 if term.sign else first_at(at, count, wanted - 60)), first_at(at, count, wanted + 1)
    if term.name == "id" and term.value.isdigit():
        place = int(term.value) - (FIRST_CUSTOMER if kind == "customer" else FIRST_ORDER)
        place = min(max(place, -1), count)
        return {">": (place + 1, count), ">=": (max(place, 0), count), "<": (0, max(place, 0)), "<=": (0, place + 1)}.get(
            term.sign, (max(place, 0), place + 1)
        )
    if term.name == "name" and kind == "order" and (digits := term.value.lstrip("#")).isdigit():
        place = int(digits) - FIRST_NUMBER
        return (place, place + 1) if 0 <= place < count else (0, 0)
    if term.name == "email" and kind == "customer":
        told = term.value.partition("@")[0].rpartition(".")[2]
        return (int(told), int(told) + 1) if told.isdigit() and int(told) < count else (0, 0)
    return 0, count


def first_at(at: Callable[[int], int], count: int, wanted: float) -> int:
    """The first index whose time is not before `wanted`."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if at(middle) < wanted else (low, middle)
    return low


def _time(written: str) -> float | None:
    try:
        return seconds(written)
    except ValueError:
        return None


def _mail(record: Record) -> str:
    held = record.get("defaultEmailAddress")
    return str(held.get("emailAddress") if isinstance(held, dict) else record.get("email") or "").lower()


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _status(record: Record, value: str) -> bool:
    if value == "cancelled":
        return record.get("cancelledAt") is not None
    if value == "closed":
        return bool(record.get("closed"))
    return value in {"any", "not_closed"} or (value == "open" and not record.get("closed"))
