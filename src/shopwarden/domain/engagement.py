"""How somebody deals with mail and messages: counts that add up in any order, and the rates that follow from them. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Channel = Literal["email", "sms", "push", "whatsapp"]
Deed = Literal[
    "received", "opened", "opened_by_machine", "clicked", "bounced", "spam_report", "unsubscribed", "subscribed",
    "failed", "sent",
]  # fmt: skip

USUAL_OPEN_RATE = 0.2
USUAL_CLICK_RATE = 0.02
WEIGHT_OF_USUAL = 5
"""Rates of few messages lean towards what is usual, as if that many more had been received (shrinkage to a prior mean)."""
CLICK_COUNTS_FOR = 5.0
"""A share of clicks counts as this many times the same share of opens: clicking is rarer, and machines seldom do it."""
HALVES_AFTER_DAYS = 90.0


class Engagement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person's dealings with one channel. `opened` are opens by people; mail programs that open everything are apart."""

    received: int = 0
    opened: int = 0
    opened_by_machine: int = 0
    clicked: int = 0
    bounced: int = 0
    spam_reports: int = 0
    unsubscribes: int = 0
    last_received_at: datetime | None = None
    last_opened_at: datetime | None = None
    last_clicked_at: datetime | None = None
    unsubscribed_at: datetime | None = None


_COUNTED: dict[str, str] = {
    "received": "received", "opened": "opened", "opened_by_machine": "opened_by_machine", "clicked": "clicked",
    "bounced": "bounced", "spam_report": "spam_reports", "unsubscribed": "unsubscribes",
}  # fmt: skip
_LAST: dict[str, str] = {
    "received": "last_received_at", "opened": "last_opened_at", "clicked": "last_clicked_at",
    "unsubscribed": "unsubscribed_at",
}  # fmt: skip
COUNTS = tuple(_COUNTED.values())
TIMES = tuple(_LAST.values())


def engagement_of(deeds: list[tuple[Deed, datetime]]) -> Engagement:
    """What the deeds come to; the order they are told in does not matter."""
    counts = dict.fromkeys(COUNTS, 0)
    times: dict[str, datetime | None] = dict.fromkeys(TIMES)
    for deed, at in deeds:
        if deed in _COUNTED:
            counts[_COUNTED[deed]] += 1
        if deed in _LAST:
            before = times[_LAST[deed]]
            times[_LAST[deed]] = at if before is None else max(before, at)
    return msgspec.convert(counts | times, Engagement)


def together(one: Engagement, other: Engagement) -> Engagement:
    """Both at once: counts add up, times are the later ones."""
    values: dict[str, object] = {name: getattr(one, name) + getattr(other, name) for name in COUNTS}
    for name in TIMES:
        values[name] = max((at for each in (one, other) if (at := getattr(each, name)) is not None), default=None)
    return msgspec.convert(values, Engagement)


def open_rate(found: Engagement) -> float | None:
    """Opens by people for each message received, 0..1; None where none was received."""
    return min(1.0, found.opened / found.received) if found.received else None


def click_rate(found: Engagement) -> float | None:
    """Clicks for each message received, 0..1; None where none was received."""
    return min(1.0, found.clicked / found.received) if found.received else None


def engagement_score(found: Engagement, now: datetime) -> float | None:
    """0 (does not react) to 1 (reads and clicks everything, lately); None where nothing was ever received.

    Half of it are opens, half clicks, both shrunk towards what is usual; it halves for every 90 days since the last of
    either. Who reported spam, or unsubscribed and did nothing since, is at 0.
    """
    if not found.received:
        return None
    last = max((at for at in (found.last_opened_at, found.last_clicked_at) if at is not None), default=None)
    left = found.unsubscribed_at is not None and (last is None or last <= found.unsubscribed_at)
    if found.spam_reports or left or last is None:
        return 0.0
    shares = found.received + WEIGHT_OF_USUAL
    opens = (min(found.opened, found.received) + USUAL_OPEN_RATE * WEIGHT_OF_USUAL) / shares
    clicks = (min(found.clicked, found.received) + USUAL_CLICK_RATE * WEIGHT_OF_USUAL) / shares
    lately: float = 0.5 ** (max(0.0, (now - last).total_seconds()) / 86400 / HALVES_AFTER_DAYS)
    return round((0.5 * opens + 0.5 * min(1.0, CLICK_COUNTS_FOR * clicks)) * lately, 4)
