"""Who was forgotten, kept as digests alone; and what is left of an event of such a person: the shop's accounts."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from uuid import UUID

from msgspec.structs import replace

from shopwarden.domain import events as e
from shopwarden.domain.identity import identifiers_of


def digests_of(store_id: UUID, names: Iterable[str]) -> list[bytes]:
    """What stands for a Shopify id, an e-mail address or a phone number; of no use in another store."""
    return sorted({blake2b(name.encode("utf-8", "replace"), digest_size=16, key=store_id.bytes).digest() for name in names})


def names_in(event: e.DomainEvent) -> set[str]:
    """Every text of an event by which a person may have been forgotten."""
    if isinstance(event, e.PrivacyRequested):
        return set()
    customer: e.CustomerObservation | None = getattr(event, "customer", None)
    said = {identifier.value for identifier in identifiers_of(customer)} if customer is not None else set()
    beside = (getattr(event, field, None) for field in ("customer_external_id", "email", "phone"))
    return said | {text for text in beside if isinstance(text, str) and text}


def without_person(event: e.DomainEvent) -> e.DomainEvent | None:
    """The event as it is kept of somebody forgotten; None where it tells of the person alone."""
    if isinstance(event, e.OrderSeen):
        return replace(
            event, customer=None, customer_external_id=None, email=None, phone=None, token=None, checkout_token=None,
            cart_token=None, browser_ip=None, user_agent=None, accept_language=None, billing_address=None,
            shipping_address=None, card=e.Card(), landing_site=None, referring_site=None, tags=(), note=None,
        )  # fmt: skip
    if isinstance(event, e.CheckoutSeen):
        return replace(
            event, customer=None, customer_external_id=None, email=None, phone=None, cart_token=None, billing_address=None,
            shipping_address=None, landing_site=None, referring_site=None, abandoned_checkout_url=None,
        )  # fmt: skip
    return None if names_in(event) else event
