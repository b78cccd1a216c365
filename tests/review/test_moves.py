"""Whatever is done to a case in whatever order, it stays one that makes sense, and its version tells of every change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.case import REASON_CODES, ReviewCase, ReviewSettings, due_at, expected_loss, settings_in
from shopwarden.domain.case_moves import Move, Mover, assign, claim, close_cancelled, decide, escalate, release, reopen
from shopwarden.domain.ids import new_id
from shopwarden.errors import RefuseError

START = datetime(2026, 5, 1, tzinfo=UTC)
ACTORS = ("user:a", "user:b", "key:c")
CASE = ReviewCase(
    id=new_id(), subject="order", subject_id=new_id(), opened_by="advice", opened_at=START, updated_at=START,
    due_at=START + timedelta(hours=4),
)  # fmt: skip
decisions = st.sampled_from(sorted(REASON_CODES)).map(lambda code: decide(REASON_CODES[code].decision, code))
moves: st.SearchStrategy[Move] = st.one_of(
    st.sampled_from([claim, release, escalate, reopen, close_cancelled]), st.sampled_from(ACTORS).map(assign), decisions
)
deeds = st.lists(st.tuples(moves, st.sampled_from(ACTORS), st.booleans()), max_size=20)


@given(deeds)
def test_a_case_makes_sense_after_anything(done: list[tuple[Move, str, bool]]) -> None:
    case = CASE
    for number, (move, actor, take_over) in enumerate(done):
        before = case
        try:
            moved = move(case, Mover(actor, START + timedelta(minutes=number), take_over=take_over))
        except RefuseError as refused:
            assert (refused.status, case) == (409, before)  # noqa: PT017 - a refusal is one of the endings
            continue
        if moved is None:
            continue
        case = moved.case
        assert case.version == before.version + 1 == moved.detail["version"]
        assert case.updated_at >= before.updated_at
        decided = (case.decision, case.reason_code, case.decided_by, case.decided_at)
        assert case.is_decided == all(decided)
        assert case.is_decided or not any(decided)
        # Only taking back undoes a decision, and never one that was carried out.
        assert not before.is_decided or (move is reopen and before.settled_at is None)
        assert case.due_at is not None
        assert case.due_at <= START + timedelta(hours=4)


@given(deeds)
def test_what_somebody_else_works_on_is_not_taken_silently(done: list[tuple[Move, str, bool]]) -> None:
    case = CASE
    for number, (move, actor, take_over) in enumerate(done):
        owner = case.assigned_to
        try:
            moved = move(case, Mover(actor, START + timedelta(minutes=number), take_over=take_over))
        except RefuseError:
            continue
        if moved is not None and owner not in (None, actor) and not case.is_decided and move is not close_cancelled:
            assert take_over
        case = case if moved is None else moved.case


def test_a_reason_belongs_to_its_decision() -> None:
    with pytest.raises(RefuseError) as refused:
        decide("approve", "stolen_card")
    assert "verified" in refused.value.fields["reason_code"]


@given(st.decimals(min_value=0, max_value=10**11, places=2), st.floats(0, 1), st.floats(0, 1))
def test_expected_loss_grows_with_the_probability(amount: Decimal, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= expected_loss(amount, low) <= expected_loss(amount, high) <= amount


def test_what_is_unknown_costs_nothing() -> None:
    assert expected_loss(None, 0.9) == 0


@given(st.integers(0, 1), st.integers(0, 10_000), st.none() | st.integers(0, 10_000))
def test_urgent_cases_are_due_sooner(urgency: int, loss: int, urgent_from: int | None) -> None:
    settings = ReviewSettings(urgent_from=urgent_from)
    is_urgent = urgency == 1 or (urgent_from is not None and loss >= urgent_from)
    expected = settings.urgent_minutes if is_urgent else settings.target_minutes
    assert due_at(START, urgency, Decimal(loss), settings) == START + timedelta(minutes=expected)


@pytest.mark.parametrize("kept", [None, {"review": None}, {"review": {"target_minutes": "soon"}}, {"review": []}])
def test_unreadable_settings_are_the_defaults(kept: dict[str, object] | None) -> None:
    assert settings_in(kept or {}) == ReviewSettings()
