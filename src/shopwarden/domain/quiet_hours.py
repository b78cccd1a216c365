"""Hours in which a channel is told only what is critical; the rest leaves when they end."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

Clock = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From one time of day to another, which may be on the next day, on the clocks of `timezone` (IANA's name)."""

    begin: Clock = msgspec.field(name="from")
    until: Clock
    timezone: Annotated[str, Meta(max_length=64, examples=["Europe/Berlin"])] = "UTC"


@cache
def _zones() -> frozenset[str]:
    # Found by walking through a folder: too slow for every message.
    return frozenset(available_timezones())


def faults_of(quiet: QuietHours) -> dict[str, str]:
    """Field -> what is wrong with it; empty where all is well."""
    found = {}
    if quiet.begin == quiet.until:
        found["quiet.until"] = "must differ from quiet.from"
    if quiet.timezone not in _zones():
        found["quiet.timezone"] = "is not a name of the IANA time zones"
    return found


def quiet_until(quiet: QuietHours | None, now: datetime) -> datetime | None:
    """When the hours of quiet that run at `now` end, in UTC; None outside of them."""
    if quiet is None or faults_of(quiet):
        return None
    zone = ZoneInfo(quiet.timezone)
    local = now.astimezone(zone)
    begin, until = time.fromisoformat(quiet.begin), time.fromisoformat(quiet.until)
    clock = local.time().replace(fold=0)
    is_quiet = begin <= clock < until if begin < until else clock >= begin or clock < until
    if not is_quiet:
        return None
    day = local.date() if clock < until else local.date() + timedelta(days=1)
    end = datetime.combine(day, until, zone)
    if end.astimezone(UTC) <= now:
        # Clocks were put back in between: the same time of day comes a second time.
        end = end.replace(fold=1)
    return end.astimezone(UTC)
