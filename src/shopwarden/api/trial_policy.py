"""A policy that is only tried: other weights, rules and list entries, read and checked as those that are set are."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from shopwarden.api.rules import ConditionText, RuleName, Share
from shopwarden.api.weights import Threshold, refuse_wrong
from shopwarden.domain.backtest import ListChanges, ListWish
from shopwarden.domain.ids import new_id
from shopwarden.domain.list_entry import LONGEST_VALUE, normalise_value
from shopwarden.domain.policy import Effect, ListKind, ListName, Policy, Rule, Ruleset, RuleState
from shopwarden.domain.rule_life import MOST_RULES, named, refuse_effect
from shopwarden.domain.weights import Weights
from shopwarden.errors import RefuseError
from shopwarden.rules.language import read_condition

MOST_ENTRIES = 1000
NEVER_MADE = Weights().version


class TrialWeights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All dials: what is left out has its default."""

    points: Annotated[dict[str, float], Meta(max_length=500, examples=[{"ip.tor": 40}])] = {}
    review_at: Threshold = 30
    decline_at: Threshold = 75
    level_medium: Threshold = 25
    level_high: Threshold = 50
    level_critical: Threshold = 80


class TrialRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`id` is that of the rule it stands for: a partial rule then applies to the very orders it would. Rules in the states
    draft and off are left out."""

    name: RuleName
    condition: ConditionText
    effect: Effect
    id: UUID | None = None
    state: RuleState = "live"
    share: Share = 100


class TrialEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    list: ListName
    kind: ListKind
    value: Annotated[str, Meta(min_length=1, max_length=LONGEST_VALUE, examples=["203.0.113.0/24"])]


class TrialLists(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As if these entries had been there when each order was decided; `remove`: ids of entries as if they had not."""

    add: Annotated[tuple[TrialEntry, ...], Meta(max_length=MOST_ENTRIES)] = ()
    remove: Annotated[tuple[UUID, ...], Meta(max_length=MOST_ENTRIES)] = ()


class TrialPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out or null stays as it is. `rules` are all rules, in their order."""

    weights: TrialWeights | None = None
    rules: Annotated[tuple[TrialRule, ...], Meta(max_length=MOST_RULES)] | None = None
    lists: TrialLists | None = None


def candidate_of(wanted: TrialPolicy, present: Policy) -> Policy:
    """The policy to try; RefuseError names what can't be, such as `rules[2].condition`."""
    weights, ruleset = present.weights, present.ruleset
    if wanted.weights is not None:
        names = [name for name in Weights.__struct_fields__ if name != "version"]
        weights = Weights(version=NEVER_MADE, **{name: getattr(wanted.weights, name) for name in names})
        refuse_wrong(weights)
    if wanted.rules is not None:
        rules = [_rule(rule, f"rules[{place}]") for place, rule in enumerate(wanted.rules)]
        ruleset = Ruleset(rules=tuple(rule for rule in rules if rule.state not in ("draft", "off")))
    return Policy(weights=weights, ruleset=ruleset)


def list_changes_of(wanted: TrialLists | None) -> ListChanges:
    """RefuseError names the entry that is none."""
    if wanted is None:
        return ListChanges()
    wishes = []
    for place, entry in enumerate(wanted.add):
        try:
            value = normalise_value(entry.kind, entry.value).value
        except ValueError as wrong:
            field = f"lists.add[{place}].value"
            raise RefuseError(f"{field} {wrong}.", type="invalid-input", fields={field: str(wrong)}) from None
        wishes.append(ListWish(list=entry.list, kind=entry.kind, value=value))
    return ListChanges(add=tuple(wishes), remove=wanted.remove)


def _rule(wanted: TrialRule, place: str) -> Rule:
    try:
        read_condition(wanted.condition)
        refuse_effect(wanted.effect, wanted.state)
        name = named(wanted.name)
    except RefuseError as fault:
        fields = {f"{place}.{field}": told for field, told in fault.fields.items()}
        raise RefuseError(f"{place}: {fault}", type=fault.type, fields=fields) from None
    return Rule(
        id=wanted.id or new_id(), version=0, name=name, condition=wanted.condition, effect=wanted.effect,
        state=wanted.state, share=wanted.share,
    )  # fmt: skip
