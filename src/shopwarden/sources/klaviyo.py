"""Klaviyo's webhooks: what people do with mail and messages, several events in one delivery.

Contract: hex HMAC-SHA256 over the raw body followed by the value of Klaviyo-Timestamp, under the webhook's own secret. The
webhook's id in the header has to be that in the body. There is no delivery id: each event has an id of its own, and counts
once however often it comes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from shopwarden.contracts.source import Envelope, Headers, Source
from shopwarden.domain.email import normalise_email
from shopwarden.domain.engagement import Channel, Deed
from shopwarden.domain.events import DomainEvent, EngagementHappened, version_of
from shopwarden.domain.signing import fits, hmac_hex
from shopwarden.errors import RefuseError, SkipError
from shopwarden.sources.vendor_body import member, object_of, text_of

SIGNATURE, TIMESTAMP, WEBHOOK_ID = "klaviyo-signature", "klaviyo-timestamp", "klaviyo-webhook-id"
TOPIC = "events"
PREFIX = "event:klaviyo."
MOST_EVENTS = 1000
DEEDS: dict[str, tuple[Channel, Deed]] = {
    "received_email": ("email", "received"), "opened_email": ("email", "opened"), "clicked_email": ("email", "clicked"),
    "bounced_email": ("email", "bounced"), "dropped_email": ("email", "failed"),
    "marked_email_as_spam": ("email", "spam_report"), "subscribed_to_email_marketing": ("email", "subscribed"),
    "unsubscribed_from_email_marketing": ("email", "unsubscribed"), "sent_sms": ("sms", "sent"),
    "received_sms": ("sms", "received"), "clicked_sms": ("sms", "clicked"),
    "failed_to_deliver_sms": ("sms", "failed"), "subscribed_to_sms_marketing": ("sms", "subscribed"),
    "unsubscribed_from_sms_marketing": ("sms", "unsubscribed"), "received_push": ("push", "received"),
    "opened_push": ("push", "opened"), "bounced_push": ("push", "bounced"),
}  # fmt: skip
_MACHINE = ("machine_open", "Machine Open", "is_machine_open")
_LATEST = 4_102_444_800


def verify(headers: Headers, body: bytes, secrets: tuple[str, ...]) -> bool:
    stamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "").strip().lower()
    if not stamp:
        return False
    signed = body + stamp.encode("utf-8", "replace")
    return fits(given, [hmac_hex(secret, signed) for secret in secrets if secret]) and _is_of(headers, body)


def _is_of(headers: Headers, body: bytes) -> bool:
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Signed and unreadable: kept, and named unreadable later.
        return True
    stated = member(told, "meta").get("klaviyo_webhook_id") if isinstance(told, dict) else None
    return stated is None or stated == headers.get(WEBHOOK_ID, "").strip()


def read_envelope(headers: Headers) -> Envelope:
    """RefuseError without the time it was sent."""
    at = sent_at(headers)
    if at is None:
        raise RefuseError(
            "The header Klaviyo-Timestamp is missing or no HTTP date.",
            fields={"Klaviyo-Timestamp": "must be an HTTP date such as Tue, 14 Apr 2026 03:50:12 GMT"},
        )
    return Envelope(topic=TOPIC, triggered_at=at)


def sent_at(headers: Headers) -> datetime | None:
    try:
        at = parsedate_to_datetime(headers.get(TIMESTAMP, ""))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def translate(topic: str, body: bytes, triggered_at: datetime | None) -> tuple[DomainEvent, ...]:
    """One event that cannot be read does not cost its neighbours; topics that are about no message are left out."""
    items = object_of(body).get("data")
    if not isinstance(items, list):
        raise SkipError("a delivery of Klaviyo's has its events in the list data")
    found = (_event(item, triggered_at) for item in items[:MOST_EVENTS] if isinstance(item, dict))
    return tuple(event for event in found if event is not None)


def _event(item: dict[str, object], triggered_at: datetime | None) -> EngagementHappened | None:
    told = member(item, "payload", "data")
    attributes = member(told, "attributes")
    properties = member(attributes, "event_properties")
    known = DEEDS.get((text_of(item.get("topic"), 200) or "").removeprefix(PREFIX))
    profile = text_of(member(told, "relationships", "profile", "data").get("id"), 100)
    identity = text_of(told.get("id"), 100) or text_of(item.get("external_id"), 100)
    at = _moment(attributes) or triggered_at
    if known is None or profile is None or identity is None or at is None:
        return None
    channel, deed = known
    if deed == "opened" and any(properties.get(name) in (True, "true", "True") for name in _MACHINE):
        deed = "opened_by_machine"
    email = _email(item, profile)
    return EngagementHappened(
        version=version_of(at, triggered_at, identity.encode()),
        at=at,
        external_id=identity,
        profile_id=profile,
        email=normalise_email(email) if email else None,
        channel=channel,
        what=deed,
        title=text_of(properties.get("Subject"), 200),
    )


def _email(item: dict[str, object], profile: str) -> str | None:
    included = member(item, "payload").get("included")
    for each in included if isinstance(included, list) else ():
        if isinstance(each, dict) and each.get("type") == "profile" and each.get("id") == profile:
            return text_of(member(each, "attributes").get("email"), 320)
    return None


def _moment(attributes: dict[str, object]) -> datetime | None:
    seconds = attributes.get("timestamp")
    try:
        at = datetime.fromisoformat(str(attributes.get("datetime")))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        is_time = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < _LATEST
        return datetime.fromtimestamp(seconds, UTC) if is_time and isinstance(seconds, int) else None


SOURCE = Source(
    name="klaviyo",
    verify=verify,
    envelope=read_envelope,
    topics=frozenset({TOPIC}),
    translate=translate,
    signature_headers=("Klaviyo-Signature",),
    secret_variables=("KLAVIYO_WEBHOOK_SECRET",),
    sent_at=sent_at,
)
