"""The judge: facts and a store's weights in, a verdict out whose reasons add up. Pure, the same live and in a backtest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from shopwarden import __version__
from shopwarden.domain.facts import Facts
from shopwarden.domain.heard import Heard
from shopwarden.domain.policy import NO_RULES, Policy, RuleHit, Ruleset
from shopwarden.domain.scoring import (
    POINTS_BOUND,
    Claim,
    advice_of,
    band_of,
    base_log_odds,
    cap_groups,
    level_of,
    part_scores,
    probability_of,
    score_of,
    total_points,
)
from shopwarden.domain.verdict import Reason, Verdict, Weights
from shopwarden.rules.asking import ask_rules
from shopwarden.rules.ruling import rule_on
from shopwarden.rules.vocabulary import Sight
from shopwarden.signals import find_groups, find_signals
from shopwarden.signals.panel import Panel, seat_panel
from shopwarden.signals.visitor_factors import behaviour_score
from shopwarden.steps.hearing import Hearing, Testimony, listen, weigh


@cache
def built_in_panel() -> Panel:
    return seat_panel(find_signals(), find_groups())


class Judgement(NamedTuple):
    """A verdict, and what is kept beside it for trials of other policies."""

    verdict: Verdict
    heard: Heard


def judge(facts: Facts, weights: Weights, ruleset: Ruleset = NO_RULES, subject: str = "") -> Verdict:
    """The verdict of all built-in signals and of the store's rules. Never raises for a signal's or a rule's own fault: it
    is left out, and the verdict says so. `subject` names the order where a rule applies to a share of orders only."""
    return judge_by(built_in_panel(), facts, weights, ruleset, subject)


def judge_and_keep(facts: Facts, weights: Weights, ruleset: Ruleset, subject: str) -> Judgement:
    """The same verdict with what its signals said."""
    testimony = listen(built_in_panel(), facts)
    return Judgement(
        _rule(built_in_panel(), testimony, facts, Policy(weights=weights, ruleset=ruleset), subject),
        testimony.heard_in(facts),
    )


def judge_by(panel: Panel, facts: Facts, weights: Weights, ruleset: Ruleset = NO_RULES, subject: str = "") -> Verdict:
    return _rule(panel, listen(panel, facts), facts, Policy(weights=weights, ruleset=ruleset), subject)


def _rule(panel: Panel, testimony: Testimony, facts: Facts, policy: Policy, subject: str) -> Verdict:
    weights, ruleset = policy.weights, policy.ruleset
    heard = weigh(testimony, facts, weights)
    base = base_log_odds(facts.store.fraud_rate)
    hits = _hear_rules(heard, panel.caps, Terms(facts, weights, base), ruleset, subject)
    points = cap_groups(heard.claims, panel.caps)
    total = total_points(heard.claims, panel.caps)
    score = score_of(total, base)
    ruling = rule_on(advice_of(score, weights), facts, hits)
    return Verdict(
        score=score,
        points=total,
        probability=probability_of(total, base),
        level=level_of(score, weights),
        advice=ruling.advice,
        parts=part_scores(heard.claims, points, base),
        reasons=_reasons(heard, points),
        gaps=tuple(heard.gaps),
        band=band_of(heard.claims, heard.unknown, panel.caps, base, score),
        overrides=ruling.overrides,
        behaviour_score=0 if facts.visitor is None else behaviour_score(facts.visitor, weights)[0],
        weights_version=weights.version,
        ruleset_version=ruleset.version,
        rules=hits,
        tags=ruling.tags,
        hold=ruling.hold,
        code_version=__version__,
        at=facts.at,
        made_up=facts.vendor is not None and facts.vendor.made_up,
    )


class Terms(NamedTuple):
    facts: Facts
    weights: Weights
    base: float


def _hear_rules(
    heard: Hearing, caps: Mapping[str, float], terms: Terms, ruleset: Ruleset, subject: str
) -> tuple[RuleHit, ...]:
    """The rules that spoke; the points of those that apply join what was heard."""
    if not ruleset.rules:
        return ()
    points = total_points(heard.claims, caps)
    score = score_of(points, terms.base)
    sight = Sight(
        facts=terms.facts,
        score=score,
        points=points,
        level=level_of(score, terms.weights),
        reasons=tuple(claim.key for claim in heard.claims),
    )
    hits = ask_rules(ruleset, sight, subject)
    for hit in hits:
        if hit.applied and hit.effect is not None and hit.effect.points:
            bounded = min(POINTS_BOUND, max(-POINTS_BOUND, hit.effect.points))
            heard.claims.append(Claim(f"rule.{hit.rule_id}", "rules", bounded, None))
            heard.sentences.append(f"The store's rule \u201c{hit.name}\u201d matches.")
    return hits


def _reasons(heard: Hearing, points: list[float]) -> tuple[Reason, ...]:
    reasons = [
        Reason(key=claim.key, part=claim.part, points=value, sentence=sentence)
        for claim, value, sentence in zip(heard.claims, points, heard.sentences, strict=True)
    ]
    return tuple(sorted(reasons, key=lambda reason: (-abs(reason.points), reason.key)))
