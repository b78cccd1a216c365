"""What a kept or settled question says to whoever waits for it; pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from shopwarden.domain.answers import Unanswered
from shopwarden.outbound.cache import CachedAnswer
from shopwarden.steps.settled import Known, unanswered
from shopwarden.steps.vendor_questions import Open
from shopwarden.store.vendor_answers import KeptAnswer, KeptFault


class Landing(NamedTuple):
    """How a flight ended. `learnt`: by a call made in it."""

    known: Known | None = None
    missing: Unanswered | None = None
    learnt: bool = False


def landing_of(each: Open, kept: KeptAnswer | KeptFault | None, *, learnt: bool = False) -> Landing:
    """What a settled question says to whoever waited for it."""
    if kept is None:
        return Landing(missing=unanswered("unavailable", each.title))
    if isinstance(kept, KeptFault):
        return Landing(missing=unanswered("lost" if kept.state == "lost" else kept.kind, each.title))
    known = known_of(kept)
    if kept.state in ("answered", "missed"):
        return Landing(known=known, learnt=learnt)
    why = kept.state if kept.state in ("asking", "lost") else kept.fault_kind or "unavailable"
    return Landing(known=known, missing=unanswered(why, each.title))


def known_of(kept: KeptAnswer, now: datetime | None = None) -> Known | None:
    """The newest answer of a row, whatever became of a later call; None where there never was one."""
    if kept.answered_at is None:
        return None
    fresh = kept.state in ("answered", "missed") and not kept.is_over(now or datetime.now(UTC))
    return Known(answers=kept.answers, at=kept.answered_at, made_up=kept.made_up, fresh=fresh)


def cached_answer(kept: KeptAnswer) -> CachedAnswer | None:
    if kept.answered_at is None:
        return None
    return CachedAnswer(answers=kept.answers, at=kept.answered_at, fresh_until=kept.fresh_until, made_up=kept.made_up)
