"""The short way of a backtest gives the very advice and score of the judge, for any facts, weights, rules and lists."""

from __future__ import annotations

from uuid import UUID

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwarden.domain.facts import Facts
from shopwarden.domain.heard import read_heard, write_heard
from shopwarden.domain.policy import Effect, Policy, Rule, Ruleset
from shopwarden.domain.verdict import Weights
from shopwarden.signals import find_signals
from shopwarden.steps.backtest_advice import Advisers, heard_again
from shopwarden.steps.judge import judge, judge_and_keep
from tests.signals.any_facts import any_facts

CONDITIONS = (
    "risk.score > 40", "order.total > 100.0", "order.total > 100.0 || ip.is_vpn", "!ip.is_vpn", '"ip.allow" in risk.reasons',
    'risk.level == "critical"', '"email" in lists.blocked', "true", "false", "order.item_count / 0 > 1", "not CEL",
    'customer.status == "vip" && risk.points < 10.0', '"order.total" in known',
)  # fmt: skip
dials = st.dictionaries(st.sampled_from([signal.key for signal in find_signals()]), st.floats(), max_size=8)
thresholds = st.integers(0, 100)
weights = st.builds(Weights, points=dials, review_at=thresholds, decline_at=thresholds)
effects = st.builds(
    Effect,
    points=st.floats(-200, 200) | st.sampled_from([0.0, 1e9, float("-inf")]),
    advice=st.sampled_from([None, "approve", "review", "decline"]),
)
rules = st.builds(
    Rule,
    id=st.uuids(),
    version=st.just(1),
    name=st.just("a rule"),
    condition=st.sampled_from(CONDITIONS),
    effect=effects,
    state=st.sampled_from(["shadow", "partial", "live"]),
    share=st.integers(0, 100),
)
policies = st.builds(Policy, weights=weights, ruleset=st.builds(Ruleset, rules=st.lists(rules, max_size=4).map(tuple)))
any_way = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@any_way
@given(any_facts, st.lists(policies, min_size=1, max_size=3), st.sampled_from(["1001", "1002", "1003"]))
def test_several_policies_at_once_advise_as_the_judge_does(facts: Facts, policies: list[Policy], order: str):
    advised = Advisers(policies).advise(read_heard(write_heard(heard_again(facts))), facts, order)
    for policy, found in zip(policies, advised, strict=True):
        verdict = judge(facts, policy.weights, policy.ruleset, order)
        assert (found.advice, found.score) == (verdict.advice, verdict.score)
        applied = [hit.rule_id for hit in verdict.rules if hit.applied]
        assert [answer.rule.id for answer in found.answers if answer.applied] == applied
        assert [answer.rule.id for answer in found.answers] == [hit.rule_id for hit in verdict.rules]


@any_way
@given(any_facts, policies)
def test_what_is_kept_of_a_decision_does_not_depend_on_its_weights(facts: Facts, policy: Policy):
    kept = judge_and_keep(facts, policy.weights, policy.ruleset, "1").heard
    assert write_heard(kept) == write_heard(heard_again(facts))


def test_a_condition_two_policies_share_counts_by_each_ones_own_rule():
    facts = msgspec.convert({"at": "2026-03-01T00:00:00Z", "store": {}, "order": {"total": "150"}}, Facts)
    on = Rule(id=UUID(int=1), version=1, name="dear", condition="order.total > 100.0", effect=Effect(advice="decline"),
              state="live")  # fmt: skip
    off = Rule(id=UUID(int=1), version=2, name="dear", condition="order.total > 100.0", effect=Effect(advice="review"),
               state="live")  # fmt: skip
    both = [Policy(weights=Weights(), ruleset=Ruleset(rules=(rule,))) for rule in (on, off)]
    assert [found.advice for found in Advisers(both).advise(heard_again(facts), facts, "1")] == ["decline", "review"]
