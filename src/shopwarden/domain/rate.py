"""Rate limits as pure arithmetic: the generic cell rate algorithm, which needs one number per caller.

Formula: ITU-T I.371, virtual scheduling. The number kept is the theoretical arrival time (TAT).
"""

from __future__ import annotations

from typing import NamedTuple


class Allowance(NamedTuple):
    """What one caller may still do. `wait` is 0 when this request is allowed; times are seconds."""

    limit: int
    remaining: int
    reset: float
    wait: float

    @property
    def is_allowed(self) -> bool:
        return self.wait <= 0

    def headers(self) -> dict[str, str]:
        """RateLimit-Limit, -Remaining and -Reset (whole seconds), and Retry-After for a refusal."""
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(max(0, -int(-self.reset // 1))),
        }
        if not self.is_allowed:
            told["Retry-After"] = str(max(1, -int(-self.wait // 1)))
        return told


def take(arrival: float | None, now: float, limit: int, period: float) -> tuple[float, Allowance]:
    """One request of a caller who may make `limit` in `period` seconds, all of them at once if they like.

    `arrival` is the caller's kept number, None for a new one. Answers the number to keep and the allowance.
    """
    step = period / limit
    base = now if arrival is None else max(arrival, now)
    after = base + step
    if after - now > period + step * 1e-6:
        return base, Allowance(limit, 0, base - now, after - now - period)
    return after, Allowance(limit, max(0, int((period - (after - now)) / step + 1e-6)), after - now, 0.0)
