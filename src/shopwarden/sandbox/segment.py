"""Stands in for Segment's tracking API: takes nearly everything, as the real one does."""

from __future__ import annotations

import msgspec

from shopwarden.sandbox.stand_in import Heard, Said, StandIn

_CALLS = {"identify", "track", "page", "screen", "group", "alias"}
_MOST, _MOST_BATCH, _MOST_EVENTS = 32 * 1024, 500 * 1024, 2500


async def answer(heard: Heard) -> Said:
    """200 `{"success": true}` for any key; 400 for what is no JSON, too big, or has neither user nor anonymous id."""
    call = heard.path.removeprefix("/v1/").strip("/")
    if not heard.path.startswith("/v1/") or call not in _CALLS | {"batch", "import"}:
        return Said.of({"error": "not found"}, 404)
    if heard.method != "POST":
        return Said.of({"error": "method not allowed"}, 405)
    if not heard.is_json() or "json" not in heard.headers.get("content-type", ""):
        return _bad("malformed JSON")
    body = heard.json()
    if not heard.basic() and not heard.bearer() and not body.get("writeKey"):
        return Said.of({"success": False, "message": "missing write key"}, 401)
    events = body.get("batch") if call in {"batch", "import"} else [{**body, "type": call}]
    wrong = _wrong(events, len(heard.body), batch=call in {"batch", "import"})
    if wrong:
        return _bad(wrong)
    taken = heard.memory.setdefault("messages", {})
    if isinstance(taken, dict) and isinstance(events, list):
        for event in events:
            taken[str(event.get("messageId", len(taken)))] = event.get("type")
    return Said.of({"success": True}, billed=True)


def _wrong(events: object, size: int, *, batch: bool) -> str:
    if not isinstance(events, list) or not events:
        return "batch must be a list of events"
    if size > (_MOST_BATCH if batch else _MOST) or len(events) > _MOST_EVENTS:
        return "exceeded maximum size"
    for event in events:
        if not isinstance(event, dict):
            return "an event must be an object"
        if not event.get("userId") and not event.get("anonymousId"):
            return "one of userId and anonymousId is required"
        if event.get("type") == "track" and not event.get("event"):
            return "event is required"
        if batch and len(msgspec.json.encode(event)) > _MOST:
            return "exceeded maximum size"
    return ""


def _bad(message: str) -> Said:
    return Said.of({"success": False, "message": message}, 400)


STAND_IN = StandIn(
    name="segment",
    hosts=("api.segment.io", "events.eu1.segmentapis.com"),
    answer=answer,
    faults={
        "rate_limited": Said.of({"success": False, "message": "too many requests"}, 429),
        "refuse": Said.of({"success": False, "message": "invalid write key"}, 401),
        "error": Said(503, b"upstream connect error", {"content-type": "text/plain"}),
        "quota": Said.of({"success": False, "message": "monthly tracked users exceeded"}, 429),
    },
)
