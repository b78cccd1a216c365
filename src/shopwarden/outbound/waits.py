"""How long to wait before a call is made again: what the other side asks for, else full jitter."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
LONGEST_ASKED = 24 * 3600.0


def jittered(failures: int, chance: random.Random | None = None) -> float:
    """Seconds before the next try after so many failed ones: anything up to a limit that doubles each time."""
    limit = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 30))
    return (chance or random).uniform(0.0, limit)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that `Retry-After` asks for (RFC 9110, 10.2.3: whole seconds or an HTTP date), at most a day; None without
    one that can be read."""
    told = next((value.strip() for name, value in headers.items() if name.lower() == "retry-after"), "")
    if not told or len(told) > 40:
        return None
    if told.isascii() and told.isdigit():
        return min(LONGEST_ASKED, float(told))
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(LONGEST_ASKED, max(0.0, (at - (now or datetime.now(UTC))).total_seconds()))
