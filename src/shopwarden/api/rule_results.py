"""What a rule does or would do: orders it matched, their money, what became of them, and the advice it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.ids import StoreId
from shopwarden.domain.policy import Ruleset, RuleState
from shopwarden.domain.rule_life import StoredRule
from shopwarden.steps.change_rules import no_such_rule
from shopwarden.steps.rule_results import MOST_JUDGED, Effects, effects_of
from shopwarden.steps.try_condition import precision_of
from shopwarden.store.database import Connection, Database
from shopwarden.store.rule_results import LeftOut, MatchedGroup, counted_since, left_out, matched_groups
from shopwarden.store.rules import find_rule
from shopwarden.store.rulesets import ruleset_of
from shopwarden.store.verdict_samples import Sample, matched_samples


class ResultsQuery(msgspec.Struct, frozen=True, kw_only=True):
    days: Annotated[int, Meta(ge=1, le=365, description="How far back, in days.")] = 30


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Orders and their value by currency."""

    orders: int
    amounts: dict[str, Decimal]


class RuleResults(msgspec.Struct, frozen=True, kw_only=True):
    """`since` is later than asked for where the rule matched too often to count everything at once. `applied`: where the
    rule counted; for a shadow rule none. `precision`: share of fraud among the matched orders with a label, null without
    any. `effects`: the advice without the rule against the advice with it, judged again for the newest orders it matched.
    `left_out`: how often it could not be asked, of the newest verdicts."""

    rule_id: UUID
    state: RuleState
    since: datetime
    until: datetime
    complete: bool
    matched: Tally
    applied: Tally
    fraud: Tally
    legitimate: Tally
    unlabelled: Tally
    precision: float | None
    by_advice: dict[str, Tally]
    effects: Effects
    left_out: LeftOut


@get(
    "/api/stores/{storeId:str}/rules/{rule_id:uuid}/results",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(ResultsQuery)},
    opt={QUERY_OPTION: ResultsQuery},
    tags=["rules"],
    summary="What a rule does, or would do if it were live",
    operation_id="getRuleResults",
)
async def results(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    rule_id: FromPath[UUID],
    asked: NamedDependency[ResultsQuery],
) -> RuleResults:
    """A rule in shadow is noted with every verdict and changes none: here is what it would have changed."""
    store_id = (await named_store(database, caller, storeId)).id
    until = datetime.now(UTC)
    first = until - timedelta(days=asked.days)
    async with database.pool.acquire() as connection:
        rule = await find_rule(connection, store_id, rule_id)
        if rule is None:
            raise no_such_rule()
        since = await counted_since(connection, store_id, rule_id, first, until)
        groups = await matched_groups(connection, store_id, rule_id, since, until)
        without = await left_out(connection, store_id, rule_id, since, until)
        samples = await matched_samples(connection, store_id, rule_id, since, MOST_JUDGED)
        rulesets = await _rulesets(connection, store_id, samples)
    effects = await asyncio.to_thread(effects_of, rule.as_asked(), samples, rulesets)
    return _answer(rule, groups, effects, without, (first, since, until))


async def _rulesets(connection: Connection, store_id: StoreId, samples: Sequence[Sample]) -> dict[int, Ruleset]:
    versions = {sample.verdict().ruleset_version for sample in samples}
    return {version: await ruleset_of(connection, store_id, version) for version in versions}


def _answer(
    rule: StoredRule,
    groups: Sequence[MatchedGroup],
    effects: Effects,
    without: LeftOut,
    span: tuple[datetime, datetime, datetime],
) -> RuleResults:
    first, since, until = span
    fraud = _tally(group for group in groups if group.label == "fraud")
    legitimate = _tally(group for group in groups if group.label == "legitimate")
    return RuleResults(
        rule_id=rule.id,
        state=rule.state,
        since=since,
        until=until,
        complete=since == first,
        matched=_tally(groups),
        applied=_tally(group for group in groups if group.applied),
        fraud=fraud,
        legitimate=legitimate,
        unlabelled=_tally(group for group in groups if group.label is None),
        precision=precision_of(fraud.orders, legitimate.orders),
        by_advice={
            advice: _tally(group for group in groups if group.advice == advice)
            for advice in sorted({group.advice for group in groups})
        },
        effects=effects,
        left_out=without,
    )


def _tally(groups: Iterable[MatchedGroup]) -> Tally:
    orders, amounts = 0, dict[str, Decimal]()
    for group in groups:
        orders += group.orders
        currency = group.currency or "?"
        amounts[currency] = amounts.get(currency, Decimal(0)) + group.amount
    return Tally(orders=orders, amounts=amounts)


HANDLERS = [results]
