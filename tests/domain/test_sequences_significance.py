"""Lift, Fisher's test and its correction; and that chance is not shown as a finding."""

from __future__ import annotations

from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.association import fisher, holm, lift
from shopwarden.domain.fraud_ways import Size, find, of_fraud, sentence
from shopwarden.domain.sequences import Support

COUNT = st.integers(0, 40)
STEPS = "HCPS+BKF"


@given(COUNT, COUNT, COUNT, COUNT)
def test_lift_is_symmetrical(both: int, first: int, second: int, neither: int) -> None:
    first, second, total = both + first, both + second, both + first + second + neither
    assert lift(both, first, second, total) == lift(both, second, first, total)
    assert (lift(both, first, second, total) is None) == (first == 0 or second == 0)


def test_lift_in_numbers() -> None:
    assert lift(30, 40, 50, 1000) == pytest.approx(15.0)
    assert lift(2, 40, 50, 1000) == pytest.approx(1.0)


@given(st.integers(1, 25), st.integers(1, 25), st.data())
def test_fisher_is_the_doubled_tail(one: int, other: int, data: st.DataObject) -> None:
    with_one, with_other = data.draw(st.integers(0, one)), data.draw(st.integers(0, other))
    having = with_one + with_other
    ways = {count: comb(one, count) * comb(other, having - count) for count in range(having + 1) if count <= one}
    upper = with_one * other >= with_other * one
    tail = sum(many for count, many in ways.items() if (count >= with_one if upper else count <= with_one))
    assert fisher(with_one, one, with_other, other) == pytest.approx(
        min(1.0, 2 * tail / comb(one + other, having)), rel=1e-9
    )
    assert (
        fisher(with_one, one, with_other, other) == pytest.approx(fisher(with_other, other, with_one, one), rel=1e-9)
        or with_one * other == with_other * one
    )


def test_holm_in_numbers() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_correction_never_makes_surer(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(now >= was for now, was in zip(adjusted, p_values, strict=True))
    assert all(0 <= now <= 1 for now in adjusted)


def shop(chance: Random, count: int) -> list[str]:
    return ["".join(chance.choice(STEPS) for _ in range(chance.randrange(2, 12))) + "$" for _ in range(count)]


def told_apart(ways: list[str], guilty: set[int]) -> tuple[dict[str, Support], Size]:
    counted: dict[str, Support] = {}
    for place, way in enumerate(ways):
        one, other = counted.get(way, Support(0, 0))
        counted[way] = Support(one + (place in guilty), other + (place not in guilty))
    size = Support(len(guilty), len(ways) - len(guilty))
    return counted, Size(size, size)


def test_chance_is_no_finding() -> None:
    """Guilty ones drawn by lot: at most one list in twenty shows anything; of 60, 8 or more would be chance of 1 in 80."""
    chance = Random(5)
    ways = shop(chance, 150)
    shown = sum(bool(find(*told_apart(ways, set(chance.sample(range(150), 40))))[0]) for _ in range(60))
    assert shown < 8


def test_what_fraud_does_is_found_and_said() -> None:
    chance = Random(6)
    ways = shop(chance, 300) + [f"P{way[:2]}KFKF$" for way in shop(chance, 40)]
    counted, size = told_apart(ways, set(range(300, 340)))
    findings, tested = find(counted, size)
    assert tested > 100
    best = next(one for one in findings if of_fraud(one.support, size.seen))
    assert best.word == "KFKF$"
    assert best.run
    assert best.support.one == 40
    assert best.p_value < 1e-20
    assert "100.0% of fraudulent" in sentence(best, size.seen)
    assert "failed payment → checkout → failed payment → order, one directly after the other" in sentence(best, size.seen)


def test_patterns_that_repeat_one_another_are_listed_once() -> None:
    ways = {"HPK$": Support(40, 0), "HCPB$": Support(0, 60)}
    findings, _ = find(ways, Size(Support(40, 60), Support(40, 60)))
    assert {(one.word, of_fraud(one.support, Support(40, 60))) for one in findings} == {("HPK$", True), ("HCPB$", False)}


def test_of_hardly_any_fraud_nothing_is_said() -> None:
    assert find({"PK$": Support(4, 0), "HP$": Support(0, 900)}, Size(Support(4, 900), Support(4, 900))) == ([], 0)


def test_where_some_stand_for_many_lift_is_of_all() -> None:
    size = Size(Support(10, 40), Support(10, 400))
    counted = {"KFK$": Support(10, 2), "HP$": Support(0, 38)}
    finding = next(one for one in find(counted, size)[0] if one.word == "KFK$")
    # With the pattern: 10 fraudulent and, by the share of those seen, 20 legitimate of 400.
    assert finding.lift == pytest.approx((10 / 30) / (10 / 410))
