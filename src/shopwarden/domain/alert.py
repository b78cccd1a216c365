"""What is worth telling somebody at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from shopwarden.domain.policy import Severity as Severity

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")

AlertKind = Literal[
    "verdict", "rule", "list", "behaviour", "card_testing", "bot_wave", "velocity", "webhook_silence", "vendor_outage",
    "score_drift", "case_overdue",
]  # fmt: skip
ALERT_KINDS: tuple[AlertKind, ...] = (
    "verdict", "rule", "list", "behaviour", "card_testing", "bot_wave", "velocity", "webhook_silence", "vendor_outage",
    "score_drift", "case_overdue",
)  # fmt: skip


class Raising(msgspec.Struct, frozen=True, kw_only=True):
    """An alert to be raised. `group_key`: the same trouble, which raises one alert until that is resolved and is counted
    from then on. `cause`: what happened; the same cause counts once, however often it is told. `title` and `body` carry no
    personal data: they leave by mail and chat. `facts`: figures for the dashboard, ids as strings."""

    kind: AlertKind
    severity: Severity
    group_key: str
    cause: str
    title: str
    body: str = ""
    subject: str | None = None
    subject_id: str | None = None
    facts: Mapping[str, object] = {}
    at: datetime
