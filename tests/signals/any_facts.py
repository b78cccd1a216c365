"""Facts of any shape for property tests: every field present or unknown, values from calm to absurd."""

from __future__ import annotations

import types
import typing
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from hypothesis import strategies as st

from shopwarden.domain.facts import Facts

WORDS = (
    "", "vip", "wholesale", "mobile", "voip", "Mobile", "Residential", "Europe/Berlin", "Asia/Tokyo", "../etc", "a\0b",
    "DE", "US", "N", "M", "Y", "high", "EUR", "USD", "ip", "session",
)  # fmt: skip

BY_TYPE: dict[object, st.SearchStrategy[object]] = {
    bool: st.booleans(),
    int: st.integers(0, 12) | st.integers(0, 10**9),
    float: st.floats(0, 1) | st.floats(0, 1e9) | st.sampled_from([float("nan"), float("inf")]),
    str: st.sampled_from(WORDS),
    Decimal: st.decimals(0, 10**9, places=2) | st.just(Decimal("NaN")),
    datetime: st.datetimes(datetime(1899, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),
    tuple[str, ...]: st.just(("de-DE",)),
}


def strategy_for(kind: object) -> st.SearchStrategy[object]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        return st.fixed_dictionaries({name: strategy_for(hint) for name, hint in hints.items()}).map(lambda all: kind(**all))
    if isinstance(kind, types.UnionType):
        choices = [BY_NONE if option is type(None) else strategy_for(option) for option in typing.get_args(kind)]
        return st.one_of(choices)
    return BY_TYPE[kind]


BY_NONE = st.none()
any_facts = typing.cast("st.SearchStrategy[Facts]", strategy_for(Facts))
