"""The names a rule may use: every fact by its dotted path with its type, read from the facts themselves."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from math import isfinite
from typing import Literal

import msgspec

from shopwarden.domain.facts import Facts
from shopwarden.rules.vendor_names import Reader, vendor_names

NameType = Literal["bool", "int", "double", "string", "timestamp", "list(string)"]
_TYPES: dict[object, NameType] = {
    bool: "bool",
    int: "int",
    float: "double",
    Decimal: "double",
    str: "string",
    datetime: "timestamp",
    tuple[str, ...]: "list(string)",
}
_ELSEWHERE = ("vendor", "lists")
"""Parts whose shape is no tree of plain values: what rules may ask of them is said in `EXTRA` and in vendor_names.py."""
LONGEST_LIST = 200
LONGEST_TEXT = 2000
_FARTHEST_WHOLE = 2**63


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule looks at: the facts, and what the signals alone made of them."""

    facts: Facts
    score: int = 0
    points: float = 0.0
    level: str = "low"
    reasons: tuple[str, ...] = ()


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """One name of the vocabulary. `read` gives its value, None where the fact is not known. `about` describes what is no
    field of the facts, whose own words describe them."""

    name: str
    type: NameType
    read: Callable[[Sight], object | None]
    about: str = ""


@cache
def vocabulary() -> dict[str, Name]:
    """Every name a rule may use, by name."""
    return {each.name: each for each in (*_names(Facts, ()), *_of_vendors(), *EXTRA)}


def _names(struct: type[msgspec.Struct], path: tuple[str, ...]) -> Iterator[Name]:
    hints = typing.get_type_hints(struct)
    for field in struct.__struct_fields__:
        if not path and field in _ELSEWHERE:
            continue
        kind, branch = without_none(hints[field]), (*path, field)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _names(kind, branch)
        elif kind in _TYPES:
            yield Name(name=".".join(branch), type=_TYPES[kind], read=_reader(branch))


def without_none(hint: object) -> object:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        (hint,) = [part for part in typing.get_args(hint) if part is not type(None)]
    return hint


def _reader(branch: tuple[str, ...]) -> Callable[[Sight], object | None]:
    def read(sight: Sight) -> object | None:
        value: object = sight.facts
        for step in branch:
            value = getattr(value, step)
            if value is None:
                return None
        return _plain(value)

    return read


def _of_vendors() -> Iterator[Name]:
    for name, kind, about, reader in vendor_names():
        yield Name(name=name, type=kind, read=_through(reader), about=about)


def _through(reader: Reader) -> Callable[[Sight], object | None]:
    return lambda sight: _plain(reader(sight.facts))


def _plain(value: object) -> object | None:
    """As the language holds it; None for what is no value at all (NaN, a whole number of more than 64 bits)."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Decimal | float):
        number = float(value)
        return number if isfinite(number) else None
    if isinstance(value, int):
        return value if -_FARTHEST_WHOLE <= value < _FARTHEST_WHOLE else None
    if isinstance(value, list | tuple):
        return [_text(str(member)) for member in value[:LONGEST_LIST]]
    return _moment(value) if isinstance(value, datetime) else value


def _text(value: str) -> str:
    """NUL would end the text early, and half a character is none."""
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode()
    return value.replace("\0", "")[:LONGEST_TEXT]


def _moment(value: datetime) -> datetime | None:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None


def _on_list(name: str) -> Callable[[Sight], object | None]:
    def read(sight: Sight) -> object | None:
        hits = sight.facts.lists
        return None if hits is None else sorted({hit.kind for hit in hits if hit.list == name})

    return read


@lru_cache(maxsize=1)
def _apart_from_known() -> tuple[Name, ...]:
    return tuple(each for name, each in vocabulary().items() if name != "known")


def _known(sight: Sight) -> list[str]:
    return [each.name for each in _apart_from_known() if each.read(sight) is not None]


EXTRA: tuple[Name, ...] = (
    Name(name="risk.score", type="int", read=lambda sight: sight.score, about="The score of the signals alone, 0 to 100."),
    Name(name="risk.points", type="double", read=lambda sight: sight.points, about="The points of the signals alone."),
    Name(name="risk.level", type="string", read=lambda sight: sight.level, about="The level of the signals alone."),
    Name(
        name="risk.reasons",
        type="list(string)",
        read=lambda sight: list(sight.reasons)[:LONGEST_LIST],
        about="Keys of the signals that spoke.",
    ),
    Name(name="lists.allowed", type="list(string)", read=_on_list("allow"), about="What of the order is on the allow list."),
    Name(name="lists.blocked", type="list(string)", read=_on_list("block"), about="What of the order is on the block list."),
    Name(name="lists.watched", type="list(string)", read=_on_list("watch"), about="What of the order is on the watch list."),
    Name(name="known", type="list(string)", read=_known, about="Names of all facts that are known of the order."),
)
"""`risk` is what the signals alone say, before any rule. `lists` holds the kinds of the entries that fit."""
