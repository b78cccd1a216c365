"""Engagement adds up in any order, its rates stay within bounds, and reacting more never lowers the score."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.engagement import (
    Deed,
    Engagement,
    click_rate,
    engagement_of,
    engagement_score,
    open_rate,
    together,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DEEDS = st.lists(
    st.tuples(st.sampled_from(get_args(Deed)), st.integers(0, 400).map(lambda days: NOW - timedelta(days=days))), max_size=30
)


@given(DEEDS, st.randoms())
def test_the_order_of_telling_does_not_matter(deeds: list[tuple[Deed, datetime]], chance: object) -> None:
    shuffled = list(deeds)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert engagement_of(shuffled) == engagement_of(deeds)


@given(DEEDS, DEEDS)
def test_parts_add_up_to_the_whole(one: list[tuple[Deed, datetime]], other: list[tuple[Deed, datetime]]) -> None:
    assert together(engagement_of(one), engagement_of(other)) == engagement_of(one + other)


@given(DEEDS)
def test_rates_and_score_stay_within_bounds(deeds: list[tuple[Deed, datetime]]) -> None:
    found = engagement_of(deeds)
    for rate in (open_rate(found), click_rate(found), engagement_score(found, NOW)):
        assert rate is None or 0 <= rate <= 1
    assert (engagement_score(found, NOW) is None) == (found.received == 0)


@given(st.integers(1, 200), st.integers(0, 100), st.integers(0, 100), st.integers(0, 300))
def test_reacting_more_or_later_never_lowers_the_score(received: int, opened: int, clicked: int, days: int) -> None:
    def score(opens: int, clicks: int, ago: int) -> float:
        at = NOW - timedelta(days=ago)
        found = Engagement(received=received, opened=opens, clicked=clicks, last_opened_at=at)
        return engagement_score(found, NOW) or 0.0

    here = score(opened, clicked, days)
    assert score(opened + 1, clicked, days) >= here
    assert score(opened, clicked + 1, days) >= here
    assert score(opened, clicked, days + 90) <= here


def test_known_scores() -> None:
    at = NOW - timedelta(days=90)
    # opens (4 + 1) / 15 = .3333, clicks (1 + .1) / 15 * 5 = .3667, half of each, then halved for 90 days
    found = Engagement(received=10, opened=4, clicked=1, last_opened_at=NOW - timedelta(days=100), last_clicked_at=at)
    assert engagement_score(found, NOW) == pytest.approx(0.175, abs=1e-4)
    assert open_rate(found) == 0.4
    assert click_rate(found) == 0.1


def test_who_reported_spam_or_left_for_good_is_at_zero() -> None:
    active = Engagement(received=10, opened=9, last_opened_at=NOW)
    assert (engagement_score(active, NOW) or 0) > 0.3
    assert engagement_score(together(active, Engagement(spam_reports=1)), NOW) == 0
    left = together(active, Engagement(unsubscribes=1, unsubscribed_at=NOW + timedelta(hours=1)))
    assert engagement_score(left, NOW + timedelta(days=1)) == 0
    back = together(left, Engagement(opened=1, last_opened_at=NOW + timedelta(hours=2)))
    assert (engagement_score(back, NOW + timedelta(days=1)) or 0) > 0.3


def test_machine_opens_are_no_reaction() -> None:
    assert engagement_score(Engagement(received=20, opened_by_machine=20), NOW) == 0
