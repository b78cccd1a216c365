"""The time a report is about, as callers name it."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from shopwarden.domain.paging import read_moment
from shopwarden.errors import RefuseError

USUAL_DAYS, MOST_DAYS = 30, 400


class Period(msgspec.Struct, frozen=True):
    """From `since` until just before `until`; aware UTC."""

    since: datetime
    until: datetime


def read_period(since: str, until: str, now: datetime) -> Period:
    """ISO 8601 dates or times; a date as the end includes that day. Without an end: until now; without a beginning: 30 days.

    RefuseError names `from` or `to` where it is unreadable, not before the end, or more than 400 days away from it.
    """
    end = read_moment("to", until, end=True) or now
    begin = read_moment("from", since) or _before(end, USUAL_DAYS)
    if begin >= end:
        raise RefuseError("from must be before to.", type="invalid-input", fields={"from": "is not before to"})
    if end - begin > timedelta(days=MOST_DAYS):
        told = f"is more than {MOST_DAYS} days before to"
        raise RefuseError(f"from {told}.", type="invalid-input", fields={"from": told})
    return Period(begin, end)


def _before(end: datetime, days: int) -> datetime:
    try:
        return end - timedelta(days=days)
    except OverflowError:
        raise RefuseError(
            "to is too long ago.", type="invalid-input", fields={"to": "is too long ago for a period before it"}
        ) from None
