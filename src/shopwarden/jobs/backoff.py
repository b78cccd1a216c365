"""How long a failed job waits, and after how many attempts it is dead."""

from __future__ import annotations

import random
from datetime import timedelta

ATTEMPTS = 8
LONGEST = timedelta(minutes=10)


def wait_after(attempt: int, advised: float | None = None, chance: float | None = None) -> timedelta | None:
    """The wait after the failed attempt number `attempt` (0 is the first); None when it was the last one.

    1 s, 2 s, 4 s ... up to ten minutes, of which a random half (`chance` in 0..1) is left off, so that what failed
    together does not come back together. Never shorter than the `advised` seconds; these may not exceed a day.
    """
    if attempt + 1 >= ATTEMPTS:
        return None
    full = min(2.0 ** min(attempt, 30), LONGEST.total_seconds())
    own = full * (1 - (random.random() if chance is None else chance) / 2)
    return timedelta(seconds=max(own, min(advised or 0.0, 86_400.0)))
