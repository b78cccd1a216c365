"""What a rule's effect changes, order by order: judged again with it and without it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from shopwarden.domain.advice import Advice
from shopwarden.domain.policy import NO_RULES, Rule, Ruleset
from shopwarden.steps.judge import judge
from shopwarden.steps.try_condition import Change, Matched, changes_of, matched_of, with_rule, without_rule
from shopwarden.store.verdict_samples import Sample

MOST_JUDGED = 150


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """Of the newest matched orders: the advice without the rule against the advice with it, live for all of them."""

    looked_at: int
    changes: tuple[Change, ...]
    shown: tuple[Matched, ...]


def effects_of(rule: Rule, samples: Sequence[Sample], rulesets: Mapping[int, Ruleset], most_shown: int = 20) -> Effects:
    """The rule as it is now, among the other rules each verdict was given by."""
    judged = list(_judged(rule, samples, rulesets))
    shown = [order for was, now, order in judged if was != now][:most_shown]
    return Effects(looked_at=len(judged), changes=changes_of(judged), shown=tuple(shown))


def _judged(
    rule: Rule, samples: Sequence[Sample], rulesets: Mapping[int, Ruleset]
) -> Iterator[tuple[Advice, Advice, Matched]]:
    for sample in samples:
        facts, weights = sample.facts(), sample.weights()
        ruleset = rulesets.get(sample.verdict().ruleset_version, NO_RULES)
        was = judge(facts, weights, without_rule(ruleset, rule.id), sample.external_id).advice
        now = judge(facts, weights, with_rule(ruleset, rule), sample.external_id).advice
        order = msgspec.structs.replace(matched_of(sample, now), was=was)
        yield was, now, order
