"""The four visitor factors, and the plain behaviour score that is made of exactly these four."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shopwarden.contracts.signal import Signal
from shopwarden.domain.facts import VisitorFacts
from shopwarden.domain.scoring import dialled_points
from shopwarden.domain.verdict import Part, Reason, Weights
from shopwarden.signals.reading import known, visitor

HIGHEST_BEHAVIOUR_SCORE = 100


@dataclass(frozen=True, slots=True)
class VisitorFactor:
    """One factor over a visitor alone, so that lists of visitors can be scored without a whole tree of facts."""

    key: str
    part: Part
    points: float
    field: str
    applies: Callable[[VisitorFacts], bool]
    sentence: Callable[[VisitorFacts], str]
    title: str
    group: str | None = None

    def as_signal(self) -> Signal:
        return Signal(
            key=self.key,
            part=self.part,
            points=self.points,
            needs=(f"visitor.{self.field}",),
            test=lambda facts: self.applies(visitor(facts)),
            reason=lambda facts: self.sentence(visitor(facts)),
            group=self.group,
            title=self.title,
        )


FACTORS = (
    VisitorFactor(
        key="behaviour.short_session",
        part="behaviour",
        points=20,
        field="avg_session_seconds",
        applies=lambda visitor: known(visitor.avg_session_seconds) < 30,
        sentence=lambda visitor: f"Visits last {known(visitor.avg_session_seconds):.0f} seconds on average, under 30.",
        title="Visits shorter than 30 seconds on average",
        group="haste",
    ),
    VisitorFactor(
        key="behaviour.few_pages",
        part="behaviour",
        points=15,
        field="page_views",
        applies=lambda visitor: known(visitor.page_views) < 2,
        sentence=lambda visitor: "Only 1 page was looked at." if visitor.page_views else "Not one page was looked at.",
        title="Fewer than 2 pages looked at",
        group="haste",
    ),
    VisitorFactor(
        key="behaviour.device_changes",
        part="device",
        points=30,
        field="device_changes",
        applies=lambda visitor: known(visitor.device_changes) > 2,
        sentence=lambda visitor: f"The visitor changed device {visitor.device_changes} times.",
        title="More than 2 device changes",
    ),
    VisitorFactor(
        key="behaviour.location_changes",
        part="ip",
        points=25,
        field="location_changes",
        applies=lambda visitor: known(visitor.location_changes) > 1,
        sentence=lambda visitor: f"The visitor's location changed {visitor.location_changes} times.",
        title="More than 1 location change",
        group="location",
    ),
)
VISITOR_FACTOR_KEYS: tuple[str, ...] = tuple(factor.key for factor in FACTORS)
SIGNALS = tuple(factor.as_signal() for factor in FACTORS)


def behaviour_score(visitor: VisitorFacts, weights: Weights) -> tuple[int, tuple[Reason, ...]]:
    """The plain sum of the four factors' points, 0..100, with its reasons by falling points. Unknown adds nothing.

    No odds and no group caps here: this is the additive visitor score merchants set their own points for.
    """
    reasons = []
    for factor in FACTORS:
        points = dialled_points(factor.key, factor.points, weights)
        if points and getattr(visitor, factor.field) is not None and factor.applies(visitor):
            reasons.append(Reason(key=factor.key, part=factor.part, points=points, sentence=factor.sentence(visitor)))
    reasons.sort(key=lambda reason: (-abs(reason.points), reason.key))
    total = round(sum(reason.points for reason in reasons))
    return max(0, min(HIGHEST_BEHAVIOUR_SCORE, total)), tuple(reasons)
