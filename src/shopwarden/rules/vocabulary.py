"""The names a rule may use: every fact by its dotted path with its type, read from the facts themselves."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Literal

import msgspec

from shopwarden.domain.facts import Facts

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
"""Parts whose shape is no tree of plain values: what rules may ask of them is said in `EXTRA`."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule looks at: the facts, and what the signals alone made of them."""

    facts: Facts
    score: int = 0
    points: float = 0.0
    level: str = "low"
    reasons: tuple[str, ...] = ()


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """One name of the vocabulary. `read` gives its value, None where the fact is not known."""

    name: str
    type: NameType
    read: Callable[[Sight], object | None]


@cache
def vocabulary() -> dict[str, Name]:
    """Every name a rule may use, by name."""
    return {each.name: each for each in (*_names(Facts, ()), *EXTRA)}


def _names(struct: type[msgspec.Struct], path: tuple[str, ...]) -> Iterator[Name]:
    hints = typing.get_type_hints(struct)
    for field in struct.__struct_fields__:
        if not path and field in _ELSEWHERE:
            continue
        kind, branch = _without_none(hints[field]), (*path, field)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _names(kind, branch)
        elif kind in _TYPES:
            yield Name(name=".".join(branch), type=_TYPES[kind], read=_reader(branch))


def _without_none(hint: object) -> object:
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


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, tuple):
        return list(value)
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _on_list(name: str) -> Callable[[Sight], object | None]:
    def read(sight: Sight) -> object | None:
        hits = sight.facts.lists
        return None if hits is None else sorted({hit.kind for hit in hits if hit.list == name})

    return read


def _known(sight: Sight) -> list[str]:
    return [name for name, each in vocabulary().items() if name != "known" and each.read(sight) is not None]


EXTRA: tuple[Name, ...] = (
    Name(name="risk.score", type="int", read=lambda sight: sight.score),
    Name(name="risk.points", type="double", read=lambda sight: sight.points),
    Name(name="risk.level", type="string", read=lambda sight: sight.level),
    Name(name="risk.reasons", type="list(string)", read=lambda sight: list(sight.reasons)),
    Name(name="lists.allowed", type="list(string)", read=_on_list("allow")),
    Name(name="lists.blocked", type="list(string)", read=_on_list("block")),
    Name(name="lists.watched", type="list(string)", read=_on_list("watch")),
    Name(name="known", type="list(string)", read=_known),
)
"""`risk` is what the signals alone say, before any rule. `lists` holds the kinds of the entries that fit. `known` holds the
names of all facts that are known: `"ip.is_vpn" in known`."""
