"""Promises of the flow: nobody gets lost between the entry and the ends, and every way is drawn as it was gone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.flow import ENDINGS, MOST_SOURCES, OTHER_SOURCES, Ending, Flow, Passage, ending_of, flow_of
from shopwarden.domain.page_kind import NAMES, ORDERED


@dataclass(frozen=True)
class Way:
    """What many sessions did: their stations, how it ended, what they were worth, where they came from."""

    stations: str
    ending: Ending
    sessions: int
    value: Decimal = Decimal(0)
    source: str = "entry"


def passages(ways: list[Way], depth: int) -> list[Passage]:
    """The ways taken apart, one step after another."""
    found = []
    for way in ways:
        end = next(letter for letter, ending in ENDINGS.items() if ending is way.ending)
        places = [way.source, *way.stations[:depth], end]
        for step, (origin, target) in enumerate(pairwise(places)):
            found.append(Passage(step=step, origin=origin, target=target, sessions=way.sessions, value=way.value))
    return found


stations = st.text(st.sampled_from([letter for letter in NAMES if letter != ORDERED]), max_size=14)
ways = st.lists(
    st.builds(
        Way,
        stations=stations,
        ending=st.sampled_from(Ending),
        sessions=st.integers(1, 1_000_000),
        value=st.decimals(0, 10**9, places=2),
        source=st.sampled_from([f"source-{n}" for n in range(MOST_SOURCES + 4)]),
    ),
    max_size=40,
)
depths = st.integers(2, 12)


def inflow(flow: Flow) -> Counter[str]:
    counted: Counter[str] = Counter()
    for link in flow.links:
        counted[link.target] += link.sessions
    return counted


def outflow(flow: Flow) -> Counter[str]:
    counted: Counter[str] = Counter()
    for link in flow.links:
        counted[link.origin] += link.sessions
    return counted


@given(known=ways, depth=depths)
def test_what_flows_into_a_station_flows_out_of_it(known: list[Way], depth: int) -> None:
    flow = flow_of(passages(known, depth), depth)
    into, out = inflow(flow), outflow(flow)
    for node in flow.nodes:
        if node.kind == "station":
            assert into[node.id] == out[node.id] == node.sessions
        elif node.kind == "entry":
            assert (into[node.id], out[node.id]) == (0, node.sessions)
        else:
            assert (into[node.id], out[node.id]) == (node.sessions, 0)
    assert {link.origin for link in flow.links} | {link.target for link in flow.links} == {node.id for node in flow.nodes}


@given(known=ways, depth=depths)
def test_all_who_enter_arrive_at_their_end(known: list[Way], depth: int) -> None:
    flow = flow_of(passages(known, depth), depth)
    total = sum(way.sessions for way in known)
    assert flow.sessions == total == sum(node.sessions for node in flow.nodes if node.kind == "entry")
    for ending in Ending:
        meant = sum(way.sessions for way in known if way.ending is ending)
        assert meant == sum(node.sessions for node in flow.nodes if node.id == f"end:{ending.value}")
    worth = sum((way.value for way in known), Decimal(0))
    assert worth == flow.value == sum((link.value for link in flow.links if link.target.startswith("end:")), Decimal(0))
    assert worth == sum((link.value for link in flow.links if link.origin.startswith("entry:")), Decimal(0))


@given(known=ways, depth=depths)
def test_links_lead_forward_and_no_two_are_the_same(known: list[Way], depth: int) -> None:
    flow = flow_of(passages(known, depth), depth)
    steps = {node.id: node.step for node in flow.nodes}
    assert len(steps) == len(flow.nodes)
    assert len({(link.origin, link.target) for link in flow.links}) == len(flow.links)
    for link in flow.links:
        assert steps[link.origin] < steps[link.target] <= depth + 1
        assert link.target.startswith("end:") or steps[link.target] == steps[link.origin] + 1


@given(known=ways, depth=depths)
def test_the_order_of_the_ways_plays_no_part(known: list[Way], depth: int) -> None:
    assert flow_of(passages(known, depth), depth) == flow_of(passages(known[::-1], depth), depth)


def test_a_flow_worked_out_by_hand() -> None:
    known = [
        Way(stations="HCP+K", ending=Ending.PAID, sessions=3, value=Decimal(90)),
        Way(stations="HP", ending=Ending.LEFT, sessions=5),
        Way(stations="P+", ending=Ending.ABANDONED_CART, sessions=2, value=Decimal("7.50")),
        Way(stations="", ending=Ending.PAID, sessions=1, value=Decimal(4)),
    ]
    flow = flow_of(passages(known, 3), 3)
    drawn = {(link.origin, link.target): (link.sessions, str(link.value)) for link in flow.links}
    assert drawn == {
        ("entry:entry", "1:home"): (8, "90"),
        ("entry:entry", "1:product"): (2, "7.50"),
        ("entry:entry", "end:paid"): (1, "4"),
        ("1:home", "2:collection"): (3, "90"),
        ("1:home", "2:product"): (5, "0"),
        ("1:product", "2:add_to_cart"): (2, "7.50"),
        ("2:collection", "3:product"): (3, "90"),
        ("2:product", "end:left"): (5, "0"),
        ("2:add_to_cart", "end:abandoned_cart"): (2, "7.50"),
        ("3:product", "end:paid"): (3, "90"),
    }
    assert flow.sessions == 11


def test_small_sources_share_an_entry() -> None:
    known = [Way(stations="H", ending=Ending.LEFT, sessions=100 - n, source=f"s{n:02}") for n in range(MOST_SOURCES + 3)]
    names = {node.name: node.sessions for node in flow_of(passages(known, 2), 2).nodes if node.kind == "entry"}
    assert len(names) == MOST_SOURCES + 1
    assert names[OTHER_SOURCES] == sum(100 - n for n in range(MOST_SOURCES, MOST_SOURCES + 3))


def test_nothing_flows_where_nobody_came() -> None:
    assert flow_of([], 6) == Flow(nodes=[], links=[], sessions=0, value=Decimal(0))


@pytest.mark.parametrize(
    ("paid", "at_checkout", "filled", "ending"),
    [
        (True, True, True, Ending.PAID),
        (True, False, False, Ending.PAID),
        (False, True, True, Ending.ABANDONED_CHECKOUT),
        (False, True, False, Ending.ABANDONED_CHECKOUT),
        (False, False, True, Ending.ABANDONED_CART),
        (False, False, False, Ending.LEFT),
    ],
)
def test_a_session_ends_where_it_came_farthest(paid: bool, at_checkout: bool, filled: bool, ending: Ending) -> None:
    assert ending_of(paid=paid, at_checkout=at_checkout, filled_basket=filled) is ending


def test_the_letters_of_endings_are_no_letters_of_stations() -> None:
    assert set(ENDINGS.values()) == set(Ending)
    assert not set(ENDINGS) & set(NAMES)
