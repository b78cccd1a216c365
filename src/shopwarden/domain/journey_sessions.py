"""Puts a visitor's journey together: every event, payment and order at its place in its session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shopwarden.domain.flow import Ending, ending_of
from shopwarden.domain.ids import tail_of
from shopwarden.domain.journey import JourneyCheckout, JourneyDevice, JourneyEvent, JourneySession, Outcome
from shopwarden.domain.journey_events import (
    OPENLY,
    Showing,
    event_of,
    order_event,
    order_of,
    payment_event,
)
from shopwarden.domain.journey_risk import Noted
from shopwarden.domain.journey_rows import AttemptRow, CheckoutRow, EventRow, OrderRow, SessionRow
from shopwarden.domain.masking import mask_ip
from shopwarden.domain.page_kind import CHECKOUT, NAMES
from shopwarden.domain.visit import BROWSE_TYPES, IDLE_SECONDS

AFTER_A_SESSION = timedelta(days=1)
"""What the shop tells of this long after a session still belongs to it: payments are captured, orders written."""


class Material(msgspec.Struct, kw_only=True):
    """All that was read for some sessions. `events` by session in order of time, as many as are shown; `noted` by key."""

    events: Mapping[UUID, Sequence[EventRow]]
    attempts: Sequence[AttemptRow]
    orders: Sequence[OrderRow]
    checkouts: Sequence[CheckoutRow]
    noted: Mapping[str, Noted]


def sessions_of(
    rows: Sequence[SessionRow], material: Material, show: Showing, now: datetime, until: datetime | None
) -> list[JourneySession]:
    """The sessions as shown, in the order of `rows`, which is newest first. `until`: when the next one after them began."""
    tokens = {
        row.id: {token for event in material.events.get(row.id, ()) if (token := event.checkout_token)} for row in rows
    }
    attempts: dict[UUID, list[AttemptRow]] = {}
    for attempt in material.attempts:
        if _event_id(attempt) is not None:
            continue  # the browser's event tells of it
        session = _session_of(rows, tokens, attempt.checkout_token, attempt.at, until)
        if session is not None:
            attempts.setdefault(session, []).append(attempt)
    orders: dict[UUID, list[OrderRow]] = {}
    for order in material.orders:
        known = order.session_id if order.session_id in tokens else None
        session = known or _session_of(rows, tokens, order.checkout_token, None, until)
        if session is not None:
            orders.setdefault(session, []).append(order)
    return [
        _session(row, material, tokens[row.id], (attempts.get(row.id, []), orders.get(row.id, [])), (show, now))
        for row in rows
    ]


def _event_id(attempt: AttemptRow) -> UUID | None:
    kind, _, identity = attempt.external_id.partition(":")
    try:
        return UUID(identity) if kind == "event" else None
    except ValueError:
        return None


def _session_of(
    rows: Sequence[SessionRow],
    tokens: Mapping[UUID, set[str]],
    token: str | None,
    at: datetime | None,
    until: datetime | None,
) -> UUID | None:
    """By the checkout, else the latest session begun before it."""
    if token:
        named = next((row.id for row in rows if token in tokens[row.id]), None)
        if named is not None:
            return named
    if at is None or (until is not None and at >= until):
        return None
    row = next((row for row in rows if row.started_at <= at), None)
    return row.id if row is not None and at <= row.ended_at + AFTER_A_SESSION else None


def _session(
    row: SessionRow,
    material: Material,
    tokens: set[str],
    told: tuple[Sequence[AttemptRow], Sequence[OrderRow]],
    how: tuple[Showing, datetime],
) -> JourneySession:
    show, now = how
    shown = material.events.get(row.id, ())
    openly = show is OPENLY
    return JourneySession(
        session_id=row.id,
        number=row.number,
        started_at=row.started_at,
        ended_at=row.ended_at,
        duration_seconds=round((row.ended_at - row.started_at).total_seconds(), 3),
        visible_seconds=row.visible_seconds,
        source=show.text(row.source) or row.source,
        campaign={name: show.text(value) or "" for name, value in row.campaign.items()},
        referrer=show.page(row.referrer),
        ip=row.ip if openly else mask_ip(row.ip),
        country=row.country_code,
        device=JourneyDevice(browser=row.browser, os=row.os, kind=row.device_kind) if _has_device(row) else None,
        entry_page=show.page(row.entry_page),
        exit_page=show.page(row.exit_page),
        way=[NAMES[letter] for letter in row.path if letter in NAMES],
        page_views=row.page_views,
        basket_value=row.basket_value,
        revenue=row.revenue,
        patterns=row.patterns,
        outcome=_outcome(row, shown, bool(told[1])),
        is_open=now - row.ended_at <= timedelta(seconds=IDLE_SECONDS),
        checkouts=[_checkout(one) for one in material.checkouts if one.token in tokens],
        events=_events(shown, material, told, show),
        events_left_out=max(0, row.events - len(shown)),
    )


def _has_device(row: SessionRow) -> bool:
    return bool(row.browser or row.os or row.device_kind)


def _outcome(row: SessionRow, shown: Sequence[EventRow], ordered: bool) -> Outcome:
    ending = ending_of(
        paid=row.orders > 0 or ordered,
        at_checkout=row.checkouts_started > 0 or row.failed_payments > 0 or CHECKOUT in row.path,
        filled_basket=row.cart_adds > 0 or row.basket_value > 0,
    )
    if ending is Ending.LEFT:
        busy = row.page_views > 1 or row.product_views or any(one.activity_type in BROWSE_TYPES for one in shown)
        return "left" if busy else "bounced"
    return ending.value  # type: ignore[return-value]


def _checkout(row: CheckoutRow) -> JourneyCheckout:
    return JourneyCheckout(
        started_at=row.created_at,
        completed_at=row.completed_at,
        is_abandoned=row.is_abandoned,
        total=row.total,
        currency=row.currency,
    )


def _events(
    rows: Sequence[EventRow],
    material: Material,
    told: tuple[Sequence[AttemptRow], Sequence[OrderRow]],
    show: Showing,
) -> list[JourneyEvent]:
    """The browser's events with the payments and orders they stand for, and in between those only the shop told of."""
    by_event = {identity: one for one in material.attempts if (identity := _event_id(one))}
    attempts, orders = told
    left = list(orders)
    events = []
    for row in rows:
        event = event_of(row, material.noted.get(f"{tail_of(row.id):019x}"), by_event.get(row.id), show)
        if row.activity_type == "order_completed":
            order = next((one for one in left if _is_of(row, one)), None)
            if order is not None:
                left.remove(order)
                event = replace(event, order=order_of(order))
        events.append(event)
    events += [payment_event(one, show) for one in attempts]
    events += [order_event(one, show) for one in left]
    return sorted(events, key=lambda event: event.at)


def _is_of(row: EventRow, order: OrderRow) -> bool:
    named = {str(row.properties.get(name)) for name in ("order_id", "orderId", "order_name", "order_number")} - {"None"}
    if named & ({order.external_id, order.name} if order.name else {order.external_id}):
        return True
    return row.checkout_token is not None and row.checkout_token == order.checkout_token
