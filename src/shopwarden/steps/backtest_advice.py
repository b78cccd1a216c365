"""The advice of several policies on one order at once, from what its signals said; exactly what the judge gives. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from shopwarden.domain.advice import Advice
from shopwarden.domain.facts import Facts
from shopwarden.domain.heard import Heard
from shopwarden.domain.policy import Effect, Policy, Rule, RuleHit, Ruleset
from shopwarden.domain.scoring import (
    POINTS_BOUND,
    Claim,
    advice_of,
    base_log_odds,
    level_of,
    score_of,
    total_points,
)
from shopwarden.rules.asking import ask_rules, is_chosen
from shopwarden.rules.language import ConditionError, read_condition
from shopwarden.rules.vocabulary import Sight
from shopwarden.signals.panel import Panel
from shopwarden.steps.hearing import WEAK_JOIN_SHARE, listen
from shopwarden.steps.judge import built_in_panel

_RISK = "risk."
"""Names that depend on the weights; all others say the same under every policy."""

Answers = Mapping[str, RuleHit]
"""Condition -> what it said, for those that held or could not be asked."""


class Answer(NamedTuple):
    """What a rule said: it matched, counted, or could not be asked."""

    rule: Rule
    hit: RuleHit
    applied: bool


class Advised(NamedTuple):
    advice: Advice
    score: int
    answers: tuple[Answer, ...]


class Questions:
    """Conditions asked once each, under names of their own: two policies may hold one rule in two versions."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        once = {rule.condition: rule for rule in rules}
        named = tuple(replace(rule, id=UUID(int=place), state="live") for place, rule in enumerate(once.values()))
        self._ruleset, self._conditions = Ruleset(rules=named), tuple(once)

    def __bool__(self) -> bool:
        return bool(self._conditions)

    def ask(self, sight: Sight) -> Answers:
        return {self._conditions[hit.rule_id.int]: hit for hit in ask_rules(self._ruleset, sight, "")}


class Dials:
    """One policy made ready: every signal's claim at full strength, of a sure and of a weak join."""

    def __init__(self, panel: Panel, policy: Policy) -> None:
        self.policy, self._caps = policy, panel.caps
        self._sure = {seat.default.key: seat.claim(policy.weights, 1.0) for seat in panel.seats}
        self._weak = {
            seat.default.key: seat.claim(policy.weights, WEAK_JOIN_SHARE if seat.of_visit else 1.0) for seat in panel.seats
        }
        self._places: dict[str, list[int]] = {}
        for place, rule in enumerate(policy.ruleset.rules):
            self._places.setdefault(rule.condition, []).append(place)
        self._by_risk = Questions(rule for rule in policy.ruleset.rules if _reads_risk(rule.condition))

    def claims(self, heard: Heard) -> list[Claim]:
        full = self._weak if heard.weakly_joined else self._sure
        claims = []
        for name, strength in heard.strengths.items():
            key, part, points, group = full[name]
            if points:
                claims.append(Claim(key, part, points * strength, group))
        return claims

    def advise(self, heard: Heard, facts: Facts | None, subject: str, shared: Answers) -> Advised:
        """`facts` are needed where there are rules."""
        base, weights = base_log_odds(heard.fraud_rate), self.policy.weights
        claims = self.claims(heard)
        points = total_points(claims, self._caps)
        score = score_of(points, base)
        answers: tuple[Answer, ...] = ()
        forced: Advice | None = None
        if self.policy.ruleset.rules:
            if self._by_risk and facts is not None:
                sight = Sight(
                    facts=facts,
                    score=score,
                    points=points,
                    level=level_of(score, weights),
                    reasons=tuple(claim.key for claim in claims),
                )
                shared = {**shared, **self._by_risk.ask(sight)}
            answers = tuple(self._answers(shared, subject))
            effects = [answer.rule.effect for answer in answers if answer.applied]
            forced = next((effect.advice for effect in effects if effect.advice), None)
            if added := [_claim(effect) for effect in effects if effect.points]:
                score = score_of(total_points([*claims, *added], self._caps), base)
        return Advised(_overruled(forced or advice_of(score, weights), heard), score, answers)

    def _answers(self, said: Answers, subject: str) -> list[Answer]:
        found = [(place, hit) for condition, hit in said.items() for place in self._places.get(condition, ())]
        found.sort(key=_place)
        answers = []
        for place, hit in found:
            rule = self.policy.ruleset.rules[place]
            counts = rule.state == "live" or (rule.state == "partial" and is_chosen(rule, subject))
            answers.append(Answer(rule, hit, hit.matched and counts))
        return answers


def _place(found: tuple[int, RuleHit]) -> int:
    return found[0]


class Advisers:
    """Several policies asked about one order side by side: a condition they share is asked once."""

    def __init__(self, policies: Sequence[Policy], panel: Panel | None = None) -> None:
        panel = panel or built_in_panel()
        self._dials = [Dials(panel, policy) for policy in policies]
        rules = [rule for policy in policies for rule in policy.ruleset.rules]
        self._shared = Questions(rule for rule in rules if not _reads_risk(rule.condition))
        self.need_facts = bool(rules)

    def advise(self, heard: Heard, facts: Facts | None, subject: str) -> list[Advised]:
        """The advice of each policy, in their order. KeyError: a signal was heard that is none any more."""
        shared = self._shared.ask(Sight(facts=facts)) if self._shared and facts is not None else {}
        return [dials.advise(heard, facts, subject, shared) for dials in self._dials]


def heard_again(facts: Facts) -> Heard:
    """What today's signals say of these facts."""
    return listen(built_in_panel(), facts).heard_in(facts)


def _reads_risk(condition: str) -> bool:
    try:
        return any(name.startswith(_RISK) for name in read_condition(condition).names)
    except ConditionError:
        return False


def _claim(effect: Effect) -> Claim:
    return Claim("rule", "rules", min(POINTS_BOUND, max(-POINTS_BOUND, effect.points)), None)


def _overruled(advice: Advice, heard: Heard) -> Advice:
    """As `rules.ruling` has it: an allow list approves, a block list or a block declines after it."""
    if heard.blocked_by_list or heard.is_blocked:
        return "decline"
    return "approve" if heard.allowed else advice
