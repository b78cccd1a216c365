"""From when on something is worth an alert: what a store may set, and what holds where it set nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

Least = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kept as stores.settings["alerts"]["thresholds"]; every number is the least that raises an alert."""

    patterns_of_a_visit: Least = 1
    """So many suspicious patterns (domain/patterns.py) on one visit."""
    visitors_10_minutes: Least = 20
    """So many alerts of single visitors in ten minutes; those beyond are counted by one alert together."""
    failed_payments_10_minutes: Least = 12
    suspicious_visits_10_minutes: Least = 25
    customers_of_one_source_1_hour: Least = 6
    """Customers who order from one address, one device or with one card."""
    orders_of_one_source_1_hour: Least = 12
    surprise: Annotated[float, msgspec.Meta(gt=0, le=0.5)] = 1e-6
    """A number counts as a wave if it had at most this chance by the store's own last day."""
    silence: Annotated[float, msgspec.Meta(gt=0, le=0.5)] = 1e-4
    """Webhooks are missed if their silence had at most this chance by the same hours of the last fortnight."""
    score_drift: Annotated[float, msgspec.Meta(gt=0, le=10)] = 0.25
    """Population stability index of the scores of a day against the four weeks before; 0.25 is the usual alarm."""


DEFAULT = Thresholds()


def thresholds_of(settings: Mapping[str, object]) -> Thresholds:
    """Of a store's settings. What cannot be read holds nobody up: the default is used for it."""
    alerts = settings.get("alerts")
    said = alerts.get("thresholds") if isinstance(alerts, Mapping) else None
    if not isinstance(said, Mapping) or not said:
        return DEFAULT
    known = {name: value for name, value in said.items() if name in Thresholds.__struct_fields__}
    try:
        return msgspec.convert(known, Thresholds)
    except msgspec.ValidationError:
        return msgspec.convert({name: value for name, value in known.items() if _fits(name, value)}, Thresholds)


def _fits(name: str, value: object) -> bool:
    try:
        msgspec.convert({name: value}, Thresholds)
    except msgspec.ValidationError:
        return False
    return True
