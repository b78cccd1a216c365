"""Supports of runs and of gapped patterns against counting them one by one."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from shopwarden.domain.sequences import LONGEST, SHORTEST, Support, closed, contains, gapped, runs

LETTERS = "HPK"
WIDE = len(LETTERS) ** LONGEST
WAYS = st.dictionaries(
    st.text(LETTERS, max_size=9), st.builds(Support, st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12
)
EVERY = ["".join(word) for length in range(SHORTEST, LONGEST + 1) for word in product(LETTERS, repeat=length)]


def counted(ways: dict[str, Support], run: bool, fewest: int) -> dict[str, Support]:
    found = {}
    for pattern in EVERY:
        having = [support for way, support in ways.items() if contains(way, pattern, run=run)]
        support = Support(sum(one.one for one in having), sum(one.other for one in having))
        if support.total >= fewest:
            found[pattern] = support
    return found


@settings(max_examples=60)
@given(WAYS, st.integers(1, 12))
def test_supports_are_those_of_counting_one_by_one(ways: dict[str, Support], fewest: int) -> None:
    assert runs(ways, fewest) == counted(ways, True, fewest)
    assert gapped(ways, fewest, beam=WIDE) == counted(ways, False, fewest)


@given(WAYS, st.integers(1, 12), st.integers(1, 6))
def test_a_narrow_beam_finds_fewer_but_counts_the_same(ways: dict[str, Support], fewest: int, beam: int) -> None:
    wide, narrow = gapped(ways, fewest, beam=WIDE), gapped(ways, fewest, beam=beam)
    assert narrow.items() <= wide.items()
    first = {pattern: support for pattern, support in wide.items() if len(pattern) == SHORTEST}
    if beam >= len(LETTERS):
        assert first.items() <= narrow.items()


@settings(max_examples=60)
@given(WAYS, st.booleans())
def test_closed_ones_lose_nothing(ways: dict[str, Support], run: bool) -> None:
    """What was left out is within a kept one of the same support; no kept one is within another of the same support."""
    found = counted(ways, run, 1)
    kept = closed(found, run=run)
    for pattern, support in found.items():
        longer = [
            one for one in kept if kept[one] == support and len(one) > len(pattern) and contains(one, pattern, run=run)
        ]
        assert (pattern in kept) != bool(longer)


@given(st.text(LETTERS, max_size=9), st.text(LETTERS, max_size=4))
def test_a_run_is_there_with_gaps_too(way: str, pattern: str) -> None:
    assert contains(way, pattern, run=False) >= contains(way, pattern, run=True)


def test_a_way_counts_once_however_often_it_has_the_pattern() -> None:
    ways = {"PKPKPK": Support(3, 0), "PSK": Support(0, 2)}
    assert runs(ways, 1)["PK"] == Support(3, 0)
    assert gapped(ways, 1)["PK"] == Support(3, 2)
