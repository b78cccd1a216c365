"""A collected event as it is handed on to Segment: its own message and id, with the visitor's address and browser beside."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from shopwarden.domain.text import clean_text
from shopwarden.sources.segment.messages import Tracked
from shopwarden.sources.segment.values import mapping, text

LONGEST_ID = 100
_KEPT = (
    "event", "name", "category", "userId", "anonymousId", "groupId", "previousId", "properties", "traits", "integrations",
)  # fmt: skip
# Only Segment's own servers write these: an event with one of them came from there.
_FROM_SEGMENT = ("receivedAt", "projectId")


def outgoing(event: Tracked) -> tuple[str, bytes] | None:
    """(message id, JSON); None for what Segment itself sent here, which going back would never end.

    The time is the one worked out here, with the sender's clock taken out of it.
    """
    try:
        body = msgspec.json.decode(event.raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(body, dict) or any(body.get(name) is not None for name in _FROM_SEGMENT):
        return None
    stated = text(body.get("messageId"), LONGEST_ID + 1)
    message_id = stated if stated is not None and len(stated) <= LONGEST_ID else str(event.key)
    message = {name: body[name] for name in _KEPT if body.get(name) is not None}
    # Without them the address would be that of the sending server.
    sender = {"ip": event.ip, "userAgent": event.user_agent}
    known = {name: value for name, value in sender.items() if value is not None}
    context = (mapping(body.get("context")) or event.shared) | known
    at = datetime.fromtimestamp(event.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    message |= {"type": event.kind, "messageId": message_id, "timestamp": at, "context": context}
    return clean_text(message_id, LONGEST_ID), msgspec.json.encode(message)
