"""Where to look closer: ranges of ids that leave nothing out and overlap nowhere; what counts as lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.vendors.shopify_reconcile import (
    ALL_ORDERS,
    BEGINNING,
    MOST_ID,
    Changed,
    Range,
    lost,
    ranges,
    seen_since,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ids = st.integers(1, MOST_ID - 1)


@given(st.one_of(st.none(), st.tuples(ids, ids).map(lambda pair: (min(pair), max(pair)))), ids)
def test_every_id_lies_in_one_range_and_in_one_of_its_halves(known: tuple[int, int] | None, number: int) -> None:
    holding = [one for one in ranges(known, BEGINNING) if one.first <= number < one.end]
    assert len(holding) == 1
    span: Range = holding[0]
    for _ in range(60):
        if span.is_short:
            break
        halves = [one for one in span.halves() if one.first <= number < one.end]
        assert len(halves) == 1
        span = halves[0]
    assert span.is_short


@given(
    st.dictionaries(st.integers(1, 50), st.integers(0, 9), max_size=20),
    st.dictionaries(st.integers(1, 50), st.integers(0, 9)),
)
def test_lost_is_what_is_missing_or_known_only_as_it_was(theirs: dict[int, int], ours: dict[int, int]) -> None:
    changed = [Changed(f"gid://shopify/Order/{number}", NOW + timedelta(hours=at)) for number, at in theirs.items()]
    known = {str(number): NOW + timedelta(hours=at) for number, at in ours.items()}
    assert set(lost(changed, known)) == {str(n) for n, at in theirs.items() if n not in ours or ours[n] < at}


def test_without_the_right_only_the_last_weeks_are_compared() -> None:
    assert seen_since("orders", [ALL_ORDERS], NOW) == BEGINNING
    assert seen_since("customers", [], NOW) == BEGINNING
    since = seen_since("orders", [], NOW)
    assert NOW - timedelta(days=60) < since < NOW - timedelta(days=58)
    assert "created_at:>='" in Range(0, 9, since).search
    assert "created_at" not in Range(0, 9, BEGINNING).search
