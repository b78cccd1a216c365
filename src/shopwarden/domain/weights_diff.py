"""What is different between two versions of a store's weights."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from shopwarden.domain.weights import Weights

THRESHOLDS = ("review_at", "decline_at", "level_medium", "level_high", "level_critical")


class DialChange(msgspec.Struct, frozen=True, kw_only=True):
    """`dial` is a threshold's name or a signal's key behind `points.`; values as they count, defaults included."""

    dial: str
    was: float
    now: float


def weights_diff(before: Weights, after: Weights, defaults: Mapping[str, float]) -> tuple[DialChange, ...]:
    """Thresholds first, then points by key. A signal back at its default is a change like any other; `defaults` has the
    points of every signal there is, one that is gone counts as 0."""
    changes = [
        DialChange(dial=name, was=getattr(before, name), now=getattr(after, name))
        for name in THRESHOLDS
        if getattr(before, name) != getattr(after, name)
    ]
    for key in sorted({*before.points, *after.points}):
        default = defaults.get(key, 0.0)
        was, now = before.points.get(key, default), after.points.get(key, default)
        if was != now:
            changes.append(DialChange(dial=f"points.{key}", was=was, now=now))
    return tuple(changes)
