"""Disputes weigh by the orders they are of: more of them never less, more calm orders never more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.signals.grading import DISPUTED_POINTS, dispute_points

COUNT = st.integers(0, 200)


@given(COUNT, COUNT)
def test_disputes_raise_and_calm_orders_lower_within_bounds(disputes: int, orders: int) -> None:
    points = dispute_points(disputes, orders)
    assert 0 <= points <= DISPUTED_POINTS
    assert dispute_points(disputes + 1, orders) >= points
    assert dispute_points(disputes, orders + 1) <= points


@pytest.mark.parametrize(
    ("disputes", "orders", "least", "most"), [(0, 9, 0, 0), (1, 40, 8, 15), (1, 9, 30, 36), (2, 4, 54, 55)]
)
def test_one_of_forty_says_little_and_two_of_four_nearly_all(disputes: int, orders: int, least: int, most: int) -> None:
    assert least <= dispute_points(disputes, orders) <= most
