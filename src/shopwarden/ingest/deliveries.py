"""What a webhook's headers and body make of it before it is kept. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from shopwarden.contracts.source import Envelope, Headers, Source
from shopwarden.errors import RefuseError
from shopwarden.store.inbox import Delivery

LONGEST_LABEL = 255


def lower_headers(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in items}


def all_secrets(settings: object, source: str, store_settings: Mapping[str, object]) -> tuple[str, ...]:
    """Every secret that may have signed: the installation's own (new one first) and the store's, without empty ones.

    By name, so that a new source needs no change here: `<source>_api_secret`, `..._api_secret_previous`,
    `<source>_webhook_secret`, and `webhook_secret` of the store's settings.
    """
    names = (f"{source}_api_secret", f"{source}_webhook_secret", f"{source}_api_secret_previous")
    found = [getattr(settings, name, "") for name in names]
    found.append(store_settings.get("webhook_secret"))
    return tuple(dict.fromkeys(secret for secret in found if isinstance(secret, str) and secret))


def checked_envelope(source: Source, headers: Headers) -> Envelope:
    """The envelope with labels that can be stored; RefuseError naming the one that can't. Domains in lower case."""
    envelope = source.envelope(headers)
    for field in ("topic", "delivery_id", "event_id", "shop_domain", "api_version"):
        value = getattr(envelope, field)
        if value is not None and (len(value) > LONGEST_LABEL or not value.isprintable() or not value.strip()):
            raise RefuseError(
                f"The header that gives the {field} must be 1 to {LONGEST_LABEL} printable characters.",
                fields={field: "is empty, too long or not printable"},
            )
    domain = envelope.shop_domain
    return msgspec.structs.replace(envelope, shop_domain=domain.strip().lower()) if domain else envelope


def delivery_of(source: Source, envelope: Envelope, body: bytes) -> Delivery:
    """What is kept. Without an id of the sender's, the same topic and bytes are the same delivery."""
    own_id = hashlib.sha256(envelope.topic.encode() + b"\x00" + body).hexdigest()
    return Delivery(
        source=source.name,
        topic=envelope.topic,
        delivery_id=envelope.delivery_id or f"sha256:{own_id}",
        event_id=envelope.event_id,
        triggered_at=envelope.triggered_at,
        api_version=envelope.api_version,
        body=body,
        outcome="kept" if envelope.topic in source.topics else "unsupported_topic",
    )
