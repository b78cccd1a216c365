"""A condition tried on stored verdicts before it is a rule: what it says of each, and what its effect would change. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shopwarden.domain.advice import Advice
from shopwarden.domain.facts import Facts
from shopwarden.domain.label import LabelName
from shopwarden.domain.policy import NO_RULES, Effect, Rule, Ruleset
from shopwarden.domain.verdict import Verdict, Weights
from shopwarden.rules.language import Condition, FactsAtHand, Said
from shopwarden.rules.vocabulary import Sight, vocabulary
from shopwarden.steps.judge import judge
from shopwarden.store.verdict_samples import Sample

MOST_SHOWN = 20


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """`was` without the rule, `now` with it. `amounts` by currency."""

    was: Advice
    now: Advice
    orders: int
    amounts: dict[str, Decimal]


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """One order the condition holds for; `now` is the advice with the effect, null where none was given."""

    verdict_id: UUID
    order_id: UUID
    external_id: str
    name: str | None
    total: Decimal | None
    currency: str | None
    at: datetime
    label: LabelName | None
    score: int
    was: Advice
    now: Advice | None


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """`unknown` orders lack facts the condition needs (`missing`: fact -> orders): they neither match nor don't.
    `precision`: share of fraud among the matched orders that have a label, null without any."""

    orders: int
    matched: int
    unmatched: int
    unknown: int
    failed: int
    missing: dict[str, int]
    errors: dict[str, int]
    amounts: dict[str, Decimal]
    fraud: int
    legitimate: int
    precision: float | None
    changes: tuple[Change, ...]
    shown: tuple[Matched, ...]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried. `rule` is the one with the effect, None to ask the condition only; it stands in place of the rule with
    its id, else behind all others."""

    condition: Condition
    rule: Rule | None = None


def sight_of(facts: Facts, verdict: Verdict, weights: Weights) -> Sight:
    """What rules saw when the verdict was made: what the signals alone said."""
    alone = verdict if not verdict.ruleset_version else judge(facts, weights)
    reasons = tuple(reason.key for reason in alone.reasons)
    return Sight(facts=facts, score=alone.score, points=alone.points, level=alone.level, reasons=reasons)


def with_rule(ruleset: Ruleset, rule: Rule) -> Ruleset:
    """The rule live, in its own place."""
    live = replace(rule, state="live")
    if any(each.id == rule.id for each in ruleset.rules):
        return replace(ruleset, rules=tuple(live if each.id == rule.id else each for each in ruleset.rules))
    return replace(ruleset, rules=(*ruleset.rules, live))


def without_rule(ruleset: Ruleset, rule_id: UUID) -> Ruleset:
    return replace(ruleset, rules=tuple(each for each in ruleset.rules if each.id != rule_id))


def ask_one(wish: Wish, sample: Sample, rulesets: Mapping[int, Ruleset]) -> tuple[Said, Sight, Advice | None]:
    """What the condition says of one verdict, of what, and the advice with the effect where it holds."""
    facts, verdict, weights = sample.facts(), sample.verdict(), sample.weights()
    sight = sight_of(facts, verdict, weights)
    said = FactsAtHand(sight, frozenset(wish.condition.names)).ask(wish.condition)
    if not said.holds or wish.rule is None:
        return said, sight, None
    ruleset = with_rule(rulesets.get(verdict.ruleset_version, NO_RULES), wish.rule)
    return said, sight, judge(facts, weights, ruleset, sample.external_id).advice


def try_on(wish: Wish, samples: Sequence[Sample], rulesets: Mapping[int, Ruleset]) -> Trial:
    """Each sample asked apart from the others, so that one that fails harms none."""
    missing, errors = Counter[str](), Counter[str]()
    matched: list[Matched] = []
    counts = Counter[bool | None]()
    for sample in samples:
        said, _, now = ask_one(wish, sample, rulesets)
        counts[said.holds] += 1
        missing.update(said.missing)
        if said.error is not None:
            errors[said.error] += 1
        if said.holds:
            matched.append(matched_of(sample, now))
    failed = errors.total()
    labels = Counter(each.label for each in matched)
    return Trial(
        orders=len(samples),
        matched=counts[True],
        unmatched=counts[False],
        unknown=counts[None] - failed,
        failed=failed,
        missing=dict(missing.most_common()),
        errors=dict(errors.most_common(5)),
        amounts=amounts_of(matched),
        fraud=labels["fraud"],
        legitimate=labels["legitimate"],
        precision=precision_of(labels["fraud"], labels["legitimate"]),
        changes=changes_of((each.was, each.now, each) for each in matched if each.now is not None),
        shown=tuple(matched[:MOST_SHOWN]),
    )


def matched_of(sample: Sample, now: Advice | None) -> Matched:
    verdict = sample.verdict()
    same = ("verdict_id", "order_id", "external_id", "name", "total", "currency", "at", "label")
    values = {name: getattr(sample, name) for name in same}
    return Matched(**values, score=verdict.score, was=verdict.advice, now=now)


def precision_of(fraud: int, legitimate: int) -> float | None:
    return fraud / (fraud + legitimate) if fraud + legitimate else None


def amounts_of(orders: Iterable[Matched]) -> dict[str, Decimal]:
    """Sums by currency; orders without a value are left out."""
    sums = dict[str, Decimal]()
    for each in orders:
        if each.total is not None and each.total.is_finite():
            currency = each.currency or "?"
            sums[currency] = sums.get(currency, Decimal(0)) + each.total
    return sums


def changes_of(advised: Iterable[tuple[Advice, Advice, Matched]]) -> tuple[Change, ...]:
    """Orders whose advice changes, by what it was and what it is, the most frequent change first."""
    by_change = dict[tuple[Advice, Advice], list[Matched]]()
    for was, now, order in advised:
        if was != now:
            by_change.setdefault((was, now), []).append(order)
    found = [
        Change(was=was, now=now, orders=len(orders), amounts=amounts_of(orders)) for (was, now), orders in by_change.items()
    ]
    return tuple(sorted(found, key=lambda change: (-change.orders, change.was, change.now)))


def values_of(names: Iterable[str], sight: Sight) -> dict[str, object]:
    """The facts of these names as a rule reads them; null where not known."""
    return {name: msgspec.to_builtins(vocabulary()[name].read(sight)) for name in names}


def trial_rule(rule_id: UUID, effect: Effect, text: str) -> Rule:
    return Rule(id=rule_id, version=0, name="On trial", condition=text, effect=effect, state="live")
