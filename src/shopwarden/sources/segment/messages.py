"""One Segment message, untrusted, into one event of ours: Segment's common fields and its E-commerce specification v2."""

from __future__ import annotations

import os
from hashlib import blake2b
from uuid import UUID

import msgspec

from shopwarden.domain.traffic_source import DIRECT, host_of, source_of
from shopwarden.errors import SkipError
from shopwarden.sources.segment.names import activity_of
from shopwarden.sources.segment.values import json_for_storage, mapping, moment, money, text

TYPES = frozenset({"track", "page", "screen", "identify", "group", "alias"})
LARGEST_MESSAGE = 32 * 1024
EARLIEST = 946_684_800.0  # 2000-01-01: no shop script ran before
FUTURE_SECONDS = 300.0
SAME_CLOCK_SECONDS = 3.0
"""A sender's clock this near to ours is right: the difference is the way here, and taking it out would only shuffle events
that were sent one after another on ways of different length."""
PAYMENT_FIELDS = (
    "card_bin",
    "card_last4",
    "card_key",
    "error_code",
    "gateway",
    "amount",
    "value",
    "total",
    "currency",
    "email",
)


class Unreadable(SkipError):
    """This message can't be taken; `field` is the path of what is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class Claim(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Who the sender says this visitor is."""

    kind: str
    user_id: str | None = None
    previous_id: str | None = None
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None


class Tracked(msgspec.Struct, kw_only=True, gc=False):
    """One event, read. Times are Unix seconds; `data` is JSON for `customer_activities.activity_data`.

    `raw` is the message as it came, of type `kind`, and `shared` the context of its request, for sinks it is handed on to.
    """

    key: UUID
    at: float
    activity: str
    anonymous_id: str
    ip: str | None = None
    user_agent: str | None = None
    fingerprint: str | None = None
    screen: str = ""
    timezone: str = ""
    locale: str = ""
    automated: bool = False
    campaign: str = ""
    page: str = ""
    referrer: str = ""
    source: str = ""
    revenue: float = 0.0
    tokens: tuple[tuple[str, str], ...] = ()
    claim: Claim | None = None
    payment: dict[str, str | None] | None = None
    properties: dict[str, object] = {}
    data: bytes = b"{}"
    raw: bytes = b""
    kind: str = ""
    shared: dict[str, object] = {}


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """What is true of a whole request: when it came, when its sender says it was sent, and from where."""

    received: float
    sent: float | None = None
    ip: str | None = None
    user_agent: str | None = None
    from_browser: bool = False
    context: dict[str, object] = {}


def read_message(raw: bytes, kind: str | None, arrival: Arrival) -> Tracked:
    """Reads one message; `kind` is given where the path says it. Raises Unreadable that names the field."""
    if len(raw) > LARGEST_MESSAGE:
        raise Unreadable("", f"a message may have {LARGEST_MESSAGE} bytes at most, this one has {len(raw)}")
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError) as problem:
        raise Unreadable("", f"not readable as JSON: {str(problem)[:200]}") from None
    if not isinstance(body, dict):
        raise Unreadable("", "a message is a JSON object")
    kind = kind or text(body.get("type"), 20)
    if kind not in TYPES:
        raise Unreadable("type", f"must be one of {', '.join(sorted(TYPES))}")
    event = _event(body, kind, arrival)
    event.raw, event.kind, event.shared = raw, kind, arrival.context
    return event


def _event(body: dict[str, object], kind: str, arrival: Arrival) -> Tracked:
    user_id = text(body.get("userId"), 255)
    anonymous_id = text(body.get("anonymousId"), 255) or (f"user:{user_id}" if user_id else None)
    if anonymous_id is None:
        raise Unreadable("anonymousId", "anonymousId or userId is needed, as a text")
    name = text(body.get("event"), 200)
    if kind == "track" and name is None:
        raise Unreadable("event", "a track call needs the name of its event, as a text")
    activity, known = _activity(kind, name)
    context = mapping(body.get("context")) or arrival.context
    properties = mapping(body.get("properties"))
    at, warnings = event_time(body, arrival)
    if not known:
        warnings.append("unknown_event")
    event = Tracked(key=message_key(body.get("messageId")), at=at, activity=activity, anonymous_id=anonymous_id)
    event.properties = properties
    _fill_context(event, context, properties, arrival)
    if properties:
        _fill_commerce(event, properties)
    event.claim = _claim(kind, body, context, properties, user_id)
    # A claim stays with its event: the job that ties visitor to customer reads it there, and so does a redaction.
    event.data = _data(name or text(body.get("name"), 200), properties, event, warnings)
    return event


def _activity(kind: str, name: str | None) -> tuple[str, bool]:
    if kind == "track":
        return activity_of(name or "")
    return {"page": "page_view", "screen": "screen_view"}.get(kind, kind), True


def message_key(message_id: object) -> UUID:
    """The key duplicates are found by: from the sender's messageId, or a fresh one where there is none."""
    known = text(message_id, 500)
    if known is None:
        return UUID(bytes=os.urandom(16))
    return UUID(bytes=blake2b(known.encode("utf-8", "replace"), digest_size=16).digest())


