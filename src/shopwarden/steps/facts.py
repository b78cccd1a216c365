"""Facts put together from rows and look-ups: pure, so that a receipt, a test and production say the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from shopwarden.domain.facts import (
    CrowdFacts,
    CustomerFacts,
    DeviceFacts,
    EmailFacts,
    Facts,
    IpFacts,
    PhoneFacts,
    PlaceFacts,
    SessionFacts,
    StoreFacts,
    VisitorFacts,
)
from shopwarden.domain.patterns import NO_INPUT
from shopwarden.steps.order_facts import order_facts
from shopwarden.store.facts_rows import (
    Background,
    CustomerRow,
    DeviceRow,
    OrderRow,
    SessionRow,
    StoreValues,
    VisitorRow,
)

FAMILIAR_AFTER = timedelta(days=7)
"""What a customer used longer ago than this is familiar; fraud with a taken account is sooner."""


class LookedUp(msgspec.Struct, frozen=True, kw_only=True):
    """What the offline sources say of the order's values."""

    ip: IpFacts | None = None
    agent: DeviceFacts | None = None
    email: EmailFacts | None = None
    phone: PhoneFacts | None = None
    billing: PlaceFacts | None = None
    shipping: PlaceFacts | None = None


class Materials(msgspec.Struct, frozen=True, kw_only=True):
    """All that one decision is made from. `of_customer`: the customer is judged, the order is only its latest."""

    at: datetime
    values: StoreValues
    background: Background
    looked_up: LookedUp
    order: OrderRow | None = None
    joined_by: str | None = None
    attempts: int | None = None
    """Refused payments the caller of a check told of."""
    of_customer: bool = False


def assemble(materials: Materials) -> Facts:
    found, looked_up = materials.background, materials.looked_up
    order, at = materials.order, materials.at
    counted_failures = found.address.failed_payments
    failures = counted_failures if materials.attempts is None else max(materials.attempts, counted_failures)
    return Facts(
        at=at,
        store=_store(materials.values),
        order=None
        if order is None
        else order_facts(order, looked_up.billing, looked_up.shipping, failures, found.address.distinct_cards),
        customer=None if found.customer is None else _customer(found.customer, found, materials),
        visitor=None if found.visitor is None else _visitor(found.visitor, at),
        session=None if found.session is None else _session(found.session, at),
        ip=looked_up.ip,
        device=_device(found.device, looked_up.agent, order),
        email=_email(looked_up.email, materials),
        phone=looked_up.phone,
        velocity=found.velocity,
        crowd=CrowdFacts(ip=found.crowd.ip, device=found.crowd.device, address=found.crowd.address),
        lists=found.lists.read(),
        joined_by=materials.joined_by,
    )


def _store(values: StoreValues) -> StoreFacts:
    return StoreFacts(
        currency=values.currency,
        fraud_rate=values.fraud_rate,
        usual_order_value=values.usual_order_value,
        high_order_value=values.high_order_value,
        chargeback_window_days=values.chargeback_window_days,
    )


def _customer(customer: CustomerRow, found: Background, materials: Materials) -> CustomerFacts:
    order, at, history, labels = materials.order, materials.at, found.history, found.labels
    stated = customer.stated_orders_count
    if stated is not None and order is not None:
        # The shop's own count has this order in it already.
        stated = max(0, stated - 1)
    own = materials.of_customer
    first_ip = _earliest(history.first_ip, history.first_ip_order)
    first_device = _earliest(history.first_device_order, history.first_device_session)
    device_known = order is not None and order.device_id is not None
    return CustomerFacts(
        status=customer.status,
        is_blocked=customer.is_blocked,
        account_type=customer.customer_type,
        created_at=customer.created_at,
        orders_count=max(history.orders, stated or 0),
        total_spent=_spent(history.spent, customer.stated_total_spent, order),
        usual_order_value=history.usual_value,
        seasoned_orders=history.seasoned,
        disputes=history.disputes + (history.own_disputes if own else 0),
        refunds=history.refunds + (min(1, history.own_refunds) if own else 0),
        confirmed_good_orders=labels.good_orders,
        confirmed_fraud_orders=labels.fraud_orders,
        labelled=labels.said or "none",
        email_verified=customer.email_verified,
        phone_verified=customer.phone_verified,
        abandoned_checkouts=customer.abandoned_checkouts_count,
        known_ip=_is_familiar(first_ip, at) if order and order.browser_ip else None,
        ip_known_days=None if first_ip is None else _days(at - first_ip),
        known_device=_is_familiar(first_device, at) if device_known else None,
        known_shipping_address=_is_familiar(history.first_shipping, at) if order and order.shipping_key else None,
    )


