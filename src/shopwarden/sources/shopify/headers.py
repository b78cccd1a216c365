"""Signature and envelope of a Shopify webhook, in the classic and the Events family of header names.

Contract: base64 of HMAC-SHA256 over the raw body, keyed with the app's client secret; for up to an hour after a secret
was changed deliveries may still be signed with the old one.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

from shopwarden.contracts.source import Envelope, Headers
from shopwarden.domain.text import clean_text
from shopwarden.errors import RefuseError

SIGNATURES = ("x-shopify-hmac-sha256", "shopify-hmac-sha256")
LONGEST_HEADER = 255
_ACTIONS = {"create": "create", "update": "update", "delete": "delete"}
_ODD_TOPICS = {"orders/update": "orders/updated"}
"""The classic name of the order topic alone is in the past tense."""


def sign(secret: str, body: bytes) -> str:
    """The value of the signature header for this body."""
    return b64encode(hmac.new(secret.encode(), body, sha256).digest()).decode()


def verify(headers: Headers, body: bytes, secrets: tuple[str, ...]) -> bool:
    """Whether one of the secrets signed exactly these bytes; every secret is tried, whichever fits."""
    given = next((headers[name] for name in SIGNATURES if headers.get(name)), "").strip()
    if not given or not given.isascii():
        return False
    fits = False
    for secret in secrets:
        fits |= bool(secret) and hmac.compare_digest(sign(secret, body), given)
    return fits


def read_envelope(headers: Headers) -> Envelope:
    """RefuseError naming the header when the topic is missing; everything else may be."""
    topic = _header(headers, "topic")
    if topic is None:
        raise RefuseError(
            "The header X-Shopify-Topic is missing.", fields={"X-Shopify-Topic": "names what happened, e.g. orders/create"}
        )
    shop = _header(headers, "shop-domain")
    return Envelope(
        topic=_topic(topic.lower(), (_header(headers, "action") or "").lower()),
        delivery_id=_header(headers, "webhook-id"),
        event_id=_header(headers, "event-id"),
        triggered_at=_moment(_header(headers, "triggered-at")),
        shop_domain=shop.lower() if shop else None,
        api_version=_header(headers, "api-version"),
    )


def _header(headers: Headers, name: str) -> str | None:
    for family in ("x-shopify-", "shopify-"):
        value = clean_text(headers.get(family + name) or "", LONGEST_HEADER)
        if value:
            return value
    return None


def _topic(topic: str, action: str) -> str:
    """The Events family says what and which action apart: `customers` and `update` are `customers/update`."""
    if "/" not in topic and "." not in topic and action in _ACTIONS:
        things = topic if topic.endswith("s") else f"{topic}s"
        return _ODD_TOPICS.get(f"{things}/{action}", f"{things}/{action}")
    return topic


def _moment(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
