"""What a store decides by: weights, merchants' rules and lists, and what they did to a verdict."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from shopwarden.domain.advice import Advice
from shopwarden.domain.weights import Weights

RuleState = Literal["draft", "shadow", "partial", "live", "off"]
ASKED_STATES: tuple[RuleState, ...] = ("shadow", "partial", "live")
"""Rules in these states are asked about every order; what a shadow rule says is noted and changes nothing."""

Severity = Literal["info", "warning", "critical"]
ListName = Literal["allow", "block", "watch"]
ListKind = Literal["customer", "email", "domain", "phone", "ip", "device", "address", "card"]
LISTS: tuple[ListName, ...] = ("allow", "block", "watch")
LIST_KINDS: tuple[ListKind, ...] = ("customer", "email", "domain", "phone", "ip", "device", "address", "card")


class Effect(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a rule does where its condition holds. `points`: added to the score, negative for trust. `advice`: forced.
    `tags`: put on the order in the shop. `alert`: raised with this severity. `hold`: the order is held from fulfilment.
    `review`: a case is opened whatever the advice."""

    points: float = 0.0
    advice: Advice | None = None
    tags: tuple[str, ...] = ()
    alert: Severity | None = None
    hold: bool = False
    review: bool = False


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`condition` is CEL over the facts. `share`: per cent of the orders a `partial` rule applies to, by the order's id."""

    id: UUID
    version: int
    name: str
    condition: str
    effect: Effect
    state: RuleState
    share: int = 100


class Ruleset(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that are asked, in the store's order. Version 0: none were ever made."""

    version: int = 0
    rules: tuple[Rule, ...] = ()


NO_RULES = Ruleset()


class RuleHit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule that matched, or could not be asked. `applied`: it counted; False for a shadow rule, for an order outside a
    partial rule's share, and where `error` says why the rule was left out. Points are those that counted."""

    rule_id: UUID
    version: int
    name: str
    state: RuleState
    matched: bool
    applied: bool
    effect: Effect | None = None
    missing: tuple[str, ...] = ()
    """Facts that are not known for this order: the rule could neither match nor be ruled out."""
    error: str | None = None


class ListHit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry of the store's lists that fits the order. `value` is as entered, so it may be personal data."""

    entry_id: UUID
    list: ListName
    kind: ListKind
    value: str
    reason: str | None = None
    expires_at: datetime | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """All that turns facts into advice; the lists' part is in the facts."""

    weights: Weights
    ruleset: Ruleset = NO_RULES


DEFAULT_POLICY = Policy(weights=Weights())
