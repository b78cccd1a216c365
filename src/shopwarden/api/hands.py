"""Who changes something by API, and the reason they gave, fit for the audit log."""

from __future__ import annotations

from shopwarden.api.auth import Caller
from shopwarden.domain.hand import Hand
from shopwarden.domain.text import clean_text

LONGEST_REASON = 500


def hand_of(caller: Caller, reason: str | None) -> Hand:
    return Hand(caller.actor, clean_text(reason, LONGEST_REASON) or None if reason else None)
