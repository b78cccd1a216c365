"""A condition tried on one stored verdict or on the latest orders, before or after it is a rule."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from msgspec.structs import replace

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.rules import ConditionText
from shopwarden.api.verdict_answer import masked_facts
from shopwarden.domain.advice import Advice
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.masking import HIDDEN
from shopwarden.domain.policy import Effect, Ruleset
from shopwarden.domain.rule_life import refuse_effect
from shopwarden.errors import RefuseError
from shopwarden.rules.language import read_condition
from shopwarden.rules.vocabulary import Sight
from shopwarden.steps.try_condition import Trial, Wish, ask_one, trial_rule, try_on, values_of
from shopwarden.store.database import Connection, Database
from shopwarden.store.rulesets import ruleset_of
from shopwarden.store.verdict_samples import Sample, latest_samples, named_sample

MOST_TRIED = 1000


class TrialWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With `verdict_id` the condition is asked of that one verdict, else of the `latest` verdicts on orders. With `effect`,
    the advice it would lead to is told; with `rule_id` it stands in that rule's place."""

    condition: ConditionText
    effect: Effect | None = None
    rule_id: UUID | None = None
    verdict_id: UUID | None = None
    latest: Annotated[int, Meta(ge=1, le=MOST_TRIED)] = 200


class TriedOnOne(msgspec.Struct, frozen=True, kw_only=True):
    """`holds` is null where that can't be told: facts are `missing`, or `error` says what went wrong. `values` are the facts
    the condition reads; null: not known. `now`: the advice with the effect."""

    verdict_id: UUID
    holds: bool | None
    missing: tuple[str, ...]
    error: str | None
    values: dict[str, object]
    was: Advice
    now: Advice | None


class TrialAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One of both, by what was asked."""

    one: TriedOnOne | None
    latest: Trial | None


@post(
    "/api/stores/{storeId:str}/rules/test",
    guards=[requires("policy:write")],
    tags=["rules"],
    summary="Try a condition on stored verdicts",
    operation_id="testCondition",
    status_code=200,
)
async def test(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], data: JSONBody[TrialWanted]
) -> TrialAnswer:
    """By the facts, weights and rules each verdict was made from. Nothing is kept and nobody is told. An order judged more
    than once counts by its last verdict."""
    store_id = (await named_store(database, caller, storeId)).id
    wish = _wish(data)
    async with database.pool.acquire() as connection:
        samples = await _samples(connection, store_id, data)
        rulesets = await _rulesets(connection, store_id, samples) if data.effect is not None else {}
    if data.verdict_id is None:
        return TrialAnswer(one=None, latest=await asyncio.to_thread(try_on, wish, samples, rulesets))
    return TrialAnswer(one=_one(wish, samples[0], rulesets, may_see=caller.may("pii:read")), latest=None)


def _wish(data: TrialWanted) -> Wish:
    condition = read_condition(data.condition)
    if data.effect is None:
        return Wish(condition=condition)
    refuse_effect(data.effect, "live")
    return Wish(condition=condition, rule=trial_rule(data.rule_id or new_id(), data.effect, data.condition))


async def _samples(connection: Connection, store_id: StoreId, data: TrialWanted) -> list[Sample]:
    if data.verdict_id is None:
        return await latest_samples(connection, store_id, data.latest)
    sample = await named_sample(connection, store_id, data.verdict_id)
    if sample is None:
        wrong = {"verdict_id": "is no verdict on an order of this store"}
        raise RefuseError("There is no such verdict on an order in this store.", status=404, type="not-found", fields=wrong)
    return [sample]


async def _rulesets(connection: Connection, store_id: StoreId, samples: Sequence[Sample]) -> dict[int, Ruleset]:
    versions = {sample.verdict().ruleset_version for sample in samples}
    return {version: await ruleset_of(connection, store_id, version) for version in versions}


def _one(wish: Wish, sample: Sample, rulesets: dict[int, Ruleset], *, may_see: bool) -> TriedOnOne:
    said, sight, now = ask_one(wish, sample, rulesets)
    return TriedOnOne(
        verdict_id=sample.verdict_id,
        holds=said.holds,
        missing=said.missing,
        error=said.error,
        values=_values(wish.condition.names, sight, may_see=may_see),
        was=sample.verdict().advice,
        now=now,
    )


def _values(names: Sequence[str], sight: Sight, *, may_see: bool) -> dict[str, object]:
    values = values_of(names, sight)
    if may_see:
        return values
    masked = values_of(names, replace(sight, facts=masked_facts(sight.facts)))
    return {name: HIDDEN if values[name] is not None and masked[name] is None else masked[name] for name in names}


HANDLERS = [test]
