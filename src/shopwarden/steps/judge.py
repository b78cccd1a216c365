"""The judge: facts and a store's weights in, a verdict out whose reasons add up. Pure, the same live and in a backtest."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import isnan
from typing import NamedTuple

from shopwarden import __version__
from shopwarden.contracts.signal import Signal
from shopwarden.domain.facts import Facts
from shopwarden.domain.policy import NO_RULES, RuleHit, Ruleset
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
from shopwarden.domain.verdict import Gap, Reason, Verdict, Weights
from shopwarden.rules.asking import ask_rules
from shopwarden.rules.ruling import rule_on
from shopwarden.rules.vocabulary import Sight
from shopwarden.signals import find_groups, find_signals
from shopwarden.signals.panel import Panel, seat_panel
from shopwarden.signals.reading import UnknownFactError
from shopwarden.signals.visitor_factors import behaviour_score

WEAK_JOIN = "ip"
WEAK_JOIN_SHARE = 0.5
"""A visit found by its IP address alone may be a neighbour's: half of what it says counts, for and against."""

QUIET = (0.0, "")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Hearing:
    """What the panel said: claims beside their sentences, and what it could not say."""

    claims: list[Claim] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    unknown: list[Claim] = field(default_factory=list)


@cache
def built_in_panel() -> Panel:
    return seat_panel(find_signals(), find_groups())


def judge(facts: Facts, weights: Weights, ruleset: Ruleset = NO_RULES, subject: str = "") -> Verdict:
    """The verdict of all built-in signals and of the store's rules. Never raises for a signal's or a rule's own fault: it
    is left out, and the verdict says so. `subject` names the order where a rule applies to a share of orders only."""
    return judge_by(built_in_panel(), facts, weights, ruleset, subject)


def judge_by(panel: Panel, facts: Facts, weights: Weights, ruleset: Ruleset = NO_RULES, subject: str = "") -> Verdict:
    heard = hear(panel, facts, weights)
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


def hear(panel: Panel, facts: Facts, weights: Weights) -> Hearing:
    """What every signal says of these facts, before the caps of groups."""
    heard = Hearing()
    missing = panel.missing(facts)
    visit_share = WEAK_JOIN_SHARE if facts.joined_by == WEAK_JOIN else 1.0
    has_order = facts.order is not None
    for seat in panel.seats:
        claim = seat.claim(weights, visit_share if seat.of_visit else 1.0)
        if claim.points == 0 or seat.is_silent(facts):
            continue
        gap = seat.vendor_gap(facts) or seat.gap_for(missing)
        said = _ask(seat.signal, facts) if gap is None else None
        if said is None:
            heard.gaps.append(gap or Gap(key=claim.key, part=claim.part, missing=()))
            if has_order or not seat.of_order:
                heard.unknown.append(claim)
        elif said[0] > 0:
            heard.claims.append(Claim(claim.key, claim.part, claim.points * said[0], claim.group))
            heard.sentences.append(said[1])
    return heard


def _ask(signal: Signal, facts: Facts) -> tuple[float, str] | None:
    """Strength 0..1 and the sentence; None where the signal cannot tell or is itself broken."""
    try:
        said = signal.test(facts)
        if said is None:
            return None
        strength = float(said)
        if strength > 0:
            return min(1.0, strength), signal.reason(facts)
        return None if isnan(strength) else QUIET
    except UnknownFactError:
        return None
    except Exception:
        log.exception("signal %s failed and was left out of the verdict", signal.key)
        return None


def _reasons(heard: Hearing, points: list[float]) -> tuple[Reason, ...]:
    reasons = [
        Reason(key=claim.key, part=claim.part, points=value, sentence=sentence)
        for claim, value, sentence in zip(heard.claims, points, heard.sentences, strict=True)
    ]
    return tuple(sorted(reasons, key=lambda reason: (-abs(reason.points), reason.key)))
