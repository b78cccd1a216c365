"""Promises of the walk: what it notes adds up to what the fold counts, and each thing is noted once, where it arose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.journey import JourneyRisk
from shopwarden.domain.journey_risk import DEVICE_CHANGE, LOCATION_CHANGE, SHORT_SESSION, Factor, Noted, walk
from shopwarden.domain.visit import replay
from shopwarden.domain.visit_state import Step, VisitorState

KINDS = ["page_view", "product_view", "add_to_cart", "checkout_started", "payment_failed", "order_completed", "page_left"]
LATER = 4e9


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    at, steps = 1.7e9, []
    for number in range(draw(st.integers(1, 40))):
        at += draw(st.sampled_from([0.2, 5.0, 40.0, 700.0, 1_801.0, 90_000.0]))
        kind = draw(st.sampled_from(KINDS))
        step = Step(at=at, key=f"{number:019x}", kind=kind, device=draw(st.sampled_from(["", "a", "b"])))
        step.place = draw(st.sampled_from(["", "DE||Berlin", "GB||London"]))
        step.network = draw(st.sampled_from(["", "n1", "n2", "n3", "n4"]))
        step.letter = "P" if kind == "page_view" else ""
        steps.append(step)
    return steps


def nobody(_: VisitorState) -> Sequence[Factor]:
    return []


def keys_of(noted: dict[str, Noted]) -> Counter[str]:
    return Counter(risk.key for one in noted.values() for risk in one.risks)


@given(histories())
def test_what_is_noted_adds_up_to_what_the_fold_counts(steps: list[Step]) -> None:
    state, visits, _ = replay(steps)
    counted = keys_of(walk(steps, nobody, LATER))
    assert counted[DEVICE_CHANGE] == state.device_changes
    assert counted[LOCATION_CHANGE] == state.location_changes
    assert counted[SHORT_SESSION] == sum(visit.last - visit.started < 30 for visit in visits.values())
    for pattern in state.patterns:
        assert counted[pattern] == sum(pattern in visit.patterns for visit in visits.values()) > 0


@given(histories())
def test_every_event_is_noted_whatever_the_order(steps: list[Step]) -> None:
    noted = walk(steps, nobody, LATER)
    assert set(noted) == {step.key for step in steps}
    assert walk(steps[::-1], nobody, LATER) == noted


@given(histories())
def test_a_session_still_going_on_is_not_called_short(steps: list[Step]) -> None:
    last = max(step.at for step in steps)
    _, visits, _ = replay(steps)
    newest = max(visits.values(), key=lambda visit: visit.started)
    over = keys_of(walk(steps, nobody, LATER))[SHORT_SESSION]
    so_far = keys_of(walk(steps, nobody, last))[SHORT_SESSION]
    is_short = newest.last - newest.started < 30 and last - newest.last <= 1_800
    assert over - so_far == int(is_short)


@given(histories())
def test_a_factor_is_put_where_it_begins_to_hold(steps: list[Step]) -> None:
    def judge(state: VisitorState) -> list[Factor]:
        changed = Factor(JourneyRisk(key="changed", sentence="", points=30), settles=False)
        quick = Factor(JourneyRisk(key="quick", sentence="", points=20), settles=True)
        return [changed] * (state.device_changes > 2) + [quick] * (state.page_views < 2)

    noted = walk(steps, judge, LATER)
    changes = 0
    for key in sorted(noted):
        keys = [risk.key for risk in noted[key].risks]
        changes += keys.count(DEVICE_CHANGE)
        assert ("changed" in keys) == (changes == 3 and DEVICE_CHANGE in keys)
    _, visits, filed = replay(steps)
    first_end = max(key for key, visit in filed.items() if visit == min(visits))
    assert ("quick" in [risk.key for risk in noted[first_end].risks]) == (visits[min(visits)].page_views < 2)
