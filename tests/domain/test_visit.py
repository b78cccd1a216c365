"""Promises of the fold over a visitor's events: sessions are cut where they should be, in whatever order events arrive."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.patterns import DIRECT_CHECKOUT, FAILED_PAYMENTS, RAPID_NAVIGATION, SEVERAL_IPS
from shopwarden.domain.visit import IDLE_SECONDS, Step, VisitorState, advance, replay

KINDS = ("page_view", "product_view", "add_to_cart", "checkout_started", "order_completed", "payment_failed", "search")


def step(number: int, at: float, kind: str = "page_view", **more: object) -> Step:
    return Step(at=1_700_000_000 + at, key=f"{number:019x}", kind=kind, **more)  # type: ignore[arg-type]


def folded(*steps: Step) -> VisitorState:
    return replay(steps)[0]


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    gaps = draw(st.lists(st.sampled_from([0, 1, 20, 600, IDLE_SECONDS, IDLE_SECONDS + 1, 90_000]), min_size=1, max_size=25))
    at = 0.0
    steps = []
    for number, gap in enumerate(gaps):
        at += gap
        steps.append(
            step(
                number,
                at,
                draw(st.sampled_from(KINDS)),
                device=draw(st.sampled_from(["", "a", "b"])),
                place=draw(st.sampled_from(["", "DE||", "FR||"])),
                network=draw(st.sampled_from(["", "n1", "n2", "n3"])),
                campaign=draw(st.sampled_from(["", "", "spring", "summer"])),
                revenue=draw(st.sampled_from([0.0, 19.9])),
            )
        )
    return steps


@given(histories(), st.randoms(use_true_random=False))
def test_a_replay_does_not_depend_on_the_order_of_arrival(steps: list[Step], chance: Random) -> None:
    shuffled = list(steps)
    chance.shuffle(shuffled)
    assert replay(shuffled) == replay(steps)


@given(histories())
def test_going_on_event_by_event_equals_folding_all_at_once(steps: list[Step]) -> None:
    state = VisitorState()
    filed = {one.key: advance(state, one).id for one in steps}
    whole, _, filed_at_once = replay(steps)
    assert state == whole
    assert filed == filed_at_once


@given(histories())
def test_totals_are_the_sums_of_the_sessions(steps: list[Step]) -> None:
    state, visits, _ = replay(steps)
    assert state.sessions == len(visits)
    assert state.events == len(steps) == sum(visit.events for visit in visits.values())
    assert state.page_views == sum(visit.page_views for visit in visits.values())
    assert state.bounced == sum(visit.bounced() for visit in visits.values())
    assert state.abandoned == sum(visit.abandoned() for visit in visits.values())
    assert state.converted == sum(visit.orders > 0 for visit in visits.values())
    assert abs(state.seconds - sum(visit.last - visit.started for visit in visits.values())) < 1e-6


@given(histories())
def test_sessions_never_hold_a_longer_pause_and_are_only_cut_for_a_reason(steps: list[Step]) -> None:
    _, _, filed = replay(steps)
    campaign = ""
    for before, after in pairwise(steps):
        campaign = before.campaign or campaign
        together = filed[before.key] == filed[after.key]
        paused = after.at - before.at > IDLE_SECONDS
        if together:
            assert not paused
        else:
            assert paused or (after.campaign and after.campaign != campaign) or after.campaign


def test_half_an_hour_of_silence_ends_a_session_and_midnight_does_not() -> None:
    assert folded(step(1, 0), step(2, IDLE_SECONDS)).sessions == 1
    assert folded(step(1, 0), step(2, IDLE_SECONDS + 0.001)).sessions == 2
    before_midnight = 1_700_006_399 - 1_700_000_000
    assert folded(step(1, before_midnight), step(2, before_midnight + 2)).sessions == 1


def test_another_campaign_opens_a_session_and_the_same_one_does_not() -> None:
    assert folded(step(1, 0, campaign="ad"), step(2, 60, campaign="ad"), step(3, 90)).sessions == 1
    assert folded(step(1, 0, campaign="ad"), step(2, 60, campaign="mail")).sessions == 2


def test_device_and_location_changes_count_transitions_between_known_ones() -> None:
    state = folded(
        step(1, 0, device="a", place="DE||"),
        step(2, 1, device="", place=""),
        step(3, 2, device="b", place="DE||"),
        step(4, 3, device="a", place="FR||"),
        step(5, 4, device="c", place="DE||"),
    )
    assert (state.device_changes, state.location_changes) == (3, 2)


def test_the_speed_between_two_places_takes_their_uncertainty_off() -> None:
    berlin = {"latitude": 52.52, "longitude": 13.40, "accuracy_km": 20.0}
    new_york = {"latitude": 40.71, "longitude": -74.01, "accuracy_km": 20.0}
    state = folded(step(1, 0, **berlin), step(2, 3600, **new_york))
    assert state.fastest_kmh is not None
    assert 6300 < state.fastest_kmh < 6400  # 6,385 km apart, less 40 km, in an hour
    assert folded(step(1, 0, **berlin), step(2, 3600, **(berlin | {"latitude": 52.6}))).fastest_kmh == 0


def test_three_networks_in_ten_minutes_are_several_ips_and_two_are_not() -> None:
    assert SEVERAL_IPS in folded(*(step(i, i * 200, network=f"n{i}") for i in range(3))).patterns
    assert SEVERAL_IPS not in folded(*(step(i, i * 200, network=f"n{i % 2}") for i in range(9))).patterns
    assert SEVERAL_IPS not in folded(*(step(i, i * 400, network=f"n{i}") for i in range(6))).patterns


def test_a_machine_is_told_by_its_pace_or_by_its_beat() -> None:
    assert RAPID_NAVIGATION in folded(*(step(i, i * 0.5) for i in range(8))).patterns
    assert RAPID_NAVIGATION in folded(*(step(i, i * 5.0) for i in range(11))).patterns
    chance = Random(4)
    at, reading = 0.0, []
    for i in range(60):
        at += chance.lognormvariate(2.3, 0.9)
        reading.append(step(i, at))
    assert RAPID_NAVIGATION not in folded(*reading).patterns


def test_checkout_without_browsing_is_noticed_unless_an_earlier_visit_browsed() -> None:
    assert DIRECT_CHECKOUT in folded(step(1, 0), step(2, 5, "checkout_started")).patterns
    assert DIRECT_CHECKOUT not in folded(step(1, 0, "product_view"), step(2, 5, "checkout_started")).patterns
    came_back = (step(1, 0, "product_view"), step(2, 90_000), step(3, 90_005, "checkout_started"))
    assert DIRECT_CHECKOUT not in folded(*came_back).patterns


def test_three_refused_payments_in_an_hour_are_noticed() -> None:
    assert FAILED_PAYMENTS in folded(*(step(i, i * 60, "payment_failed") for i in range(3))).patterns
    assert FAILED_PAYMENTS not in folded(*(step(i, i * 3000, "payment_failed") for i in range(4))).patterns
