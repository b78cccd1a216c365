"""The language of rules: CEL (the Common Expression Language), checked against the vocabulary when a rule is written.

A fact that is not known is absent from the evaluation, and CEL's own logic does the rest: `false && unknown` is false,
`true || unknown` is true, and everything else with an unknown in it is unknown; so unknown never passes for "no".
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

import msgspec
from cel_expr_python import cel

from shopwarden.errors import RefuseError
from shopwarden.rules.vocabulary import NameType, Sight, vocabulary

LONGEST_CONDITION = 2000
MOST_LOOPS = 2
"""Macros that go through a list (`exists`, `all`, ...): more of them inside each other would cost without telling more."""

_TYPES: dict[NameType, Any] = {
    "bool": cel.Type.BOOL,
    "int": cel.Type.INT,
    "double": cel.Type.DOUBLE,
    "string": cel.Type.STRING,
    "timestamp": cel.Type.TIMESTAMP,
    "list(string)": cel.Type.List(cel.Type.STRING),
}
_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_PATH = re.compile(r"[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*")
_LOOP = re.compile(r"\.\s*(?:exists|exists_one|all|map|filter)\s*\(")
_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")
_ABSENT = re.compile(r'No value with name "([^"]+)"')


class ConditionError(RefuseError):
    """A condition that can't be understood; `line` and `column` (from 1) say where."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"condition: {message}", type="invalid-condition", fields={"condition": message})
        self.message, self.line, self.column = message, line, column


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
    """The condition made ready; ConditionError says what is wrong and where."""
    if len(text) > LONGEST_CONDITION:
        raise ConditionError(f"is longer than {LONGEST_CONDITION} characters")
    bare = _LITERAL.sub('""', text)
    if re.search(r"\bhas\s*\(", bare):
        raise ConditionError('has() is not needed: write "order.total" in known')
    if len(_LOOP.findall(bare)) > MOST_LOOPS:
        raise ConditionError(f"goes through lists more than {MOST_LOOPS} times")
    try:
        expression = _environment().compile(text)
    except (RuntimeError, ValueError) as fault:
        raise _error_of(str(fault)) from None
    if expression.return_type() != cel.Type.BOOL:
        raise ConditionError(f"must be true or false, and this is of type {expression.return_type().name().lower()}")
    return Condition(expression, _names_in(bare))


def _error_of(fault: str) -> ConditionError:
    found = _PLACE.search(fault)
    if found is None:
        return ConditionError("is not a CEL expression")
    return ConditionError(found[3].strip(), int(found[1]), int(found[2]))


def _names_in(bare: str) -> tuple[str, ...]:
    known, found = vocabulary(), dict[str, None]()
    for path in _PATH.findall(bare):
        steps = re.sub(r"\s", "", path).split(".")
        for length in range(len(steps), 0, -1):
            name = ".".join(steps[:length])
            if name in known:
                found[name] = None
                break
    return tuple(found)


class Hall:
    """Facts laid out once for all conditions of one decision: each name is read when the first condition needs it."""

    def __init__(self, sight: Sight, names: frozenset[str]) -> None:
        values = {name: vocabulary()[name].read(sight) for name in names}
        self._bound = _environment().Activation({name: value for name, value in values.items() if value is not None})

    def ask(self, condition: Condition) -> Said:
        """Never raises for what a condition does with these facts."""
        try:
            value = condition.expression.eval(self._bound)
            if value.type() == cel.Type.BOOL:
                return Said(bool(value.value()))
            fault = str(value.value())
        except (RuntimeError, ValueError) as error:
            fault = str(error)
        absent = tuple(_ABSENT.findall(fault))
        if absent:
            return Said(None, missing=absent)
        return Said(None, error=fault.removesuffix("]").partition(" [")[0][:200])
