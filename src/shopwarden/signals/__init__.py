"""The signals: one declaration each, in the theme's file beside this one, found by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from pkgutil import iter_modules
from typing import TypeVar

from shopwarden.contracts.signal import Group, Signal
from shopwarden.errors import StopError

Declared = TypeVar("Declared", Signal, Group)


@cache
def find_signals() -> tuple[Signal, ...]:
    """Every signal declared in this folder, by key. StopError on a key declared twice or a group nobody declared."""
    return checked_signals(_declared(Signal), find_groups())


@cache
def find_groups() -> tuple[Group, ...]:
    """Every group declared in this folder, by key. StopError on a group declared twice."""
    groups = sorted(_declared(Group), key=lambda group: group.key)
    _refuse_twins([group.key for group in groups], "group")
    return tuple(groups)


def checked_signals(signals: Iterable[Signal], groups: Iterable[Group]) -> tuple[Signal, ...]:
    """The signals sorted by key; StopError names the key that is declared twice or the group that is not declared."""
    ordered = tuple(sorted(signals, key=lambda signal: signal.key))
    _refuse_twins([signal.key for signal in ordered], "signal")
    known = {group.key for group in groups}
    for signal in ordered:
        if signal.group is not None and signal.group not in known:
            raise StopError(f"signal {signal.key}: group {signal.group!r} is not declared")
    return ordered


def _refuse_twins(ordered_keys: list[str], kind: str) -> None:
    for left, right in pairwise(ordered_keys):
        if left == right:
            raise StopError(f"{kind} {left} is declared twice")


def _declared(kind: type[Declared]) -> list[Declared]:
    """Module-level constants and lists or tuples of `kind`; the same object seen under two names counts once."""
    found: dict[int, Declared] = {}
    for module in iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            for item in _items(value):
                if isinstance(item, kind):
                    found[id(item)] = item
    return list(found.values())


def _items(value: object) -> Iterator[object]:
    if isinstance(value, list | tuple):
        yield from value
    else:
        yield value
