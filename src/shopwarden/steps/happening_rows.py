"""A happening as vendors hear of it, from the rows as they are now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import get_args

from shopwarden.contracts.job import Payload
from shopwarden.domain.ids import CustomerId, OrderId, StoreId
from shopwarden.domain.inquiry import Happening, HappeningKind, Inquiry
from shopwarden.errors import SkipError
from shopwarden.steps.inquiries import Sight, inquiry_of
from shopwarden.steps.visit_tellings import visit_happening
from shopwarden.store.asked_rows import AskedRows, read_asked_rows
from shopwarden.store.database import Connection
from shopwarden.store.facts import read_order
from shopwarden.store.facts_rows import OrderRow
from shopwarden.store.tellings import Detail, DetailOf, find_customer, find_order, read_detail

_KINDS: Mapping[str, HappeningKind] = {kind: kind for kind in get_args(HappeningKind)}
_DETAILS: Mapping[str, DetailOf] = {
    "order_refunded": "refund", "chargeback": "dispute", "payment_failed": "payment", "payment_succeeded": "payment",
}  # fmt: skip
_DECISIONS = ("approve", "review", "decline")


async def happening_of(connection: Connection, store_id: StoreId, payload: Payload) -> Happening | None:
    """None where the order or the customer is not stored (any more), or is a test's. SkipError for an unknown kind."""
    kind = _KINDS.get(str(payload.get("kind")))
    if kind is None:
        raise SkipError(f"nothing is known of a happening {str(payload.get('kind'))[:40]!r}")
    if "activity" in payload:
        return await visit_happening(connection, store_id, kind, payload)
    order_id, customer_id = await _whose(connection, store_id, payload)
    order = await read_order(connection, store_id, order_id) if order_id is not None else None
    if order is not None:
        customer_id = order.customer_id or customer_id
    if order is None and (customer_id is None or "order" in payload):
        return None
    rows = await read_asked_rows(connection, store_id, customer_id, order_id)
    inquiry = inquiry_of(datetime.now(UTC), order, rows, sight_of(order))
    reference = _text(payload, "reference")
    detail = await read_detail(connection, store_id, _DETAILS[kind], reference) if kind in _DETAILS and reference else None
    return _happening(kind, payload, inquiry, rows, detail)


async def _whose(connection: Connection, store_id: StoreId, payload: Payload) -> tuple[OrderId | None, CustomerId | None]:
    order, customer = _text(payload, "order"), _text(payload, "customer")
    order_id = await find_order(connection, store_id, order) if order is not None else None
    return order_id, await find_customer(connection, store_id, customer) if customer is not None else None


def sight_of(order: OrderRow | None) -> Sight:
    """What the order itself says of where it came from."""
    if order is None:
        return Sight()
    return Sight(
        ip=order.browser_ip,
        user_agent=order.user_agent,
        email=order.email,
        phone=order.phone,
        session_id=None if order.session_id is None else str(order.session_id),
    )


def _happening(kind: HappeningKind, payload: Payload, inquiry: Inquiry, rows: AskedRows, detail: Detail | None) -> Happening:
    reference, decision = _text(payload, "reference"), None
    if kind == "decided":
        decision, reference = (reference if reference in _DECISIONS else None), None
    is_bad = payload.get("is_bad")
    detail = detail or Detail(at=_moment(kind, inquiry, rows))
    return Happening(
        kind=kind,
        at=detail.at,
        inquiry=inquiry,
        reference=reference,
        amount=detail.amount,
        currency=detail.currency,
        status=detail.status or _text(payload, "status"),
        reason=detail.reason or _text(payload, "reason") or _cancel_reason(kind, inquiry),
        code=detail.code or _text(payload, "code"),
        decision=decision,  # type: ignore[arg-type]
        is_bad=is_bad if isinstance(is_bad, bool) else None,
        by=_text(payload, "by"),
    )


def _cancel_reason(kind: HappeningKind, inquiry: Inquiry) -> str | None:
    is_over = kind in ("order_cancelled", "decided") and inquiry.order is not None
    return inquiry.order.cancel_reason if is_over and inquiry.order is not None else None


def _moment(kind: HappeningKind, inquiry: Inquiry, rows: AskedRows) -> datetime:
    """When it happened, where the rows say; else now."""
    order, customer = inquiry.order, rows.customer
    at: datetime | None = None
    if order is not None:
        stages = {"order_created": order.created_at, "order_cancelled": order.cancelled_at, "decided": order.cancelled_at}
        at = stages.get(kind, order.updated_at)
    elif customer is not None:
        at = customer.created_at if kind == "customer_created" else customer.updated_at
    return min(at, inquiry.at) if at is not None else inquiry.at


def _text(payload: Payload, name: str) -> str | None:
    value = payload.get(name)
    return value if isinstance(value, str) and value else None
