"""Facts of any shape for property tests: every field present or unknown, values from calm to absurd."""

from __future__ import annotations

import types
import typing
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from shopwarden.domain.answers import Opinion
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
    Opinion: st.sampled_from(typing.get_args(Opinion)),
    dict[str, datetime]: st.just({}),
    dict[str, float]: st.just({}),
    date: st.dates(),
    UUID: st.uuids(),
}
KEYS = ("ipqualityscore.ip", "maxmind.minfraud", "sift.score", "sendgrid.email", "newcomer.order")


def strategy_for(kind: object) -> st.SearchStrategy[object]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        return st.fixed_dictionaries({name: strategy_for(hint) for name, hint in hints.items()}).map(lambda all: kind(**all))
    # A union with a Literal in it is of the older kind.
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        choices = [BY_NONE if option is type(None) else strategy_for(option) for option in typing.get_args(kind)]
        return st.one_of(choices)
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    if typing.get_origin(kind) is typing.Literal:
        return st.sampled_from(typing.get_args(kind))
    # What vendors said is held by look-up, and in it what they listed.
    inner = typing.get_args(kind)[-1 if typing.get_origin(kind) is dict else 0]
    if typing.get_origin(kind) is dict:
        return st.dictionaries(st.sampled_from(KEYS), strategy_for(inner), max_size=2)
    return st.tuples(strategy_for(inner)) | st.just(())


BY_NONE = st.none()
any_facts = typing.cast("st.SearchStrategy[Facts]", strategy_for(Facts))
