"""What goes on in a whole store, as alerts in words: waves, busy sources, silence, outages, drift; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Literal
from uuid import UUID

import msgspec

from shopwarden.domain.alert import Raising
from shopwarden.domain.spike import is_silence, is_wave, stability_index
from shopwarden.domain.thresholds import Thresholds

WINDOW = timedelta(minutes=10)
LEAST_JUDGED = 200
"""Fewer scores on either side say nothing of a drift."""
HOUSEHOLD = 3
SILENT_AT_LEAST = timedelta(minutes=20)
LASTING_FAULTS = frozenset({"auth", "quota"})
"""Faults that do not pass by themselves."""


class Refusals(msgspec.Struct, frozen=True, kw_only=True):
    """Failed payments of the last ten minutes, and of the windows of ten minutes before, newest first. `usual_amount`: the
    median of what was tried, in the shop's currency."""

    now: int
    past: Sequence[int]
    cards: int = 0
    addresses: int = 0
    visitors: int = 0
    usual_amount: Decimal | None = None


class Visits(msgspec.Struct, frozen=True, kw_only=True):
    """Suspicious visits begun in the last ten minutes, and in the windows of ten minutes before, newest first."""

    now: int
    past: Sequence[int]
    addresses: int = 0


SourceKind = Literal["ip", "device", "card"]
SOURCES: dict[SourceKind, str] = {"ip": "one IP address", "device": "one device", "card": "one card"}