def event_time(body: dict[str, object], arrival: Arrival) -> tuple[float, list[str]]:
    """Segment's rule: received - (sentAt - timestamp), which takes the sender's clock out of it where it is wrong.

    A time before 2000 or ahead of the clock is replaced by the time of arrival, with a warning kept beside the event.
    """
    stated = moment(body.get("originalTimestamp"))
    stated = moment(body.get("timestamp")) if stated is None else stated
    if stated is None:
        return arrival.received, ["time_unreadable"] if body.get("timestamp") else []
    sent = moment(body.get("sentAt"))
    sent = arrival.sent if sent is None else sent
    is_right = sent is None or sent < stated or abs(arrival.received - sent) <= SAME_CLOCK_SECONDS
    at = stated if is_right or sent is None else arrival.received - (sent - stated)
    if at < EARLIEST or at > arrival.received + FUTURE_SECONDS:
        return arrival.received, ["time_out_of_range"]
    return min(at, arrival.received), []


def _fill_context(event: Tracked, context: dict[str, object], properties: dict[str, object], arrival: Arrival) -> None:
    # A browser's own word about its address counts for nothing; a server passes on its visitor's.
    stated_ip = None if arrival.from_browser else text(context.get("ip"), 100)
    event.ip = stated_ip or arrival.ip
    event.user_agent = text(context.get("userAgent"), 1000) or arrival.user_agent
    page = mapping(context.get("page"))
    event.page = text(page.get("path"), 500) or text(properties.get("path"), 500) or text(properties.get("url"), 500) or ""
    event.referrer = text(page.get("referrer"), 500) or text(properties.get("referrer"), 500) or ""
    campaign_source = ""
    if "campaign" in context:
        campaign = mapping(context["campaign"])
        parts = [text(campaign.get(part), 100) or "" for part in ("source", "medium", "name", "term", "content")]
        event.campaign = "|".join(parts) if any(parts) else ""
        campaign_source = parts[0]
    event.source = source_of(campaign_source, event.referrer, host_of(text(page.get("url"), 500) or ""))
    device = mapping(context.get("device"))
    event.fingerprint = text(device.get("fingerprint") or context.get("fingerprint") or device.get("id"), 200)
    screen = mapping(context.get("screen"))
    if screen:
        event.screen = f"{text(screen.get('width'), 10) or ''}x{text(screen.get('height'), 10) or ''}"
    event.timezone = text(context.get("timezone"), 60) or ""
    event.locale = text(context.get("locale"), 35) or ""
    event.automated = context.get("webdriver") is True or device.get("automated") is True


def _fill_commerce(event: Tracked, properties: dict[str, object]) -> None:
    if event.activity == "order_completed":
        for field in ("total", "revenue", "value"):
            amount = money(properties.get(field))
            if amount is not None:
                event.revenue = amount
                break
    tokens = []
    for kind, fields in (("checkout", ("checkout_token", "checkout_id")), ("cart", ("cart_token", "cart_id"))):
        for field in fields:
            token = text(properties.get(field), 200)
            if token is not None:
                tokens.append((kind, token))
    session = text(properties.get("session_id"), 200)
    if session is not None:
        tokens.append(("session", session))
    if tokens:
        event.tokens = tuple(tokens)
    if event.activity in ("payment_failed", "payment_succeeded"):
        event.payment = {
            field: text(properties[field], 200) for field in PAYMENT_FIELDS if properties.get(field) is not None
        }


def _claim(
    kind: str, body: dict[str, object], context: dict[str, object], properties: dict[str, object], user_id: str | None
) -> Claim | None:
    traits = mapping(body.get("traits")) if kind in ("identify", "group") else {}
    traits = traits or mapping(context.get("traits"))
    email = text(traits.get("email"), 320) or text(properties.get("email"), 320)
    phone = text(traits.get("phone"), 60)
    previous = text(body.get("previousId"), 255) if kind == "alias" else None
    if user_id is None and email is None and phone is None and previous is None:
        return None
    return Claim(
        kind="identify" if kind in ("identify", "alias") or user_id else "checkout",
        user_id=user_id,
        previous_id=previous,
        email=email,
        phone=phone,
        first_name=text(traits.get("firstName") or traits.get("first_name"), 100),
        last_name=text(traits.get("lastName") or traits.get("last_name"), 100),
    )


def _data(name: str | None, properties: dict[str, object], event: Tracked, warnings: list[str]) -> bytes:
    data: dict[str, object] = {}
    if name:
        data["event"] = name
    if properties:
        data["properties"] = properties
    if event.page:
        data["path"] = event.page
    if event.referrer:
        data["referrer"] = event.referrer
    if event.campaign:
        data["campaign"] = event.campaign
    if event.source and event.source != DIRECT:
        data["source"] = event.source
    if event.revenue:
        data["revenue"] = event.revenue
    if event.claim is not None:
        data["claim"] = event.claim
    if warnings:
        data["warnings"] = warnings
    return json_for_storage(data)
