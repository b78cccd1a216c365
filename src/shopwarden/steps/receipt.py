"""A verdict recomputed from the facts and weights it was made from, and what differs; pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from shopwarden.domain.verdict import Reason, Verdict
from shopwarden.steps.judge import judge
from shopwarden.store.verdicts import StoredVerdict

NOTICED = 1e-6
"""Points nearer than this are the same: another processor may round the last digit differently."""

_PLAIN = ("score", "level", "advice", "behaviour_score", "weights_version")


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """`differences` in words, empty when the verdict comes out the same. The code's version alone is no difference."""

    stored: Verdict
    again: Verdict
    differences: tuple[str, ...]


def recompute(stored: StoredVerdict) -> Receipt:
    again = judge(stored.facts, stored.weights)
    return Receipt(stored=stored.verdict, again=again, differences=tuple(differences(stored.verdict, again)))


def differences(then: Verdict, now: Verdict) -> Iterator[str]:
    """What is not the same, one sentence each: figures, points per reason, gaps, band and overrides."""
    for name in _PLAIN:
        if getattr(then, name) != getattr(now, name):
            yield f"{name}: was {getattr(then, name)}, is {getattr(now, name)}"
    if abs(then.points - now.points) > NOTICED:
        yield f"points: was {then.points:.2f}, is {now.points:.2f}"
    yield from _reasons(then, now)
    for name in ("gaps", "band", "overrides"):
        if getattr(then, name) != getattr(now, name):
            yield f"{name} differ"


def _reasons(then: Verdict, now: Verdict) -> Iterator[str]:
    before, after = _by_key(then), _by_key(now)
    for key in sorted(before | after):
        was, now_is = before.get(key), after.get(key)
        if was is None and now_is is not None:
            yield f"{key}: new, {now_is.points:+.2f} points"
        elif now_is is None and was is not None:
            yield f"{key}: gone, was {was.points:+.2f} points"
        elif was is not None and now_is is not None and abs(was.points - now_is.points) > NOTICED:
            yield f"{key}: was {was.points:+.2f} points, is {now_is.points:+.2f}"


def _by_key(verdict: Verdict) -> dict[str, Reason]:
    return {reason.key: reason for reason in verdict.reasons}
