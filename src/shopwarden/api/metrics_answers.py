"""What the metrics endpoints answer, and how each is come by: this time and the one before, counted side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar, cast

import msgspec

from shopwarden.api.metrics_cache import SharedAnswers
from shopwarden.contracts.store_metrics import Conversion, DeviceMatches, Headline, Patterns, TimeToFraud, Velocity
from shopwarden.domain.comparison import Change, change_of
from shopwarden.domain.flow_period import Period
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError
from shopwarden.store.database import Database
from shopwarden.store.metrics_conversion import conversion
from shopwarden.store.metrics_fingerprints import fingerprints
from shopwarden.store.metrics_patterns import counted_again, patterns
from shopwarden.store.metrics_time_to_fraud import time_to_fraud
from shopwarden.store.metrics_velocity import velocity


class Asked(NamedTuple):
    database: Database
    store_id: StoreId
    period: Period
    compares: bool
    shared: SharedAnswers


class MetricPeriod(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    """From the one moment until just before the other."""

    since: datetime
    until: datetime


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`changes` has the main figures now and before; both null parts of it and `previous` where nothing is compared."""

    period: MetricPeriod
    previous_period: MetricPeriod | None
    changes: dict[str, Change]


class ConversionAnswer(Answer, frozen=True, kw_only=True, rename="camel"):
    current: Conversion
    previous: Conversion | None


class TimeToFraudAnswer(Answer, frozen=True, kw_only=True, rename="camel"):
    current: TimeToFraud
    previous: TimeToFraud | None


class PatternAnswer(Answer, frozen=True, kw_only=True, rename="camel"):
    current: Patterns
    previous: Patterns | None


class VelocityAnswer(Answer, frozen=True, kw_only=True, rename="camel"):
    current: Velocity
    previous: Velocity | None


class FingerprintAnswer(Answer, frozen=True, kw_only=True, rename="camel"):
    current: DeviceMatches
    previous: DeviceMatches | None


class AllMetrics(msgspec.Struct, frozen=True, rename="camel"):
    conversion: ConversionAnswer
    time_to_fraud: TimeToFraudAnswer
    patterns: PatternAnswer
    velocity: VelocityAnswer
    fingerprints: FingerprintAnswer


class _Metric(Protocol):
    def headline(self) -> Headline: ...


Told = TypeVar("Told", bound=Answer)
Count = Callable[[Database, StoreId, Period], Awaitable[_Metric]]
COUNTS: dict[type[Answer], Count] = {
    ConversionAnswer: conversion,
    TimeToFraudAnswer: time_to_fraud,
    PatternAnswer: patterns,
    VelocityAnswer: velocity,
    FingerprintAnswer: fingerprints,
}


async def answer_of(kind: type[Told], asked: Asked) -> Told:
    """The answer, shared with whoever asks for the same."""
    key = (kind, asked.store_id, asked.period.since, asked.period.until, asked.compares)
    return await asked.shared.get(key, lambda: _counted(kind, asked))


async def _counted(kind: type[Told], asked: Asked) -> Told:
    before = _before(asked.period) if asked.compares else None
    now, then = await _both(kind, asked, before)
    earlier = then.headline() if then else {}
    changes = {name: change_of(value, earlier.get(name)) for name, value in now.headline().items()}
    make: Callable[..., Told] = kind
    return make(
        period=_told(asked.period),
        previous_period=_told(before) if before else None,
        changes=changes,
        current=now,
        previous=then,
    )


async def _both(kind: type[Answer], asked: Asked, before: Period | None) -> tuple[_Metric, _Metric | None]:
    count = COUNTS[kind]
    current = count(asked.database, asked.store_id, asked.period)
    if before is None:
        return await current, None
    if kind is PatternAnswer:
        found = cast("Patterns", await current)
        return found, await counted_again(asked.database, asked.store_id, before, found)
    return await _gathered(current, count(asked.database, asked.store_id, before))


async def _gathered(now: Awaitable[_Metric], then: Awaitable[_Metric]) -> tuple[_Metric, _Metric]:
    return await asyncio.gather(now, then)


def _before(period: Period) -> Period:
    """The time of the same length just before."""
    try:
        return Period(period.since - (period.until - period.since), period.since)
    except OverflowError:
        told = "is too long ago for a time before it; compare with none"
        raise RefuseError(f"from {told}.", type="invalid-input", fields={"from": told}) from None


def _told(period: Period) -> MetricPeriod:
    return MetricPeriod(since=period.since, until=period.until)
