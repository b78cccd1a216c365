"""What comes after the score, in this order: the store's rules, its allow list, its block list, a blocked customer.

Each may change the advice, the later one has the last word, and each is named, even where it agrees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shopwarden.domain.facts import Facts
from shopwarden.domain.policy import ListHit, ListKind, ListName, RuleHit
from shopwarden.domain.verdict import Advice, Override

KIND_WORDS: dict[ListKind, str] = {
    "customer": "customer",
    "email": "e-mail address",
    "domain": "e-mail domain",
    "phone": "phone number",
    "ip": "IP address",
    "device": "device",
    "address": "shipping address",
    "card": "card",
}


class Ruling(NamedTuple):
    """The advice after all overrides, and what the rules that applied ask for. Nothing is held that the allow list lets
    pass."""

    advice: Advice
    overrides: tuple[Override, ...]
    tags: tuple[str, ...]
    hold: bool


class Wish(NamedTuple):
    by: str
    advice: Advice
    sentence: str


def rule_on(advice: Advice, facts: Facts, hits: Sequence[RuleHit]) -> Ruling:
    overrides = []
    for wish in _wishes(facts, hits):
        overrides.append(Override(by=wish.by, was=advice, now=wish.advice, sentence=wish.sentence))
        advice = wish.advice
    applied = [hit.effect for hit in hits if hit.applied and hit.effect is not None]
    tags = tuple(dict.fromkeys(tag for effect in applied for tag in effect.tags))
    let_pass = bool(overrides) and overrides[-1].by.startswith("list:") and advice == "approve"
    return Ruling(advice, tuple(overrides), tags, not let_pass and any(effect.hold for effect in applied))


def _wishes(facts: Facts, hits: Sequence[RuleHit]) -> Iterator[Wish]:
    forcing = next((hit for hit in hits if hit.applied and hit.effect is not None and hit.effect.advice), None)
    if forcing is not None and forcing.effect is not None and forcing.effect.advice is not None:
        sentence = f"The store's rule \u201c{forcing.name}\u201d decides: {forcing.effect.advice}."
        yield Wish(f"rule:{forcing.rule_id}", forcing.effect.advice, sentence)
    for name, advice in _BY_LIST:
        entry = next((hit for hit in facts.lists or () if hit.list == name), None)
        if entry is not None:
            yield Wish(f"list:{entry.entry_id}", advice, _sentence(entry, advice))
    if facts.customer is not None and facts.customer.is_blocked:
        yield Wish("customer.blocked", "decline", "The customer is blocked, so the advice is to decline whatever the score.")


_BY_LIST: tuple[tuple[ListName, Advice], ...] = (("allow", "approve"), ("block", "decline"))


def _sentence(entry: ListHit, advice: Advice) -> str:
    """Without the value, which may be personal data."""
    named = "allow list" if entry.list == "allow" else "block list"
    return f"The {KIND_WORDS[entry.kind]} is on the store's {named}, so the advice is to {advice} whatever the score."
