"""A merchant's rule as it is kept: its life from draft to off, and what may become of it next."""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from uuid import UUID

import msgspec

from shopwarden.domain.policy import ASKED_STATES, Effect, Rule, RuleState
from shopwarden.domain.text import clean_text
from shopwarden.errors import RefuseError

MOST_RULES = 200
FARTHEST_POINTS = 100.0
MOST_TAGS, LONGEST_TAG = 10, 40


class StoredRule(msgspec.Struct, frozen=True, kw_only=True):
    """`version` grows with every change of the rule itself; `position` is its place in the store's order."""

    id: UUID
    name: str
    condition: str
    effect: Effect
    state: RuleState
    share: int
    position: int
    version: int
    created_by: str
    created_at: datetime
    updated_by: str
    updated_at: datetime
    archived_at: datetime | None = None

    def as_asked(self) -> Rule:
        names = ("id", "version", "name", "condition", "effect", "state", "share")
        return Rule(**{name: getattr(self, name) for name in names})

    @property
    def is_asked(self) -> bool:
        return self.archived_at is None and self.state in ASKED_STATES


def refuse_step(was: RuleState, wanted: RuleState) -> None:
    """Every state may follow every other one, but a rule that was asked is no draft again. RefuseError 409."""
    if wanted == "draft" and was != "draft":
        told = f"A rule that is {was} can't be a draft again; switch it off."
        raise RefuseError(told, status=409, type="conflict", fields={"state": told})


def refuse_effect(effect: Effect, state: RuleState) -> None:
    """RefuseError naming each field of an effect that can't be."""
    wrong: dict[str, str] = {}
    if not isfinite(effect.points) or abs(effect.points) > FARTHEST_POINTS:
        wrong["effect.points"] = f"must lie within -{FARTHEST_POINTS:.0f} and {FARTHEST_POINTS:.0f}"
    if len(effect.tags) > MOST_TAGS:
        wrong["effect.tags"] = f"holds more than {MOST_TAGS} tags"
    for place, tag in enumerate(effect.tags[:MOST_TAGS]):
        if not tag or tag != clean_text(tag, LONGEST_TAG) or "," in tag:
            wrong[f"effect.tags[{place}]"] = f"must be a tag of 1 to {LONGEST_TAG} characters without commas"
    if effect == Effect() and state in ("partial", "live"):
        wrong["effect"] = "does nothing; say what a rule that applies does"
    refuse_fields(wrong)


def refuse_fields(wrong: dict[str, str]) -> None:
    if wrong:
        told = "; ".join(f"{field} {what}" for field, what in list(wrong.items())[:5])
        raise RefuseError(f"Not understood: {told}.", type="invalid-input", fields=wrong)


def named(name: str) -> str:
    """A rule's name, fit to be kept; RefuseError where nothing is left of it."""
    kept = clean_text(name.replace("\n", " "), 120)
    if not kept:
        refuse_fields({"name": "is empty"})
    return kept
