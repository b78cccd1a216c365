"""Suspicious patterns of a visit, noticed as it happens: many addresses, machines, direct checkout, refused cards."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shopwarden.domain.visit import Step, Visit, VisitorState

SEVERAL_IPS = "several_ips"
RAPID_NAVIGATION = "rapid_navigation"
DIRECT_CHECKOUT = "direct_checkout"
FAILED_PAYMENTS = "failed_payments"
AUTOMATED_BROWSER = "automated_browser"
"""The browser said, or its user agent does, that a program drives it (webdriver, headless)."""
NO_INPUT = "no_input"
"""Pages were looked at and left, and no key, pointer or finger was used on any of them."""
PATTERNS = (SEVERAL_IPS, RAPID_NAVIGATION, DIRECT_CHECKOUT, FAILED_PAYMENTS, AUTOMATED_BROWSER, NO_INPUT)

TELLING = frozenset({FAILED_PAYMENTS, AUTOMATED_BROWSER})
"""Patterns that honest people hardly ever show; each of the others has its innocent ways."""

IPS_WITHIN_SECONDS = 600
IPS_AT_LEAST = 3
"""Three networks in ten minutes: a phone that leaves the house shows two."""

RAPID_VIEWS = 8
RAPID_MEDIAN_SECONDS = 1.0
"""Eight pages at under a second each: nobody reads that fast."""
BEAT_INTERVALS = 10
BEAT_VARIATION = 0.1
BEAT_MEDIAN_SECONDS = 10.0
"""Ten pages at a machine's beat: people's reading times vary by far more than a tenth."""

PACE_WINDOW = 15
"""Pace is judged on this many latest intervals, so a slow start hides nothing."""

SILENT_AT_LEAST = 3
"""A person who leaves a page clicks, scrolls, types or goes back with a key; one page may be left by closing its tab, and a
page in the background is left without having been looked at. Not so three pages in a row."""

FAILURES_AT_LEAST = 3
FAILURES_WITHIN_SECONDS = 3600


def notice(state: VisitorState, visit: Visit, step: Step) -> None:
    """Marks on the visitor and the session what the newest event completes; a pattern once seen stays."""
    kind = step.kind
    if step.network and _ips(state, step.at) >= IPS_AT_LEAST:
        _mark(state, visit, SEVERAL_IPS, step.at)
    if step.automated:
        _mark(state, visit, AUTOMATED_BROWSER, step.at)
    if step.inputs == 0 and is_untouched(visit):
        _mark(state, visit, NO_INPUT, step.at)
    if kind == "payment_failed" and _failures(state, step.at) >= FAILURES_AT_LEAST:
        _mark(state, visit, FAILED_PAYMENTS, step.at)
    elif kind == "checkout_started" and visit.direct and state.browses == 0:
        _mark(state, visit, DIRECT_CHECKOUT, step.at)
    elif kind == "page_view" and RAPID_NAVIGATION not in visit.patterns and is_rapid(visit.intervals[-PACE_WINDOW:]):
        _mark(state, visit, RAPID_NAVIGATION, step.at)


def _mark(state: VisitorState, visit: Visit, name: str, at: float) -> None:
    if name not in state.patterns:
        state.patterns[name] = at
    if name not in visit.patterns:
        visit.patterns.append(name)


def _ips(state: VisitorState, now: float) -> int:
    return sum(1 for _, at in state.networks if now - at <= IPS_WITHIN_SECONDS)


def _failures(state: VisitorState, now: float) -> int:
    return sum(1 for at in state.failures if now - at <= FAILURES_WITHIN_SECONDS)


def is_untouched(visit: Visit) -> bool:
    """Several pages of the visit were looked at and left, none of them with any input.

    A page that is hidden and shown again is left more than once: leavings count only as far as pages were opened.
    """
    return visit.inputs == 0 and min(visit.silent_pages, visit.page_views) >= SILENT_AT_LEAST


def median_seconds(intervals: list[float]) -> float | None:
    """Median time between page views; None below two page views."""
    if not intervals:
        return None
    ordered = sorted(intervals)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def rhythm(intervals: list[float]) -> float | None:
    """Coefficient of variation of the times between page views; None where there are too few to tell (under 5)."""
    count = len(intervals)
    if count < 5:
        return None
    mean = sum(intervals) / count
    if mean <= 0:
        return 0.0
    return sqrt(sum((one - mean) ** 2 for one in intervals) / count) / mean


def is_rapid(intervals: list[float]) -> bool:
    """Faster than a person reads, or as even as only a machine is."""
    if len(intervals) < RAPID_VIEWS - 1:
        return False
    middle = median_seconds(intervals)
    if middle is None or middle < RAPID_MEDIAN_SECONDS:
        return middle is not None
    beat = rhythm(intervals)
    return len(intervals) >= BEAT_INTERVALS and middle < BEAT_MEDIAN_SECONDS and beat is not None and beat < BEAT_VARIATION
