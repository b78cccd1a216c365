"""All rules of a store asked about one order, in the store's order."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from shopwarden.domain.policy import Rule, RuleHit, Ruleset
from shopwarden.rules.language import Condition, ConditionError, Hall, read_condition
from shopwarden.rules.vocabulary import Sight


def ask_rules(ruleset: Ruleset, sight: Sight, subject: str) -> tuple[RuleHit, ...]:
    """What the rules say: those that matched, and those that could not be asked. `subject` names the order for ever, so that
    a partial rule applies to the same orders in every replay."""
    if not ruleset.rules:
        return ()
    ready, names = _made_ready(tuple(rule.condition for rule in ruleset.rules))
    hall = Hall(sight, names)
    hits = (_ask(rule, condition, hall, subject) for rule, condition in zip(ruleset.rules, ready, strict=True))
    return tuple(hit for hit in hits if hit is not None)


def is_chosen(rule: Rule, subject: str) -> bool:
    """Whether a partial rule applies to this order: a fixed share of all orders, another one for every rule."""
    digest = hashlib.sha256(f"{rule.id}:{subject}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < rule.share


@lru_cache(maxsize=256)
def _made_ready(conditions: tuple[str, ...]) -> tuple[tuple[Condition | str, ...], frozenset[str]]:
    ready = tuple(_condition_or_fault(condition) for condition in conditions)
    return ready, frozenset(name for one in ready if isinstance(one, Condition) for name in one.names)


def _condition_or_fault(condition: str) -> Condition | str:
    try:
        return read_condition(condition)
    except ConditionError as fault:
        return fault.message


def _ask(rule: Rule, condition: Condition | str, hall: Hall, subject: str) -> RuleHit | None:
    if isinstance(condition, str):
        return _left_out(rule, error=condition)
    said = hall.ask(condition)
    if said.holds is None:
        return _left_out(rule, missing=said.missing, error=said.error)
    if not said.holds:
        return None
    applied = rule.state == "live" or (rule.state == "partial" and is_chosen(rule, subject))
    return RuleHit(
        rule_id=rule.id,
        version=rule.version,
        name=rule.name,
        state=rule.state,
        matched=True,
        applied=applied,
        effect=rule.effect,
    )


def _left_out(rule: Rule, missing: tuple[str, ...] = (), error: str | None = None) -> RuleHit:
    return RuleHit(
        rule_id=rule.id,
        version=rule.version,
        name=rule.name,
        state=rule.state,
        matched=False,
        applied=False,
        missing=missing,
        error=error,
    )
