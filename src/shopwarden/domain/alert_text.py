"""Alerts as people read them in a chat or a mail: one alone, or several taken together."""

from __future__ import annotations

from collections.abc import Sequence

from shopwarden.domain.alert import rank
from shopwarden.domain.alert_message import AlertMessage, AlertMessageData, MessageType
from shopwarden.domain.policy import Severity

LONGEST_TITLE, LONGEST_TEXT = 200, 3_000
_BEGINNINGS: dict[MessageType, str] = {
    "alert.raised": "",
    "alert.repeated": "Still: ",
    "alert.escalated": "Nobody has reacted: ",
    "alert.resolved": "Over: ",
    "alert.test": "",
}


def text_of(messages: Sequence[AlertMessage]) -> tuple[str, str, Severity]:
    """Title, text and the worst severity of at least one message, the oldest first."""
    worst: Severity = max((each.data.severity for each in messages), key=rank)
    if len(messages) == 1:
        return _shortened(_title(messages[0]), LONGEST_TITLE), _shortened(_text(messages[0].data), LONGEST_TEXT), worst
    lines = [f"{each.timestamp:%H:%M} {_title(each)}" for each in messages]
    return f"{len(messages)} alerts, the worst is {worst}", _shortened("\n".join(lines), LONGEST_TEXT), worst


def _title(message: AlertMessage) -> str:
    times = f" ({message.data.count} times)" if message.data.count > 1 else ""
    return f"[{message.data.severity}] {_BEGINNINGS[message.type]}{message.data.title}{times}"


def _text(data: AlertMessageData) -> str:
    since = f"First seen {data.first_at:%Y-%m-%d %H:%M} UTC, last {data.last_at:%Y-%m-%d %H:%M} UTC."
    return f"{data.body}\n{since}" if data.body else since


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "\u2026"
