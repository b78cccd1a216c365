"""What holds of rules whatever they say: unknown is never no, none breaks a verdict, shares are kept."""

from __future__ import annotations

from math import isclose
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shopwarden.domain.facts import Facts
from shopwarden.domain.policy import NO_RULES, Effect, Rule, Ruleset
from shopwarden.domain.verdict import Weights
from shopwarden.rules.asking import ask_rules, is_chosen
from shopwarden.rules.language import FactsAtHand, Said, read_condition
from shopwarden.rules.vocabulary import Sight, vocabulary
from shopwarden.steps.judge import judge
from tests.rules.any_rules import conditions, rules, rulesets
from tests.signals.any_facts import any_facts

WEIGHTS = Weights()
quickly = settings(max_examples=60, deadline=None)


def asked(condition: str, facts: Facts) -> Said:
    ready = read_condition(condition)
    return FactsAtHand(Sight(facts=facts), frozenset(ready.names)).ask(ready)


def unknown_names(condition: str, facts: Facts) -> set[str]:
    sight = Sight(facts=facts)
    return {name for name in read_condition(condition).names if vocabulary()[name].read(sight) is None}


@quickly
@given(condition=conditions, facts=any_facts)
def test_a_condition_and_its_opposite_are_never_both_true_nor_both_false(condition: str, facts: Facts) -> None:
    said, opposite = asked(condition, facts), asked(f"!({condition})", facts)
    assert opposite.holds == (None if said.holds is None else not said.holds)


@quickly
@given(condition=conditions, facts=any_facts)
def test_what_can_not_be_told_names_a_fact_that_is_not_known(condition: str, facts: Facts) -> None:
    said = asked(condition, facts)
    if said.holds is None and said.error is None:
        assert said.missing
        assert set(said.missing) <= unknown_names(condition, facts)


@quickly
@given(condition=conditions, facts=any_facts, known=any_facts)
def test_what_was_told_without_a_fact_is_told_the_same_with_it(condition: str, facts: Facts, known: Facts) -> None:
    """If unknown passed for "no", learning the fact could turn the answer round."""
    said = asked(condition, facts)
    filled = {
        part: getattr(known, part)
        for part in ("visitor", "session", "ip", "device", "crowd")
        if getattr(facts, part) is None
    }
    if said.holds is not None and not any(name.startswith("known") for name in read_condition(condition).names):
        assert asked(condition, replace(facts, **filled)).holds == said.holds


@quickly
@given(facts=any_facts, ruleset=rulesets)
def test_no_rule_breaks_a_verdict_and_signals_speak_as_without_it(facts: Facts, ruleset: Ruleset) -> None:
    verdict = judge(facts, WEIGHTS, ruleset, "1001")
    alone = judge(facts, WEIGHTS, NO_RULES)
    assert [reason for reason in verdict.reasons if reason.part != "rules"] == list(alone.reasons)
    assert verdict.gaps == alone.gaps
    assert 0 <= verdict.band.low <= verdict.score <= verdict.band.high <= 100
    assert isclose(sum(reason.points for reason in verdict.reasons), verdict.points, abs_tol=1e-6)
    for hit in verdict.rules:
        assert hit.applied <= hit.matched
        assert hit.matched or hit.missing or hit.error


@quickly
@given(facts=any_facts, ruleset=rulesets, broken=st.sampled_from(("1 / 0 > 1", "nothing", "", "true &&", '"x" in 1')))
def test_a_broken_rule_leaves_the_others_as_they_are(facts: Facts, ruleset: Ruleset, broken: str) -> None:
    bad = Rule(id=UUID(int=2**127), version=1, name="Bad", condition=broken, effect=Effect(advice="decline"), state="live")
    sight = Sight(facts=facts)
    with_bad = ask_rules(replace(ruleset, rules=(bad, *ruleset.rules)), sight, "1001")
    assert with_bad[1:] == ask_rules(ruleset, sight, "1001")
    assert with_bad[0].error
    assert not with_bad[0].applied


@quickly
@given(facts=any_facts, ruleset=rulesets, seed=st.randoms())
def test_without_forced_advice_the_order_of_rules_changes_nothing(facts: Facts, ruleset: Ruleset, seed: object) -> None:
    mild = [replace(rule, effect=replace(rule.effect, advice=None)) for rule in ruleset.rules]
    mixed = list(mild)
    seed.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = (judge(facts, WEIGHTS, Ruleset(version=1, rules=tuple(each)), "1001") for each in (mild, mixed))
    assert (one.score, one.advice, one.hold, set(one.tags)) == (other.score, other.advice, other.hold, set(other.tags))
    assert isclose(one.points, other.points, abs_tol=1e-9)
    assert sorted(hit.rule_id for hit in one.rules) == sorted(hit.rule_id for hit in other.rules)


@quickly
@given(facts=any_facts, ruleset=rulesets)
def test_with_forced_advice_the_first_rule_that_applies_decides(facts: Facts, ruleset: Ruleset) -> None:
    verdict = judge(facts, WEIGHTS, ruleset, "1001")
    forcing = [hit for hit in verdict.rules if hit.applied and hit.effect is not None and hit.effect.advice]
    by_rule = [override for override in verdict.overrides if override.by.startswith("rule:")]
    assert [override.by for override in by_rule] == [f"rule:{hit.rule_id}" for hit in forcing[:1]]
    if forcing and len(verdict.overrides) == 1:
        assert forcing[0].effect is not None
        assert verdict.advice == forcing[0].effect.advice


@quickly
@given(facts=any_facts, ruleset=rulesets)
def test_rules_in_shadow_are_noted_and_change_nothing(facts: Facts, ruleset: Ruleset) -> None:
    shadows = tuple(replace(rule, state="shadow") for rule in ruleset.rules)
    verdict = judge(facts, WEIGHTS, replace(ruleset, rules=shadows), "1001")
    assert replace(verdict, rules=(), ruleset_version=0) == judge(facts, WEIGHTS, NO_RULES)
    assert not any(hit.applied for hit in verdict.rules)


@given(rule=rules, subjects=st.lists(st.text(max_size=20), max_size=20), more=st.integers(0, 100))
@settings(max_examples=100, deadline=None)
def test_a_share_is_the_same_every_time_and_only_grows(rule: Rule, subjects: list[str], more: int) -> None:
    wider = replace(rule, share=min(100, rule.share + more), version=9, name="renamed", condition="false")
    for subject in subjects:
        chosen = is_chosen(rule, subject)
        assert chosen == is_chosen(rule, subject)
        assert chosen <= is_chosen(wider, subject), "who was chosen stays chosen when the share grows"


@given(number=st.integers(1, 2**120), share=st.integers(1, 100))
@settings(max_examples=25, deadline=None)
def test_a_share_is_near_what_was_asked_for(number: int, share: int) -> None:
    rule = Rule(id=UUID(int=number), version=1, name="", condition="true", effect=Effect(), state="partial", share=share)
    chosen = sum(is_chosen(rule, str(subject)) for subject in range(2000))
    spread = (2000 * share * (100 - share)) ** 0.5 / 100
    assert abs(chosen - 20 * share) <= 6 * spread, "six standard deviations"
