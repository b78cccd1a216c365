"""What an editor of rules needs: the names and words of conditions, and what is wrong with one being written."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody
from msgspec import Meta

from shopwarden.api.auth import requires
from shopwarden.rules.examples import WORDS, Described, Word, described
from shopwarden.rules.language import LONGEST_CONDITION, ConditionError, read_condition
from shopwarden.rules.mistakes import Fault


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """`names` are facts, `words` operators and functions. A fact that is not known makes neither a yes nor a no."""

    names: tuple[Described, ...]
    words: tuple[Word, ...]
    longest_condition: int


class ConditionWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Longer ones than a rule may have are read too, to be told so."""

    condition: Annotated[str, Meta(max_length=20_000, examples=["order.total > 500"])]


class ConditionChecked(msgspec.Struct, frozen=True, kw_only=True):
    """`names` are the facts it reads; empty where it can't be understood. Lines and columns count from 1."""

    ok: bool
    faults: tuple[Fault, ...]
    names: tuple[str, ...]


@get(
    "/api/rules/vocabulary",
    guards=[requires("decisions:read")],
    tags=["rules"],
    summary="Names and words a condition may use",
    operation_id="getRuleVocabulary",
)
async def vocabulary() -> Vocabulary:
    """Every fact with its type, what it means, the values it may have and an example; for completion in an editor."""
    return Vocabulary(names=described(), words=WORDS, longest_condition=LONGEST_CONDITION)


@post(
    "/api/rules/check",
    guards=[requires("decisions:read")],
    tags=["rules"],
    summary="What is wrong with a condition",
    operation_id="checkCondition",
    status_code=200,
)
async def check(data: JSONBody[ConditionWanted]) -> ConditionChecked:
    """Answers 200 for a wrong condition too: `faults` say what to write instead, and where."""
    try:
        condition = read_condition(data.condition)
    except ConditionError as wrong:
        return ConditionChecked(ok=False, faults=wrong.faults, names=())
    return ConditionChecked(ok=True, faults=(), names=condition.names)


HANDLERS = [vocabulary, check]
