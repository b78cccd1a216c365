"""The language of rules: CEL (the Common Expression Language), checked against the vocabulary when a rule is written.

A fact that is not known is absent from the evaluation, and CEL's own logic does the rest: `false && unknown` is false,
`true || unknown` is true, and everything else with an unknown in it is unknown; so unknown never passes for "no".

What a condition may cost is bounded by what it says and never by a clock, so that it gives the same in every replay: its
length, loops that don't lie inside each other, lists of at most `LONGEST_LIST` members, texts of `LONGEST_TEXT` characters,
regular expressions that run in linear time.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

import msgspec
from cel_expr_python import cel

from shopwarden.rules.mistakes import ConditionError as ConditionError
from shopwarden.rules.mistakes import Fault, fault_at, faults_in
from shopwarden.rules.source_text import loops_in, patterns_in, without_literals
from shopwarden.rules.types_said import kind_words
from shopwarden.rules.vocabulary import NameType, Sight, vocabulary

LONGEST_CONDITION = 2000
MOST_LOOPS = 4

_TYPES: dict[NameType, Any] = {
    "bool": cel.Type.BOOL,
    "int": cel.Type.INT,
    "double": cel.Type.DOUBLE,
    "string": cel.Type.STRING,
    "timestamp": cel.Type.TIMESTAMP,
    "list(string)": cel.Type.List(cel.Type.STRING),
}
_HAS = re.compile(r"\bhas\s*\(\s*([A-Za-z_][\w.]*)?")
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_ABSENT = re.compile(r'No value with name "([^"]+)"')
_VALUES = re.compile(r'"[^"]*"|\'[^\']*\'')
_NOT_WHOLE = "must be true or false as a whole, and this is "


class Condition(msgspec.Struct, frozen=True):
    """A condition made ready. `names` are the facts it reads."""

    expression: Any
    names: tuple[str, ...]


class Said(msgspec.Struct, frozen=True):
    """`holds` is None where that can't be told: `missing` facts, or `error` in words."""

    holds: bool | None
    missing: tuple[str, ...] = ()
    error: str | None = None


@cache
def _environment() -> Any:
    return cel.NewEnv(variables={name: _TYPES[each.type] for name, each in vocabulary().items()})


@lru_cache(maxsize=4096)
def read_condition(text: str) -> Condition:
    """The condition made ready; ConditionError says what is wrong, where, and what to write instead."""
    if fault := _refused(text):
        raise ConditionError(fault)
    try:
        expression = _environment().compile(text)
    except Exception as error:  # the compiler's own classes are not told apart
        raise ConditionError(*faults_in(text, str(error), _types())) from None
    if expression.return_type() != cel.Type.BOOL:
        kind = kind_words(expression.return_type().name().lower())
        raise ConditionError(Fault(message=f"{_NOT_WHOLE}{kind}", length=len(text)))
    if fault := _wrong_pattern(text):
        raise ConditionError(fault)
    return Condition(expression, _names_of(expression))


def _refused(text: str) -> Fault | None:
    """What is refused before the compiler sees it."""
    if not text.strip():
        return Fault(message="is empty")
    if len(text) > LONGEST_CONDITION:
        return Fault(message=f"is longer than {LONGEST_CONDITION} characters")
    if unfit := _UNFIT.search(text):
        return fault_at(text, unfit.start(), 1, "holds a character that can't be kept")
    bare = without_literals(text)
    if found := _HAS.search(bare):
        return fault_at(text, found.start(), 3, f'has() is not needed: write "{found[1] or "order.total"}" in known')
    total, deepest = loops_in(bare)
    if deepest > 1:
        return Fault(message="goes through a list inside another list; that costs too much", length=len(text))
    if total > MOST_LOOPS:
        return Fault(message=f"goes through lists more than {MOST_LOOPS} times", length=len(text))
    return None


def _wrong_pattern(text: str) -> Fault | None:
    """A regular expression written out is read now: it would be wrong for every order."""
    for place in patterns_in(text):
        pattern = text[place.start : place.stop]
        said = _environment().compile(f'"".matches({pattern})').eval(_environment().Activation({}))
        if said.type() != cel.Type.BOOL:
            return fault_at(text, place.start, len(pattern), "is not a regular expression: " + _told(str(said.value())))
    return None


def _told(fault: str) -> str:
    return fault.rpartition("expression: ")[2].partition(":")[0][:100]


@cache
def _types() -> dict[str, str]:
    return {name: each.type for name, each in vocabulary().items()}


def _names_of(expression: Any) -> tuple[str, ...]:
    """Facts by the compiled form, where every reference stands with its resolved name behind its tag and length."""
    compiled: bytes = expression.serialize()
    return tuple(name for name in vocabulary() if b"\x0a%c%s" % (len(name), name.encode()) in compiled)


def compiled(text: str) -> Any | None:
    """An expression put together from conditions that were read; None where it is too much for one."""
    try:
        return _environment().compile(text)
    except Exception:
        return None


class FactsAtHand:
    """Facts laid out once for all conditions of one decision; None: nothing is known. `known` names those that are."""

    def __init__(self, sight: Sight | None, names: frozenset[str]) -> None:
        read = {name: vocabulary()[name].read(sight) for name in names} if sight is not None else {}
        values = {name: value for name, value in read.items() if value is not None}
        try:
            self._bound = _environment().Activation(values)
        except Exception:  # one value that CEL can't hold: it is unknown, its neighbours are not
            values = {name: value for name, value in values.items() if _fits(name, value)}
            self._bound = _environment().Activation(values)
        self.known = values.keys()

    def number(self, expression: Any) -> int | None:
        """None where the expression fails on these facts."""
        try:
            value = expression.eval(self._bound).value()
        except Exception:
            return None
        return value if isinstance(value, int) else None

    def ask(self, condition: Condition) -> Said:
        """Never raises for what a condition does with these facts."""
        try:
            value = condition.expression.eval(self._bound)
            if value.type() == cel.Type.BOOL:
                return Said(bool(value.value()))
            fault = str(value.value())
        except Exception as error:
            fault = str(error)
        absent = tuple(dict.fromkeys(_ABSENT.findall(fault)))
        if absent:
            return Said(None, missing=absent)
        return Said(None, error=_without_values(fault))


def _fits(name: str, value: object) -> bool:
    try:
        _environment().Activation({name: value})
    except Exception:
        return False
    return True


def _without_values(fault: str) -> str:
    """What went wrong; values of facts, which may be personal, are blanked."""
    told = fault.removesuffix("]").partition(" [")[0]
    return _VALUES.sub("\u2026", told)[:200]