def _spent(counted: Decimal, stated: Decimal | None, order: OrderRow | None) -> Decimal:
    if stated is None:
        return counted
    before = stated - (order.total or 0 if order is not None else 0)
    return max(counted, before)


def _earliest(*times: datetime | None) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


def _is_familiar(first: datetime | None, at: datetime) -> bool:
    return first is not None and at - first > FAMILIAR_AFTER


def _days(span: timedelta) -> float:
    return max(0.0, span / timedelta(days=1))


def _visitor(visitor: VisitorRow, at: datetime) -> VisitorFacts:
    return VisitorFacts(
        first_seen=min(visitor.first_seen, at),
        sessions=visitor.sessions,
        page_views=visitor.page_views,
        avg_session_seconds=visitor.session_seconds / visitor.sessions if visitor.sessions else None,
        device_changes=visitor.device_changes,
        location_changes=visitor.location_changes,
        distinct_ips_1h=visitor.distinct_ips_1h,
        distinct_ips_24h=visitor.distinct_ips_24h,
        fastest_travel_kmh=visitor.fastest_travel_kmh,
        checkouts_started=visitor.checkouts_started,
        orders=visitor.orders,
        failed_payments_1h=visitor.failed_payments_1h,
        failed_payments_total=visitor.failed_payments_total,
        linked_customers=visitor.linked_customers,
    )


def _session(session: SessionRow, at: datetime) -> SessionFacts:
    # What the session did after the order is not what the order was judged by.
    seconds = max(0.0, (min(session.ended_at, at) - session.started_at).total_seconds())
    checkout = session.checkout_at
    return SessionFacts(
        seconds=seconds,
        seconds_to_checkout=None if checkout is None else max(0.0, (checkout - session.started_at).total_seconds()),
        page_views=session.page_views,
        product_views=session.product_views,
        cart_adds=session.cart_adds,
        checkouts_started=session.checkouts_started,
        median_page_seconds=session.median_page_seconds,
        page_rhythm=session.page_rhythm,
        pages_per_minute=session.page_views * 60.0 / seconds if seconds > 0 and session.page_views > 1 else None,
        direct_checkout=session.direct_checkout if session.checkouts_started else None,
        untouched=True if NO_INPUT in session.patterns else False if session.inputs else None,
    )


def _device(device: DeviceRow | None, agent: DeviceFacts | None, order: OrderRow | None) -> DeviceFacts | None:
    """The device the visit showed, filled up with what the order's user agent tells."""
    if device is None and agent is None:
        return None
    facts = agent or DeviceFacts()
    if device is not None:
        seen = {field: value for field in DeviceRow.__struct_fields__ if (value := getattr(device, field)) is not None}
        seen["is_bot"] = device.is_bot or bool(facts.is_bot)
        seen["is_automated"] = device.is_automated or facts.is_automated
        facts = replace(facts, **seen)
    return replace(facts, languages=_languages(order.accept_language if order else None) or facts.languages)


def _languages(header: str | None) -> tuple[str, ...] | None:
    """Language tags of an Accept-Language header, as they stand in it."""
    if not header:
        return None
    tags = (part.partition(";")[0].strip() for part in header.split(",")[:10])
    return tuple(tag for tag in tags if tag and tag != "*") or None


def _email(email: EmailFacts | None, materials: Materials) -> EmailFacts | None:
    if email is None:
        return None
    address = materials.background.address
    first = _earliest(address.email_customer_since, address.email_order_since, materials.at)
    return replace(email, first_seen=first, domain_customers=address.domain_customers)
