"""Rows of the collect path, made of what the fold came to; columns in the order the store's statements name them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from uuid import UUID

import msgspec

from shopwarden.domain.facts import DeviceFacts, IpFacts
from shopwarden.domain.ids import new_id, stable_id
from shopwarden.domain.patterns import median_seconds, rhythm
from shopwarden.domain.visit import Visit
from shopwarden.steps.placing import Device
from shopwarden.steps.thinking import Filed, Outcome
from shopwarden.store.collecting import KnownVisitor
from shopwarden.store.upserts import Row

DEVICE_REFRESH_SECONDS = 3600.0
"""A device that was written within the hour is not written again for every event."""

Owned = tuple[KnownVisitor, Filed]

_written: dict[tuple[UUID, UUID, bool], float] = {}


def _money(amount: float) -> str:
    return f"{amount:.2f}"


def visitor_row(visitor: KnownVisitor, outcome: Outcome) -> Row:
    state = outcome.state
    newest = outcome.filed[-1].placed
    # An event that came late does not tell where the visitor is now.
    is_newest = newest.step.key == state.last_key
    ip, device = (newest.ip, newest.device) if is_newest else (None, None)
    hidden = any(one.placed.ip is not None and _hides(one) for one in outcome.filed)
    return (
        visitor.store_id, visitor.anonymous_id, visitor.id, state.first_at, state.last_at,
        state.sessions, state.page_views, state.events, state.seconds, state.bounced, state.converted, state.abandoned,
        state.orders, _money(state.revenue), state.device_changes, state.location_changes, state.fastest_kmh,
        ip.address if ip else None, ip.country if ip else None, ip.region if ip else None, ip.city if ip else None,
        device.id if device else None, device.fingerprint if device else None,
        newest.event.user_agent if is_newest else None,
        bool(device and device.facts.is_bot), device.facts.bot_name if device else None, hidden,
        sorted(state.patterns), state,
    )  # fmt: skip


def _hides(filed: Filed) -> bool:
    ip = filed.placed.ip
    return bool(ip and (ip.is_vpn or ip.is_proxy or ip.is_tor))


def session_row(visitor: KnownVisitor, visit: Visit) -> Row:
    return (
        visitor.store_id, visit.id, visitor.id, visit.started, visit.last, visit.events,
        visit.page_views, visit.product_views, visit.cart_adds, visit.checkouts, visit.orders, _money(visit.revenue),
        visit.failed, visit.checkout_at, visit.direct, median_seconds(visit.intervals), rhythm(visit.intervals),
        visit.patterns, visit.entry or None, visit.exit or None, visit.referrer or None, _campaign(visit.campaign),
        visit.ip, visit.country, visit.device or None, visit.number, visit.source, visit.path, _money(visit.basket),
        visit.visible, visit.inputs,
    )  # fmt: skip


def _campaign(text: str) -> dict[str, str]:
    parts = zip(("source", "medium", "name", "term", "content"), text.split("|"), strict=False)
    return {name: value for name, value in parts if value}


def activity_row(visitor: KnownVisitor, filed: Filed) -> Row:
    placed = filed.placed
    event = placed.event
    return (
        visitor.store_id, filed.id, filed.at, visitor.customer_id, event.activity, msgspec.Raw(event.data),
        placed.ip.address if placed.ip else None, filed.session_id, visitor.id,
        placed.device.id if placed.device else None, placed.ip.country if placed.ip else None,
    )  # fmt: skip


def forget_devices() -> None:
    """After a failed transaction nothing may be taken for written."""
    _written.clear()


def device_rows(filed: Iterable[Owned]) -> list[Row]:
    now = time.monotonic()
    if len(_written) > 200_000:
        _written.clear()
    found: dict[tuple[UUID, UUID], Row] = {}
    for visitor, one in filed:
        device = one.placed.device
        if device is None:
            continue
        mark = (visitor.store_id, device.id, device.automated)
        if now - _written.get(mark, -DEVICE_REFRESH_SECONDS) >= DEVICE_REFRESH_SECONDS:
            _written[mark] = now
            found[visitor.store_id, device.id] = _device_row(visitor.store_id, device, one)
    return [found[key] for key in sorted(found)]


def _device_row(store_id: UUID, device: Device, filed: Filed) -> Row:
    facts = device.facts
    return (
        store_id, device.id, device.fingerprint, device.is_strong, device.user_agent, facts.browser, facts.browser_version,
        facts.os, facts.os_version, facts.kind, facts.brand, facts.model, device.timezone or None, device.screen or None,
        bool(facts.is_bot), device.automated, filed.at, filed.at,
    )  # fmt: skip


def ip_rows(filed: Iterable[Owned]) -> list[Row]:
    found: dict[tuple[UUID, UUID, str], list[float]] = {}
    for visitor, one in filed:
        if one.placed.ip is not None:
            found.setdefault((visitor.store_id, visitor.id, one.placed.ip.address), []).append(one.placed.step.at)
    return [(*key, min(times), max(times), len(times)) for key, times in sorted(found.items())]


def customer_ip_rows(filed: Iterable[Owned]) -> list[Row]:
    """The addresses of events whose visitor is a known customer."""
    found: dict[tuple[UUID, UUID, str], list[Filed]] = {}
    for visitor, one in filed:
        if visitor.customer_id is not None and one.placed.ip is not None:
            found.setdefault((visitor.store_id, visitor.customer_id, one.placed.ip.address), []).append(one)
    return [_customer_ip_row(key, events) for key, events in sorted(found.items(), key=lambda pair: pair[0])]


def _customer_ip_row(key: tuple[UUID, UUID, str], events: list[Filed]) -> Row:
    times = [one.placed.step.at for one in events]
    ip, device = events[-1].placed.ip or IpFacts(address=key[2]), events[-1].placed.device
    agent = device.facts if device is not None else DeviceFacts()
    return (
        key[0], new_id(), key[1], key[2], ip.country, ip.region, ip.city, ip.postal_code, ip.latitude, ip.longitude,
        ip.timezone, ip.isp, ip.organization, ip.connection_type, ip.is_vpn, ip.is_proxy, ip.is_tor, ip.is_hosting,
        ip.is_mobile, device.user_agent if device else None, agent.browser, agent.browser_version, agent.os,
        agent.os_version, agent.kind, agent.brand, agent.model, min(times), max(times), len(times),
    )  # fmt: skip


def token_rows(filed: Iterable[Owned]) -> list[Row]:
    """One row a token: its newest use."""
    found: dict[tuple[UUID, str, str], Row] = {}
    newest: dict[tuple[UUID, str, str], float] = {}
    for visitor, one in filed:
        for kind, token in one.placed.event.tokens:
            key = (visitor.store_id, token, kind)
            if one.at >= newest.get(key, 0.0):
                newest[key] = one.at
                found[key] = (*key, visitor.id, one.session_id, one.at)
    return [found[key] for key in sorted(found)]


def payment_row(visitor: KnownVisitor, filed: Filed) -> Row:
    placed = filed.placed
    payment = placed.event.payment or {}
    amount = payment.get("amount") or payment.get("value") or payment.get("total")
    checkout = next((token for kind, token in placed.event.tokens if kind == "checkout"), None)
    return (
        visitor.store_id, new_id(), f"event:{filed.id}", checkout, visitor.id, visitor.customer_id,
        placed.ip.address if placed.ip else None, placed.device.id if placed.device else None,
        "failed" if placed.event.activity == "payment_failed" else "succeeded", payment.get("error_code"),
        payment.get("gateway"), _card_key(payment), _amount(amount), payment.get("currency"), filed.at,
    )  # fmt: skip


def _card_key(payment: dict[str, str | None]) -> str | None:
    """What stands for the card: the sender's own key, else a hash of the few digits a shop may know."""
    if payment.get("card_key"):
        return payment["card_key"]
    first, last = payment.get("card_bin"), payment.get("card_last4")
    return stable_id("card", first or "", last).hex if last else None


def _amount(text: str | None) -> str | None:
    try:
        amount = float(text) if text else None
    except ValueError:
        return None
    return _money(amount) if amount is not None and 0 <= amount < 1e11 else None
