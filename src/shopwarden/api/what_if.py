"""What a verdict would have been by other weights, rules or lists, or without some of its facts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.trial_policy import TrialLists, TrialRule, TrialWeights, candidate_of, list_changes_of
from shopwarden.api.trial_policy import TrialPolicy as Tried
from shopwarden.api.verdict_answer import masked_reasons
from shopwarden.domain.backtest_result import ReasonShift
from shopwarden.domain.facts import Facts
from shopwarden.domain.ids import VerdictId
from shopwarden.domain.policy import Policy, RuleHit
from shopwarden.domain.rule_life import MOST_RULES
from shopwarden.domain.verdict import Advice, Band, Gap, Level, Override, Part, PartScore, Reason, Verdict
from shopwarden.errors import RefuseError
from shopwarden.steps.backtest_lists import Marks
from shopwarden.steps.receipt import subject_of
from shopwarden.steps.what_if import Wish, judged_otherwise, shifts_between
from shopwarden.store.backtest_rows import marks_of
from shopwarden.store.database import Database
from shopwarden.store.rulesets import ruleset_of
from shopwarden.store.verdicts import find_verdict

FactPath = Annotated[str, Meta(min_length=1, max_length=100, examples=["ip.is_vpn"])]


class WhatIf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out or null is as it was when the verdict was given. `without`: facts as if they were not known, by their
    paths (`ip`, `ip.is_vpn`, `vendor.sift.score`)."""

    verdict_id: UUID
    weights: TrialWeights | None = None
    rules: Annotated[tuple[TrialRule, ...], Meta(max_length=MOST_RULES)] | None = None
    lists: TrialLists | None = None
    without: Annotated[tuple[FactPath, ...], Meta(max_length=100)] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    score: int
    points: float
    probability: float
    level: Level
    advice: Advice
    parts: dict[Part, PartScore]
    reasons: tuple[Reason, ...]
    gaps: tuple[Gap, ...]
    band: Band
    overrides: tuple[Override, ...]
    rules: tuple[RuleHit, ...]
    tags: tuple[str, ...]
    hold: bool


class WhatIfAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`was` as it was given, `now` as it would be. `shifts`: reasons whose points differ, `present` what each was worth."""

    verdict_id: UUID
    was: Outcome
    now: Outcome
    shifts: tuple[ReasonShift, ...]


@post(
    "/api/stores/{storeId:str}/what-if",
    status_code=200,
    guards=[requires("decisions:read")],
    tags=["rules"],
    summary="A verdict with something else",
    operation_id="whatIf",
)
async def what_if(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], data: JSONBody[WhatIf]
) -> WhatIfAnswer:
    """Nothing is kept and nobody is told."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        stored = await find_verdict(connection, store_id, VerdictId(data.verdict_id))
        if stored is None:
            wrong = {"verdict_id": "is no verdict of this store"}
            raise RefuseError("There is no such verdict in this store.", status=404, type="not-found", fields=wrong)
        then = Policy(weights=stored.weights, ruleset=await ruleset_of(connection, store_id, stored.verdict.ruleset_version))
        marks = await marks_of(connection, store_id, stored.id) if data.lists is not None else {}
    wish = Wish(
        policy=candidate_of(Tried(weights=data.weights, rules=data.rules), then),
        lists=list_changes_of(data.lists),
        without=data.without,
    )
    facts = stored.facts
    now = judged_otherwise(facts, subject_of(stored), msgspec.convert(marks, Marks), wish)
    may_see = caller.may("pii:read")
    return WhatIfAnswer(
        verdict_id=stored.id,
        was=_outcome(stored.verdict, facts, may_see=may_see),
        now=_outcome(now, facts, may_see=may_see),
        shifts=shifts_between(stored.verdict, now, facts),
    )


def _outcome(verdict: Verdict, facts: Facts, *, may_see: bool) -> Outcome:
    values = {name: getattr(verdict, name) for name in Outcome.__struct_fields__}
    reasons = verdict.reasons if may_see else masked_reasons(verdict.reasons, facts.email)
    return Outcome(**values | {"reasons": reasons})


HANDLERS = [what_if]
