"""What an order turned out to be, told by somebody who knows: a label, with when it happened and when it was known."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

LabelName = Literal["fraud", "legitimate"]
LabelSource = Literal[
    "dispute", "refund", "cancellation", "analyst", "riskified", "sift", "import", "api", "delivered"
]  # fmt: skip
LABEL_SOURCES: tuple[LabelSource, ...] = (
    "dispute", "refund", "cancellation", "analyst", "riskified", "sift", "import", "api", "delivered",
)  # fmt: skip


class NewLabel(msgspec.Struct, frozen=True, kw_only=True):
    """A label to be kept. It is of an order (by the shop's id or ours) or, with neither, of a customer.

    `reference` is the source's own id of what happened: told twice, it is kept once. `event_at` is when it happened,
    `known_at` when the store could first know; an evaluation as of a time sees only what was known by then.
    """

    label: LabelName
    source: LabelSource
    reference: str
    event_at: datetime
    known_at: datetime
    created_by: str
    order_external_id: str | None = None
    order_id: UUID | None = None
    customer_id: UUID | None = None
    reason_code: str | None = None
    note: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
