"""Promises of the fold about programs: marks are kept, silence is noticed, and whoever touches a page is no program."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.patterns import AUTOMATED_BROWSER, NO_INPUT, PATTERNS, SILENT_AT_LEAST
from shopwarden.domain.visit import Step, VisitorState, replay

START = 1_700_000_000.0
Page = tuple[float, int | None]
"""How long a page was looked at, and how often something was used on it."""


def visit_of(pages: list[Page]) -> list[Step]:
    steps = []
    for number, (visible, inputs) in enumerate(pages):
        opened = START + number * 40.0
        steps.append(Step(at=opened, key=f"{2 * number:019x}", kind="page_view"))
        left = Step(at=opened + 30, key=f"{2 * number + 1:019x}", kind="page_left", visible=visible, inputs=inputs)
        steps.append(left)
    return steps


def folded(pages: list[Page]) -> VisitorState:
    return replay(visit_of(pages))[0]


def test_three_pages_looked_at_and_never_touched_are_noticed() -> None:
    assert NO_INPUT in folded([(4.0, 0)] * 3).patterns
    assert NO_INPUT not in folded([(4.0, 0)] * 2).patterns


def test_pages_in_the_background_and_senders_that_tell_no_inputs_are_no_sign() -> None:
    assert NO_INPUT not in folded([(0.0, 0)] * 9).patterns
    assert NO_INPUT not in folded([(4.0, None)] * 9).patterns


def test_one_page_hidden_and_shown_again_is_one_page() -> None:
    steps = visit_of([(4.0, 0)])
    again = [Step(at=START + 60 * n, key=f"{100 + n:019x}", kind="page_left", visible=9.0, inputs=0) for n in range(1, 9)]
    assert NO_INPUT not in replay([*steps, *again])[0].patterns


@given(st.lists(st.tuples(st.floats(0, 60), st.integers(0, 3)), max_size=12))
def test_only_a_visit_without_any_input_is_ever_noticed(pages: list[Page]) -> None:
    noticed = NO_INPUT in folded(pages).patterns
    silent_from_the_start = 0
    for visible, inputs in pages:
        if inputs:
            break
        silent_from_the_start += visible > 0
    assert noticed == (silent_from_the_start >= SILENT_AT_LEAST)


@given(st.integers(0, 9))
def test_a_mark_of_automation_anywhere_is_kept_whatever_comes_after(place: int) -> None:
    steps = visit_of([(4.0, 2)] * 5)
    steps[place].automated = True
    state, visits, _ = replay(steps)
    assert state.patterns == {AUTOMATED_BROWSER: steps[place].at}
    assert [AUTOMATED_BROWSER in visit.patterns for visit in visits.values()] == [True]
    assert AUTOMATED_BROWSER in PATTERNS
