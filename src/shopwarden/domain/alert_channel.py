"""A channel alerts leave by: an address apprise understands, or a webhook of the merchant's own."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from shopwarden.domain.alert import AlertKind, Severity
from shopwarden.domain.quiet_hours import QuietHours

ChannelKind = Literal["apprise", "webhook"]
ROTATION = timedelta(days=1)
"""How long a secret goes on signing after a new one took its place."""
GIVEN_UP_AFTER = timedelta(days=3)
SHORTEST_REST, LONGEST_REST = 5.0, 900.0
LONGEST_ASKED = 3600.0


class ChannelSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept sealed. `former` signs as well until `former_until`."""

    url: str
    secret: str | None = None
    former: str | None = None
    former_until: datetime | None = None

    def in_use(self, now: datetime) -> list[str]:
        """The secrets that sign at `now`, the newest first."""
        is_kept = self.former_until is not None and now < self.former_until
        return [each for each in (self.secret, self.former if is_kept else None) if each]


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """`shown`: what of the address may be seen. `kinds` empty: all. `for_escalation`: hears only of alerts nobody
    acknowledged in time. `resting_until`: not tried before, after `failures` in a row."""

    id: UUID
    name: str
    kind: ChannelKind
    shown: str
    least_severity: Severity
    kinds: tuple[AlertKind, ...]
    quiet: QuietHours | None
    for_escalation: bool
    enabled: bool
    created_by: str
    created_at: datetime
    updated_at: datetime
    last_delivered_at: datetime | None
    last_failed_at: datetime | None
    last_error: str | None
    resting_until: datetime | None
    failures: int


def rest_after(failures: int, asked_for: float | None, chance: float | None = None) -> timedelta:
    """How long a channel is left alone after so many failures in a row: 5 seconds, doubling up to 15 minutes, a random
    quarter of it left off; or what its server asks for, an hour at most."""
    if asked_for is not None:
        return timedelta(seconds=min(max(asked_for, SHORTEST_REST), LONGEST_ASKED))
    full = min(LONGEST_REST, SHORTEST_REST * 2.0 ** min(max(failures - 1, 0), 30))
    return timedelta(seconds=full * (1 - (random.random() if chance is None else chance) / 4))
