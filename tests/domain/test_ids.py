"""Promises of identifiers: versions as written down, sorted by time, the same for the same parts."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.ids import new_id, stable_id, tail_of, uuid7_of, uuid7_text


def test_fresh_ids_are_of_version_7_and_sort_as_they_were_made() -> None:
    made = [new_id() for _ in range(2_000)]
    assert {one.version for one in made} == {7}
    assert len(set(made)) == len(made)
    # The fraction has steps of 244 ns; two ids in one step are possible and sort by chance.
    assert sum(before > after for before, after in pairwise(made)) < 20


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_an_id_keeps_its_time_and_its_tail(milliseconds: int, tail: int) -> None:
    made = uuid7_of(milliseconds, tail.to_bytes(10, "big"))
    assert made.int >> 80 == milliseconds
    assert tail_of(made) == tail
    assert UUID(uuid7_text(milliseconds, tail)) == made


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_stable_ids_differ_exactly_where_their_parts_do(one: list[str], other: list[str]) -> None:
    assert (stable_id(*one) == stable_id(*other)) == (one == other)
    assert stable_id(*one).version == 8
