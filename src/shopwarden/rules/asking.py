"""All rules of a store asked about one order, in the store's order."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from shopwarden.domain.policy import Rule, RuleHit, Ruleset
from shopwarden.rules.language import Said
from shopwarden.rules.together import Together
from shopwarden.rules.vocabulary import Sight


def ask_rules(ruleset: Ruleset, sight: Sight, subject: str) -> tuple[RuleHit, ...]:
    """What the rules say: those that matched, and those that could not be asked. `subject` names the order for ever, so that
    a partial rule applies to the same orders in every replay."""
    if not ruleset.rules:
        return ()
    together = _made_ready(tuple(rule.condition for rule in ruleset.rules))
    return tuple(_hit(ruleset.rules[place], said, subject) for place, said in together.ask(sight))


def is_chosen(rule: Rule, subject: str) -> bool:
    """Whether a partial rule applies to this order: a fixed share of all orders, another one for every rule."""
    digest = hashlib.sha256(f"{rule.id}:{subject}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < rule.share


@lru_cache(maxsize=256)
def _made_ready(conditions: tuple[str, ...]) -> Together:
    return Together(conditions)


def _hit(rule: Rule, said: Said, subject: str) -> RuleHit:
    if said.holds is None:
        return _left_out(rule, missing=said.missing, error=said.error)
    return RuleHit(
        rule_id=rule.id,
        version=rule.version,
        name=rule.name,
        state=rule.state,
        matched=True,
        applied=rule.state == "live" or (rule.state == "partial" and is_chosen(rule, subject)),
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
