"""What scoring says: a score, an advice, and reasons a person can read that add up to it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from shopwarden.domain.advice import Advice as Advice
from shopwarden.domain.policy import RuleHit
from shopwarden.domain.weights import Weights as Weights

Part = Literal["behaviour", "ip", "email", "device", "order", "velocity", "vendor", "network", "trust", "rules"]
Level = Literal["low", "medium", "high", "critical"]
LEVELS: tuple[Level, ...] = ("low", "medium", "high", "critical")

PARTS: tuple[Part, ...] = (
    "behaviour", "ip", "email", "device", "order", "velocity", "vendor", "network", "trust", "rules",
)  # fmt: skip


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One signal that spoke: its points after its group's cap, and the sentence for the merchant."""

    key: str
    part: Part
    points: float
    sentence: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One signal that could not be checked, and the facts it lacked; `why` in words where a vendor owes the answer."""

    key: str
    part: Part
    missing: tuple[str, ...]
    why: str | None = None


class PartScore(msgspec.Struct, frozen=True, kw_only=True):
    points: float
    score: int


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """The score if every unknown signal were quiet (`low`) or as bad as its group allows (`high`)."""

    low: int
    high: int


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """What came after the score and changed the advice."""

    by: str
    was: Advice
    now: Advice
    sentence: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    score: int
    points: float
    probability: float
    level: Level
    advice: Advice
    parts: dict[Part, PartScore]
    reasons: tuple[Reason, ...]
    gaps: tuple[Gap, ...]
    band: Band
    overrides: tuple[Override, ...] = ()
    behaviour_score: int = 0
    """The plain sum of the four visitor factors (session under 30 s, under 2 pages, more than 2 device changes,
    more than 1 location change) with the store's points, capped at 100; signals beyond these four do not count here."""
    weights_version: int = 0
    ruleset_version: int = 0
    rules: tuple[RuleHit, ...] = ()
    """Rules that matched or could not be asked, in the store's order; those that were asked in vain are not listed."""
    tags: tuple[str, ...] = ()
    """What rules want the order to be tagged with in the shop."""
    hold: bool = False
    """Whether a rule wants the order held from fulfilment."""
    code_version: str = ""
    at: datetime
    made_up: bool = False
    """True where answers of the sandbox took part: such a verdict says nothing about anybody."""
    decided_by: tuple[str, ...] = ()
    """Look-ups without whose answer the advice would be another one."""
    changed_from: Advice | None = None
    """The advice of the subject's verdict before, where enrichment changed it."""


def decision_changed(before: Advice | None, after: Advice) -> Advice | None:
    """The advice before, where the one after is another; None where nothing changed or there was none."""
    return before if before is not None and before != after else None
