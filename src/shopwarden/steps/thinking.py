"""What a group of tracker events changes, worked out before anything is written; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from shopwarden.domain.ids import uuid7_text
from shopwarden.domain.visit import Step, Visit, VisitorState, advance, replay
from shopwarden.steps.placing import Placed


class Filed(msgspec.Struct, kw_only=True):
    """An event with the session it belongs to and its own id."""

    placed: Placed
    id: str
    session_id: str

    @property
    def at(self) -> float:
        """Unix seconds."""
        return self.placed.step.at


class Outcome(msgspec.Struct, kw_only=True):
    """What one visitor's events come to. `moved` and `gone` are only filled where a late event changed the past."""

    state: VisitorState
    visits: dict[str, Visit]
    filed: list[Filed]
    moved: list[tuple[UUID, UUID, datetime]] = []
    gone: dict[UUID, UUID] = {}


class Past(msgspec.Struct, kw_only=True):
    """An event already stored: its step, its row and the session it is filed under."""

    step: Step
    id: UUID
    created_at: datetime
    session_id: UUID


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def in_order(placed: Iterable[Placed]) -> list[Placed]:
    return sorted(placed, key=lambda one: (one.step.at, one.step.key))


def file_event(placed: Placed, session_id: str) -> Filed:
    step = placed.step
    return Filed(placed=placed, id=uuid7_text(int(step.at * 1000), int(step.key, 16)), session_id=session_id)


def go_on(state: VisitorState, placed: list[Placed]) -> Outcome:
    """Events that come after everything known: the fold simply goes on."""
    visits: dict[str, Visit] = {}
    filed: list[Filed] = []
    for one in placed:
        visit = advance(state, one.step)
        visits[visit.id] = visit
        filed.append(file_event(one, visit.id))
    return Outcome(state=state, visits=visits, filed=filed)


def start_again(past: list[Past], placed: list[Placed]) -> Outcome:
    """An event came late: the whole history is folded again, and what moved to another session is named."""
    state, visits, filed = replay([*(one.step for one in past), *(one.step for one in placed)])
    moved: list[tuple[UUID, UUID, datetime]] = []
    gone: dict[UUID, UUID] = {}
    for one in sorted(past, key=lambda known: (known.step.at, known.step.key)):
        session_id = UUID(filed[one.step.key])
        if session_id != one.session_id:
            moved.append((session_id, one.id, one.created_at))
            if str(one.session_id) not in visits:
                gone.setdefault(one.session_id, session_id)
    return Outcome(
        state=state,
        visits=visits,
        filed=[file_event(one, filed[one.step.key]) for one in placed],
        moved=moved,
        gone=gone,
    )
