"""A store's dials: the points of signals and the thresholds."""

from __future__ import annotations

import msgspec


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """A store's own dials over the defaults. `version` 0 is the defaults themselves.

    `points` maps a signal's key to the store's points for it; thresholds are scores 0..100.
    """

    version: int = 0
    points: dict[str, float] = {}
    review_at: int = 30
    decline_at: int = 75
    level_medium: int = 25
    level_high: int = 50
    level_critical: int = 80
