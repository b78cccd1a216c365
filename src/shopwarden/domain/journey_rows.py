"""What is kept of a visitor's journey, as it is read: the rows a journey is put together from."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    number: int
    started_at: datetime
    ended_at: datetime
    visible_seconds: float
    source: str
    campaign: dict[str, str]
    referrer: str | None
    ip: str | None
    country_code: str | None
    entry_page: str | None
    exit_page: str | None
    path: str
    events: int
    page_views: int
    product_views: int
    cart_adds: int
    checkouts_started: int
    failed_payments: int
    orders: int
    revenue: Decimal
    basket_value: Decimal
    patterns: list[str]
    browser: str | None
    os: str | None
    device_kind: str | None


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a browser; `activity_data` is as it was sent and never handed on as a whole."""

    id: UUID
    created_at: datetime
    activity_type: str
    activity_data: dict[str, object]
    ip_address: str | None
    session_id: UUID
    device_id: UUID | None

    @property
    def properties(self) -> dict[str, object]:
        given = self.activity_data.get("properties")
        return given if isinstance(given, dict) else {}

    @property
    def checkout_token(self) -> str | None:
        for name in ("checkout_token", "checkout_id"):
            token = self.properties.get(name)
            if isinstance(token, str | int) and not isinstance(token, bool) and str(token).strip():
                return str(token).strip()[:200]
        return None


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A payment attempt; `external_id` is `event:<id>` where a browser's event told of it."""

    id: UUID
    external_id: str
    checkout_token: str | None
    status: str
    error_code: str | None
    gateway: str | None
    amount: Decimal | None
    currency: str | None
    at: datetime


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    external_id: str
    name: str | None
    session_id: UUID | None
    checkout_token: str | None
    total: Decimal | None
    currency: str | None
    financial_status: str | None
    cancelled_at: datetime | None
    risk_score: int | None
    risk_level: str | None
    advice: str | None
    label: str
    created_at: datetime


class CheckoutRow(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    total: Decimal | None
    currency: str | None
    created_at: datetime
    completed_at: datetime | None
    is_abandoned: bool
