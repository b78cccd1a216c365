"""What travels through a store's stream: visitors' newest states, written once as JSON and never read again on the way."""

from __future__ import annotations

from typing import NamedTuple, Protocol
from uuid import UUID

MOST_STATES = 64
"""States in one entry of a stream, so that no entry is a burden to read."""


class State(NamedTuple):
    """A visitor's state: its id, when it was last seen (Unix seconds), and the JSON text of a LiveVisitor."""

    visitor: bytes
    last_seen: float
    body: bytes


class Entry(NamedTuple):
    """States that were published together. `id` is the stream's own; empty where no stream keeps them."""

    id: str
    states: list[State]


class Period(NamedTuple):
    """A time in which nothing of a store was left out of its stream. `position` is the newest entry's id.

    Another `token` than before means that something may be missing in between.
    """

    token: str
    position: str


class LiveLost(Exception):
    """The streams can't be reached."""


class Streams(Protocol):
    """Where states are published and read; every method may raise LiveLost."""

    async def watch(self, store_id: UUID) -> Period:
        """Says that somebody watches this store, for the next half minute."""

    async def watched(self, store_ids: list[UUID]) -> list[UUID]:
        """Those of the stores that anybody watches, in any process."""

    async def add(self, states: dict[UUID, list[State]]) -> None:
        """Publishes."""

    async def interrupt(self, store_ids: list[UUID]) -> None:
        """Ends the period of these stores: something of them was not published."""

    async def read(self, store_id: UUID, after: str, seconds: float) -> list[Entry]:
        """What came after an entry; waits for it up to `seconds`. An entry without states begins a new period."""

    async def missed(self, store_id: UUID, after: str, until: str) -> list[State] | None:
        """The states between two entries; None if the stream no longer holds the first or there are too many."""

    async def close(self) -> None:
        """Lets go of all connections."""


def field_of(state: State) -> bytes:
    return b"%s:%.3f" % (state.visitor, state.last_seen)


def state_of(field: bytes, body: bytes) -> State:
    visitor, _, last_seen = field.partition(b":")
    return State(visitor, float(last_seen), body)


def portions(states: list[State]) -> list[list[State]]:
    return [states[start : start + MOST_STATES] for start in range(0, len(states), MOST_STATES)]
