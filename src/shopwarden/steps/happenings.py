"""Which happenings follow from what the shop told, for vendors that learn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from msgspec import UNSET

from shopwarden.contracts.job import Payload
from shopwarden.domain import events as e
from shopwarden.domain.inquiry import HappeningKind

NEW = timedelta(seconds=10)
"""What is told of within this time of its making is new; later tellings are of changes."""
_PAYMENTS: dict[str, HappeningKind] = {"failed": "payment_failed", "succeeded": "payment_succeeded"}


class Telling(NamedTuple):
    """`about`: `order:{the shop's id}` or `customer:{the shop's id}`; tellings about the same leave in their order. `key`:
    the same for the same happening, however often it is told."""

    kind: HappeningKind
    about: str
    key: str
    reference: str | None = None
    status: str | None = None
    is_bad: bool | None = None
    reason: str | None = None
    by: str | None = None

    def payload(self) -> Payload:
        what, _, identity = self.about.partition(":")
        told: Payload = {"kind": self.kind, what: identity, "key": self.key}
        names = ("reference", "status", "is_bad", "reason", "by")
        further = {name: getattr(self, name) for name in names}
        return told | {name: value for name, value in further.items() if value is not None}


def tellings_of(happened: Sequence[e.DomainEvent]) -> list[Telling]:
    """In the order of the events; what is no vendor's business is left out."""
    return [telling for event in happened for telling in _of(event)]


def _of(event: e.DomainEvent) -> list[Telling]:
    if isinstance(event, e.CustomerSeen):
        return _of_customer(event)
    if isinstance(event, e.OrderSeen):
        return _of_order(event)
    if isinstance(event, e.RefundSeen):
        about = f"order:{event.order_external_id}"
        return [Telling("order_refunded", about, f"refund:{event.external_id}", event.external_id)]
    if isinstance(event, e.DisputeSeen) and event.order_external_id is not None and event.kind != "inquiry":
        key = f"dispute:{event.external_id}:{event.status or ''}"
        return [Telling("chargeback", f"order:{event.order_external_id}", key, event.external_id)]
    if isinstance(event, e.PaymentAttempted) and event.order_external_id is not None and event.status in _PAYMENTS:
        about, key = f"order:{event.order_external_id}", f"payment:{event.external_id}:{event.status}"
        return [Telling(_PAYMENTS[event.status], about, key, event.external_id)]
    return []


def _of_customer(event: e.CustomerSeen) -> list[Telling]:
    customer = event.customer
    if customer.shopify_id is None:
        return []
    made = customer.created_at
    is_new = made is not None and made is not UNSET and event.at - made < NEW
    kind: HappeningKind = "customer_created" if is_new else "customer_updated"
    return [Telling(kind, f"customer:{customer.shopify_id}", "created" if is_new else f"updated:{event.version}")]


def _of_order(event: e.OrderSeen) -> list[Telling]:
    if event.is_test or event.source == "check":
        return []
    about = f"order:{event.external_id}"
    if event.cancelled_at is not None:
        found = [Telling("order_cancelled", about, "cancelled")]
        if event.cancel_reason == "fraud":
            found.append(Telling("decided", about, "decided:decline", "decline"))
        return found
    if event.fulfillment_status == "fulfilled":
        return [Telling("order_fulfilled", about, "fulfilled")]
    if event.updated_at - event.created_at < NEW:
        return [Telling("order_created", about, "created")]
    return [Telling("order_updated", about, f"updated:{event.version}")]
