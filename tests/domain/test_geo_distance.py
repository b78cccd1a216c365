"""Distances agree with known ones, and speed stays finite."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.geo import Sighting, haversine_km, travel_speed_kmh

NOON = 1_767_268_800.0
POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        ((51.5074, -0.1278), (40.7128, -74.0060), 5570),
        ((48.8566, 2.3522), (52.5200, 13.4050), 878),
        ((0.0, 179.5), (0.0, -179.5), 111.2),
        ((90.0, 0.0), (-90.0, 0.0), 20015),
    ],
)
def test_known_distances(a: tuple[float, float], b: tuple[float, float], km: float) -> None:
    assert haversine_km(*a, *b) == pytest.approx(km, rel=0.002)


@given(POINTS, POINTS)
def test_distance_is_symmetric_and_at_most_half_the_globe(a: tuple[float, float], b: tuple[float, float]) -> None:
    assert haversine_km(*a, *b) == pytest.approx(haversine_km(*b, *a), abs=1e-6)
    assert 0 <= haversine_km(*a, *b) <= 20016


def test_speed_takes_the_uncertainty_off() -> None:
    london, york = Sighting(51.5, -0.1, 100, NOON), Sighting(40.7, -74.0, 470, NOON + 7200)
    assert travel_speed_kmh(london, york) == pytest.approx(2500, rel=0.01)
    assert travel_speed_kmh(york, london) == travel_speed_kmh(london, york)
    assert travel_speed_kmh(london, york._replace(accuracy_km=6000)) == 0


@given(POINTS, POINTS, st.integers(0, 10**6))
def test_speed_is_finite_even_at_the_same_moment(a: tuple[float, float], b: tuple[float, float], seconds: int) -> None:
    speed = travel_speed_kmh(Sighting(*a, 1.0, NOON), Sighting(*b, 1.0, NOON + seconds))
    assert 0 <= speed <= 20016 * 60


@given(POINTS, POINTS, st.floats(0, 500), st.floats(0, 500), st.floats(0, 400))
def test_a_wider_circle_never_makes_anybody_faster(
    a: tuple[float, float], b: tuple[float, float], radius: float, other: float, wider: float
) -> None:
    one, two = Sighting(*a, radius, NOON), Sighting(*b, other, NOON + 1800)
    assert travel_speed_kmh(one._replace(accuracy_km=radius + wider), two) <= travel_speed_kmh(one, two)
