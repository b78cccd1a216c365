"""Server-sent events as bytes, each made once and shared by everybody who gets it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from shopwarden.contracts.live import WINDOW_SECONDS

RETRY_FRAME = b"retry: 2000\n\n"
"""How long a client waits before it comes back, in milliseconds."""


def _moment() -> bytes:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


def _frame(identity: str, event: bytes, data: bytes) -> bytes:
    head = b"id: %s\n" % identity.encode() if identity else b""
    return b"%sevent: %s\ndata: %s\n\n" % (head, event, data)


def change_frame(identity: str, bodies: Iterable[bytes]) -> bytes:
    return _frame(identity, b"visitors", b'{"at":"%s","visitors":[%s]}' % (_moment(), b",".join(bodies)))


def snapshot_frame(identity: str, total: int, bodies: Sequence[bytes]) -> bytes:
    head = b'{"at":"%s","window_seconds":%d,"total":%d,"visitors":[' % (_moment(), WINDOW_SECONDS, total)
    return _frame(identity, b"snapshot", b"%s%s]}" % (head, b",".join(bodies)))


def now_frame(total: int) -> bytes:
    return _frame("", b"now", b'{"at":"%s","total":%d}' % (_moment(), total))


def event_frame(identity: str, event: bytes, content: bytes) -> bytes:
    """Any event: `content` is the inside of a JSON object, to which the time is added."""
    return _frame(identity, event, b'{"at":"%s",%s}' % (_moment(), content))
