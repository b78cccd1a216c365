"""What a signal is: one declared reason to trust less or more, with the facts it needs and a sentence for the merchant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shopwarden.domain.facts import Facts
from shopwarden.domain.verdict import Part

Strength = float | bool | None
"""True/False, a share of the full points in 0..1, or None when the facts to decide are missing."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Declared once, in the theme's file under `signals/`, and found by itself.

    key:    `theme.fact`, stable for ever: stores keep weights under it.
    points: default points at full strength; +10 double the odds of fraud; negative for trust.
    needs:  dotted paths into Facts (`ip.is_tor`); any of them missing makes the signal a gap, and `test` is not called.
    test:   facts -> strength. May still answer None when it can't tell.
    reason: facts -> one sentence, in the merchant's words, with the figures in it.
    group:  signals of one group tell the same story; their sum is capped by the group's cap.
    title:  what the signal looks for, in a few words: its name where a store sets its points.
    lookup: key of the vendor's look-up it reads (such a signal may need nothing else). Where the vendor is not connected it
            keeps quiet; where it is and gave nothing, that is a gap with the reason. OTHER_LOOKUPS: those no signal names.
    """

    key: str
    part: Part
    points: float
    needs: tuple[str, ...]
    test: Callable[[Facts], Strength]
    reason: Callable[[Facts], str]
    group: str | None = None
    title: str = ""
    lookup: str | None = None


OTHER_LOOKUPS = "*"


@dataclass(frozen=True, slots=True)
class Group:
    """Signals that say the same thing. `cap` bounds the absolute sum of their points, raising and lowering ones apart;
    a single signal is never cut below its own points. `title` is the story they share."""

    key: str
    cap: float
    title: str = ""
