"""Shopify's webhooks: who signed them, what their headers say, and what each topic means in our own words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from shopwarden.contracts.source import Source
from shopwarden.domain.events import DomainEvent
from shopwarden.errors import SkipError
from shopwarden.sources.shopify import account, carts, checkouts, customers, orders, payments, privacy
from shopwarden.sources.shopify.body import Body, read_body
from shopwarden.sources.shopify.headers import SIGNATURES, read_envelope, verify

Translator = Callable[[Body], tuple[DomainEvent, ...]]
TOPICS: dict[str, Translator] = {
    **account.TOPICS,
    **carts.TOPICS,
    **checkouts.TOPICS,
    **customers.TOPICS,
    **orders.TOPICS,
    **payments.TOPICS,
    **privacy.TOPICS,
}


def translate(topic: str, body: bytes, triggered_at: datetime | None) -> tuple[DomainEvent, ...]:
    """What happened. SkipError when the body is no JSON object or lacks what it is about."""
    translator = TOPICS.get(topic)
    if translator is None:
        raise SkipError(f"topic {topic[:100]!r} is not one this source reads")
    return translator(read_body(body, triggered_at))


SOURCE = Source(
    name="shopify",
    verify=verify,
    envelope=read_envelope,
    topics=frozenset(TOPICS),
    translate=translate,
    signature_headers=SIGNATURES,
)
