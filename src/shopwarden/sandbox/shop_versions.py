"""Versions of the Admin API, and which of them answers when another is asked for."""

from __future__ import annotations

import re

SUPPORTED = ("2026-01", "2026-04", "2026-07", "2026-10")
CANDIDATE = "2027-01"
CURRENT = SUPPORTED[-1]
_VERSION = re.compile(r"20\d\d-(01|04|07|10)")


def answering(asked: str) -> str | None:
    """The version that answers; a retired one falls forward to the oldest still there. None: there is no such version."""
    if asked in {*SUPPORTED, CANDIDATE, "unstable"}:
        return asked
    return SUPPORTED[0] if _VERSION.fullmatch(asked) and asked < SUPPORTED[0] else None
