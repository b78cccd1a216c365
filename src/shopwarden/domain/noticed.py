"""What was noticed on a visit, as an alert in words; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from shopwarden.domain.alert import Raising, Severity
from shopwarden.domain.patterns import (
    AUTOMATED_BROWSER,
    DIRECT_CHECKOUT,
    FAILED_PAYMENTS,
    FAILURES_AT_LEAST,
    IPS_AT_LEAST,
    NO_INPUT,
    RAPID_NAVIGATION,
    SEVERAL_IPS,
    TELLING,
)

SENTENCES = {
    SEVERAL_IPS: f"The visitor came from {IPS_AT_LEAST} or more networks within ten minutes.",
    RAPID_NAVIGATION: "Pages follow each other faster or more evenly than a person reads.",
    DIRECT_CHECKOUT: "The visit went straight to the checkout, past every product page.",
    FAILED_PAYMENTS: f"{FAILURES_AT_LEAST} or more payments of the visitor failed within an hour.",
    AUTOMATED_BROWSER: "The browser is driven by a program.",
    NO_INPUT: "Several pages were looked at and left without a key, a pointer or a finger being used.",
}
SHORT = {
    SEVERAL_IPS: "several networks in a short time",
    RAPID_NAVIGATION: "pages at a machine's pace",
    DIRECT_CHECKOUT: "straight to the checkout",
    FAILED_PAYMENTS: "several failed payments",
    AUTOMATED_BROWSER: "a browser driven by a program",
    NO_INPUT: "pages without any input",
}
HARMLESS_OF_CRAWLERS = frozenset({RAPID_NAVIGATION, NO_INPUT, AUTOMATED_BROWSER, SEVERAL_IPS})
"""Of a crawler that says it is one these are no news."""


class Noticed(msgspec.Struct, frozen=True, kw_only=True):
    """`fresh`: the patterns the newest events completed; `all`: every pattern of the visit so far."""

    visitor_id: UUID
    session_id: UUID
    fresh: Sequence[str]
    all: Sequence[str]
    at: datetime
    is_crawler: bool = False
    before_order: bool = True
    """Nothing has been bought on this visit yet."""


def is_news(noticed: Noticed) -> bool:
    return not (noticed.is_crawler and HARMLESS_OF_CRAWLERS.issuperset(noticed.all))


def severity_of(patterns: Sequence[str]) -> Severity:
    """A pattern with innocent ways is worth a line, a telling one or two of them a look, both at once haste."""
    telling = not TELLING.isdisjoint(patterns)
    if telling and len(patterns) > 1:
        return "critical"
    return "warning" if telling or len(patterns) > 1 else "info"


def behaviour_alerts(noticed: Noticed) -> list[Raising]:
    """One for each fresh pattern, all of one visitor under one group."""
    return [_raising(noticed, one, f"behaviour:{noticed.visitor_id}", _title(noticed)) for one in noticed.fresh]


def crowded_alerts(noticed: Noticed) -> list[Raising]:
    """The same where many visitors at once are suspicious: counted by one alert for each pattern."""
    return [
        _raising(noticed, one, f"behaviour:many:{one}", f"Many visitors are suspicious: {SHORT[one]}")
        for one in noticed.fresh
    ]


def _title(noticed: Noticed) -> str:
    said = ", ".join(SHORT[one] for one in noticed.all if one in SHORT)
    when = "before the checkout is finished" if noticed.before_order else "on a visit with an order"
    return f"Suspicious visitor {when}: {said}"


def _raising(noticed: Noticed, pattern: str, group: str, title: str) -> Raising:
    return Raising(
        kind="behaviour",
        severity=severity_of(noticed.all),
        group_key=group,
        cause=f"behaviour:{noticed.session_id}:{pattern}",
        title=title,
        body=" ".join(SENTENCES[one] for one in noticed.all if one in SENTENCES),
        subject="visitor",
        subject_id=str(noticed.visitor_id),
        facts={
            "visitor_id": str(noticed.visitor_id),
            "session_id": str(noticed.session_id),
            "pattern": pattern,
            "patterns": list(noticed.all),
            "before_order": noticed.before_order,
        },
        at=noticed.at,
    )
