"""A verdict given again with something else: other weights, rules or lists, or as if some facts had not been known. Pure."""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence

import msgspec
from msgspec.structs import fields, replace

from shopwarden.domain.backtest import ListChanges
from shopwarden.domain.backtest_result import ReasonShift
from shopwarden.domain.facts import Facts
from shopwarden.domain.policy import Policy
from shopwarden.domain.verdict import Verdict
from shopwarden.errors import RefuseError
from shopwarden.steps.backtest_changes import reason_shifts
from shopwarden.steps.backtest_lists import ListTrial, Marks
from shopwarden.steps.judge import judge
from shopwarden.steps.swings import without as without_lookup

LOOKUPS = "vendor."


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    policy: Policy
    lists: ListChanges = ListChanges()
    without: tuple[str, ...] = ()


def judged_otherwise(facts: Facts, subject: str, marks: Marks, wish: Wish) -> Verdict:
    """RefuseError names a path in `without` that is no fact, or one that is always known."""
    other = without_facts(facts, wish.without)
    if wish.lists:
        other = ListTrial(wish.lists).tried_on(other, marks)
    return judge(other, wish.policy.weights, wish.policy.ruleset, subject)


def shifts_between(was: Verdict, now: Verdict, facts: Facts) -> tuple[ReasonShift, ...]:
    """`present` of each is what it was worth then, `candidate` what it is worth now."""
    return reason_shifts(was, now, facts)


def without_facts(facts: Facts, paths: Sequence[str]) -> Facts:
    """The facts as if those at the paths were not known. `vendor.<look-up>` takes one look-up's answer away; what was filled
    in from it (an address, a place) stays."""
    for path in paths:
        if path.startswith(LOOKUPS):
            if facts.vendor is not None:
                facts = replace(facts, vendor=without_lookup(facts.vendor, path.removeprefix(LOOKUPS)))
            continue
        _refuse_unknown(path)
        facts = typing.cast(Facts, _cut(facts, path.split(".")))
    return facts


def _cut(part: msgspec.Struct, path: Sequence[str]) -> msgspec.Struct:
    name, *rest = path
    inner = getattr(part, name)
    if inner is None:
        return part
    return replace(part, **{name: _cut(inner, rest) if rest else None})


def _refuse_unknown(path: str) -> None:
    struct: type[msgspec.Struct] | None = Facts
    optional = False
    for name in path.split("."):
        known = {field.name: field for field in fields(struct)} if struct is not None else {}
        if name not in known:
            told = f"{path[:100]!r} is no fact"
            raise RefuseError(f"without: {told}.", type="invalid-input", fields={"without": told})
        optional = known[name].default is None
        struct = _struct_in(known[name].type)
    if not optional:
        told = f"{path[:100]!r} is always known"
        raise RefuseError(f"without: {told}.", type="invalid-input", fields={"without": told})


def _struct_in(hint: object) -> type[msgspec.Struct] | None:
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return next((each for each in options if isinstance(each, type) and issubclass(each, msgspec.Struct)), None)