class BusySource(msgspec.Struct, frozen=True, kw_only=True):
    """What one source ordered within an hour. `people`: how many are known to share it, None where nobody knows."""

    kind: SourceKind
    value: str
    orders: int
    customers: int
    people: int | None
    order_ids: Sequence[UUID]


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook source whose last delivery was at `last_at`; `past`: deliveries in the same hours of the days before."""

    source: str
    last_at: datetime
    past: Sequence[int]


class VendorTrouble(msgspec.Struct, frozen=True, kw_only=True):
    vendor: str
    kind: str | None
    since: datetime
    open_until: datetime | None


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """Orders judged by tenths of the score: of the last day, and of the four weeks before."""

    now: Sequence[int]
    before: Sequence[int]


def _window(at: datetime) -> str:
    seconds = int(WINDOW.total_seconds())
    return str(int(at.timestamp()) // seconds)


def _usually(past: Sequence[int]) -> str:
    mean = sum(past) / len(past) if past else 0.0
    return f"{mean:.0f}" if mean >= 1 else "hardly any"


def card_testing(seen: Refusals, wanted: Thresholds, at: datetime) -> Raising | None:
    if not is_wave(seen.now, seen.past, wanted.failed_payments_10_minutes, wanted.surprise):
        return None
    body = f"{seen.now} payments failed within ten minutes; {_usually(seen.past)} are usual here."
    if seen.cards:
        body += f" {seen.cards} different cards were tried."
    if seen.addresses:
        body += f" They came from {seen.addresses} IP address{'es' if seen.addresses > 1 else ''}."
    if seen.usual_amount is not None:
        body += f" Half of them were for {seen.usual_amount:.2f} or less."
    return Raising(
        kind="card_testing", severity="critical", group_key="card_testing", cause=f"card_testing:{_window(at)}",
        title=f"Card testing: {seen.now} failed payments in ten minutes", body=body, subject="store",
        facts={"failed": seen.now, "cards": seen.cards, "addresses": seen.addresses, "visitors": seen.visitors}, at=at,
    )  # fmt: skip


def bot_wave(seen: Visits, wanted: Thresholds, at: datetime) -> Raising | None:
    if not is_wave(seen.now, seen.past, wanted.suspicious_visits_10_minutes, wanted.surprise):
        return None
    body = f"{seen.now} visits like a program's began within ten minutes; {_usually(seen.past)} are usual here."
    if seen.addresses:
        body += f" They came from {seen.addresses} IP address{'es' if seen.addresses > 1 else ''}."
    return Raising(
        kind="bot_wave", severity="warning", group_key="bot_wave", cause=f"bot_wave:{_window(at)}",
        title=f"Wave of bots: {seen.now} visits in ten minutes", body=body, subject="store",
        facts={"visits": seen.now, "addresses": seen.addresses}, at=at,
    )  # fmt: skip


def velocity(seen: BusySource, wanted: Thresholds, at: datetime) -> Raising | None:
    """A source that is known to be shared may bring as many times more as it has households."""
    share = max(1.0, (seen.people or 0) / HOUSEHOLD)
    many_customers = seen.customers >= wanted.customers_of_one_source_1_hour * share
    if not many_customers and seen.orders < wanted.orders_of_one_source_1_hour * share:
        return None
    name = blake2b(f"{seen.kind}:{seen.value}".encode(), digest_size=8).hexdigest()
    body = f"{seen.orders} orders of {seen.customers} customer{'s' if seen.customers != 1 else ''} came from " + (
        f"{SOURCES[seen.kind]} within an hour."
    )
    if seen.people is not None and seen.people > 1:
        body += f" {seen.people} people are known to share it."
    return Raising(
        kind="velocity", severity="critical" if many_customers else "warning", group_key=f"velocity:{name}",
        cause=f"velocity:{name}:{seen.orders}:{max(map(str, seen.order_ids), default='')}",
        title=f"{seen.orders} orders from {SOURCES[seen.kind]} within an hour", body=body, subject="source",
        facts={
            "source": seen.kind, "orders": seen.orders, "customers": seen.customers,
            "order_ids": [str(one) for one in seen.order_ids],
        },
        at=at,
    )  # fmt: skip


def webhook_silence(seen: Silence, wanted: Thresholds, at: datetime) -> Raising | None:
    quiet = at - seen.last_at
    if quiet < SILENT_AT_LEAST or not is_silence(seen.past, wanted.silence):
        return None
    return Raising(
        kind="webhook_silence", severity="critical", group_key=f"webhook_silence:{seen.source}",
        cause=f"webhook_silence:{seen.source}:{seen.last_at.isoformat()}",
        title=f"No webhooks from {seen.source} for {_long(quiet)}",
        body=f"The last one came at {seen.last_at:%Y-%m-%d %H:%M} UTC; in the same hours of the last two weeks there were "
        f"{sum(seen.past) / len(seen.past):.0f} on average. Orders may be missing until the source is heard again.",
        subject="source", subject_id=seen.source, facts={"source": seen.source, "minutes": int(quiet.total_seconds() // 60)},
        at=at,
    )  # fmt: skip


def _long(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"


_FAULTS = {"auth": "It refuses the store's key.", "quota": "The credits of the store's account are used up."}


def vendor_outage(seen: VendorTrouble, at: datetime) -> Raising:
    lasting = seen.kind in LASTING_FAULTS
    body = _FAULTS.get(seen.kind or "", "It failed several times in a row.")
    if seen.open_until is not None and seen.open_until > at:
        body += f" It is left alone until {seen.open_until:%H:%M} UTC."
    return Raising(
        kind="vendor_outage", severity="critical" if lasting else "warning", group_key=f"vendor_outage:{seen.vendor}",
        cause=f"vendor_outage:{seen.vendor}:{seen.since:%Y-%m-%dT%H:%M}", title=f"{seen.vendor} gives no answers",
        body=f"{body} Orders are scored without it; every verdict says so.", subject="vendor", subject_id=seen.vendor,
        facts={"vendor": seen.vendor, "fault": seen.kind}, at=at,
    )  # fmt: skip


def score_drift(seen: Scores, wanted: Thresholds, at: datetime) -> Raising | None:
    if min(sum(seen.now), sum(seen.before)) < LEAST_JUDGED:
        return None
    index = stability_index(seen.before, seen.now)
    if index < wanted.score_drift:
        return None
    high = [100 * sum(counts[5:]) / sum(counts) for counts in (seen.before, seen.now)]
    return Raising(
        kind="score_drift", severity="warning", group_key="score_drift", cause=f"score_drift:{at:%Y-%m-%d}",
        title="Scores of orders have shifted",
        body=f"Scores of 50 and more: {high[1]:.1f} % of the last day's orders, {high[0]:.1f} % of those of the four weeks "
        f"before (population stability index {index:.2f}). Either other people buy, or a signal or a vendor has changed.",
        subject="store", facts={"index": round(index, 4), "now": list(seen.now), "before": list(seen.before)}, at=at,
    )  # fmt: skip
