"""What Riskified and Sift decided on orders and users, kept as labels of theirs.

A chargeback that Riskified tells of is a dispute like any other. A refusal is a label of the vendor's own rank: a person's
word and an outcome count for more. An approval labels nothing, for it is an opinion before the fact; it takes back what the
same vendor refused before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from msgspec.structs import replace

from shopwarden.domain.events import DomainEvent, VendorDecided
from shopwarden.domain.ids import StoreId
from shopwarden.domain.label import LabelSource, NewLabel
from shopwarden.store.database import Connection
from shopwarden.store.labels import put_labels, withdraw_told
from shopwarden.store.tellings import find_customer

_SOURCES: dict[str, Literal["riskified", "sift"]] = {"riskified": "riskified", "sift": "sift"}
CHARGEBACK = "chargeback"


def label_told(event: VendorDecided, now: datetime) -> NewLabel | None:
    """The label a refusal of an order makes; None for every other word. Of a decision on a user the order is left out."""
    source = _SOURCES.get(event.source)
    if source is None or event.answer.opinion != "decline":
        return None
    is_chargeback = event.answer.status == CHARGEBACK
    kind: LabelSource = "dispute" if is_chargeback else source
    return NewLabel(
        label="fraud",
        source=kind,
        reference=f"{source}:{event.subject}:{event.external_id}:{event.version}"[:300],
        event_at=min(event.at, now),
        known_at=min(event.at, now),
        created_by=f"vendor:{source}",
        order_external_id=event.external_id if event.subject == "order" else None,
        reason_code=CHARGEBACK if is_chargeback else (event.answer.category or event.answer.status),
    )


async def keep_decisions(connection: Connection, store_id: StoreId, happened: Sequence[DomainEvent]) -> None:
    """Keeps the labels these events make and withdraws those they take back."""
    now = datetime.now(UTC)
    for event in happened:
        if not isinstance(event, VendorDecided) or event.source not in _SOURCES:
            continue
        customer = await find_customer(connection, store_id, event.external_id) if event.subject == "user" else None
        if event.subject == "user" and customer is None:
            continue
        if event.answer.opinion == "approve":
            whose = customer if customer is not None else event.external_id
            await withdraw_told(connection, store_id, _SOURCES[event.source], whose, min(event.at, now))
        label = label_told(event, now)
        if label is not None:
            await put_labels(connection, store_id, [_of(label, customer)])


def _of(label: NewLabel, customer: UUID | None) -> NewLabel:
    return label if customer is None else replace(label, customer_id=customer)
