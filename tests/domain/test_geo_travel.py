"""Impossible travel, from addresses to km/h: the figures are worked out by hand from published great-circle distances."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.facts import IpFacts
from shopwarden.domain.geo import WIDEST_RADIUS_KM, whereabouts
from shopwarden.domain.verdict import Weights
from shopwarden.domain.visit import VisitorState, replay
from shopwarden.steps.judge import judge
from shopwarden.steps.placing import step_of
from tests.signals.fact_rows import facts_from

START = 1_767_268_800.0
HOUR = 3600.0


class Place(NamedTuple):
    city: str
    latitude: float
    longitude: float


BERLIN = Place("Berlin", 52.5200, 13.4050)
PARIS = Place("Paris", 48.8566, 2.3522)
LONDON = Place("London", 51.5074, -0.1278)
NEW_YORK = Place("New York", 40.7128, -74.0060)
LOS_ANGELES = Place("Los Angeles", 34.0522, -118.2437)
TOKYO = Place("Tokyo", 35.6762, 139.6503)
SYDNEY = Place("Sydney", -33.8688, 151.2093)
SUVA = Place("Suva", -18.1416, 178.4419)
APIA = Place("Apia", -13.8333, -171.7667)
POTSDAM = Place("Potsdam", 52.3906, 13.0645)


def seen(place: Place, at: float, radius: float | None = 20.0, **more: object) -> tuple[float, IpFacts]:
    address = f"203.0.113.{100 + int(place.latitude)}"
    facts = {"city": place.city, "latitude": place.latitude, "longitude": place.longitude, "accuracy_km": radius, **more}
    return START + at, IpFacts(address=address, **facts)  # type: ignore[arg-type]


def folded(*visits: tuple[float, IpFacts]) -> VisitorState:
    steps = [step_of(at, number, "page_view", "", facts) for number, (at, facts) in enumerate(visits)]
    return replay(steps)[0]


# The legs, what they come to by hand, and why. Great-circle distances: Berlin-Paris 878 km, Berlin-London 932,
# London-New York 5,570, New York-Los Angeles 3,936, Tokyo-Sydney 7,823, Paris-London 344, Suva-Apia 1,151
# (4.31 degrees of latitude are 479 km, 9.79 of longitude at 16 south 1,047), Berlin-Potsdam 27.
LEGS = [
    # (878 - 20 - 20) / 1 h
    ([seen(BERLIN, 0), seen(PARIS, HOUR)], 838),
    # (932 - 20 - 20) / 2 h: a flight
    ([seen(BERLIN, 0), seen(LONDON, 2 * HOUR)], 446),
    # (5,570 - 20 - 20) / 7 h: the usual flight
    ([seen(LONDON, 0), seen(NEW_YORK, 7 * HOUR)], 790),
    # (5,570 - 20 - 20) / 0.5 h
    ([seen(LONDON, 0), seen(NEW_YORK, HOUR / 2)], 11_060),
    # (3,936 - 50 - 100) / 2 h
    ([seen(NEW_YORK, 0, 50), seen(LOS_ANGELES, 2 * HOUR, 100)], 1_893),
    # (7,823 - 200 - 500) / 1 h: wide circles, and still too far
    ([seen(TOKYO, 0, 200), seen(SYDNEY, HOUR, 500)], 7_123),
    # 344 - 200 - 200 is below nothing: the circles meet
    ([seen(PARIS, 0, 200), seen(LONDON, 60, 200)], 0),
    # (1,151 - 20 - 20) / 2 h, the short way across the date line and not 38,900 km around the globe
    ([seen(SUVA, 0), seen(APIA, 2 * HOUR)], 555),
    # (878 - 40) in the same moment counts as a minute: 838 x 60
    ([seen(BERLIN, 0), seen(PARIS, 0)], 50_280),
    # 27 - 20 - 20 is below nothing: next town, next second
    ([seen(BERLIN, 0), seen(POTSDAM, 1)], 0),
    # London-New York in 7 h is 790; back in 1 h is (5,570 - 40) / 1: the faster leg counts
    ([seen(LONDON, 0), seen(NEW_YORK, 7 * HOUR), seen(LONDON, 8 * HOUR)], 5_530),
    # The clock runs from the last visit at home, an hour before, not from the first, a day before: (878 - 40) / 1 h
    ([seen(BERLIN, 0), seen(BERLIN, 23 * HOUR), seen(PARIS, 24 * HOUR)], 838),
    # No radius stated for a city: 100 km each, (5,570 - 200) / 1 h
    ([seen(LONDON, 0, None), seen(NEW_YORK, HOUR, None)], 5_370),
]


@pytest.mark.parametrize(("visits", "kmh"), LEGS)
def test_speeds_worked_out_by_hand(visits: list[tuple[float, IpFacts]], kmh: float) -> None:
    assert folded(*visits).fastest_kmh == pytest.approx(kmh, rel=0.005, abs=1)
    assert folded(*reversed(visits)).fastest_kmh == folded(*visits).fastest_kmh or visits[0][0] == visits[-1][0]


NO_WHEREABOUTS: list[dict[str, object]] = [
    {"is_mobile": True},
    {"connection_type": "Mobile"},
    {"connection_type": "Satellite"},
    {"connection_type": "Data Center"},
    {"is_vpn": True},
    {"is_proxy": True},
    {"is_tor": True},
    {"is_hosting": True},
    {"is_crawler": True},
    {"is_reserved": True},
    {"latitude": None, "longitude": None},
    {"accuracy_km": WIDEST_RADIUS_KM + 1},
    {"accuracy_km": None, "city": None},
]


@pytest.mark.parametrize("mark", NO_WHEREABOUTS, ids=str)
def test_an_address_that_does_not_tell_where_its_user_is_neither_starts_nor_ends_a_leg(mark: dict[str, object]) -> None:
    elsewhere = seen(NEW_YORK, 60, **mark)
    assert whereabouts(elsewhere[1]) is None
    assert folded(seen(BERLIN, 0), elsewhere).fastest_kmh is None
    assert folded(elsewhere, seen(BERLIN, 120)).fastest_kmh is None
    # Home, elsewhere, home: nobody moved. Home, elsewhere, Paris: the leg is from home, (878 - 40) / 1 h.
    assert folded(seen(BERLIN, 0), elsewhere, seen(BERLIN, 120)).fastest_kmh is None
    onwards = folded(seen(BERLIN, 0), elsewhere, seen(PARIS, HOUR)).fastest_kmh
    assert onwards == pytest.approx(838, rel=0.005)


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 10**6)), max_size=8), st.data())
def test_mobile_networks_and_relays_alone_never_raise_a_speed(
    legs: list[tuple[float, float, int]], data: st.DataObject
) -> None:
    marks = st.sampled_from([{"is_mobile": True}, {"connection_type": "Mobile"}, {"is_vpn": True}, {"is_hosting": True}])
    visits = [seen(Place("somewhere", *leg[:2]), leg[2], **data.draw(marks)) for leg in legs]
    home = [seen(BERLIN, 0), seen(BERLIN, 5 * 10**5)]
    assert folded(*visits, *home).fastest_kmh is None


@given(st.floats(0, WIDEST_RADIUS_KM), st.floats(0, WIDEST_RADIUS_KM), st.integers(0, 10**6))
def test_the_accuracy_radius_alone_never_raises_a_speed(radius: float, other: float, seconds: int) -> None:
    """Two places inside one another's circles may be one place."""
    near = folded(seen(BERLIN, 0, radius), seen(POTSDAM, seconds, max(other, 28.0)))
    assert near.fastest_kmh == 0


@pytest.mark.parametrize(("kmh", "speaks"), [(0, False), (838, False), (1000, False), (1893, True), (11_060, True)])
def test_the_signal_speaks_above_an_airliner(kmh: float, speaks: bool) -> None:
    reasons = judge(facts_from({"visitor.fastest_travel_kmh": kmh}), Weights()).reasons
    assert ("ip.impossible_travel" in {reason.key for reason in reasons}) == speaks
