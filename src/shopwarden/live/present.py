"""Who is in a store right now: everybody's last moment, and the newest states of the latest seen."""

from __future__ import annotations

from collections.abc import Iterable

from shopwarden.contracts.live import MOST_IN_SNAPSHOT, WINDOW_SECONDS
from shopwarden.live.states import State

MOST_PRESENT = 200_000
"""Beyond this many visitors within the window the longest silent are no longer counted."""


class Present:
    """Memory is bounded by the window: a few dozen bytes a visitor, and whole states only for a snapshot's worth."""

    def __init__(self, now: float, seen: Iterable[tuple[bytes, float]] = (), states: Iterable[State] = ()) -> None:
        """`seen` and `states` by rising time; times are Unix seconds."""
        self._seen: dict[bytes, float] = dict(seen)
        self._newest: dict[bytes, bytes] = {}
        for state in states:
            self.take(state)
        self.forget(now)

    def take(self, state: State) -> bool:
        """Whether this state is news: it is not older than the one known."""
        known = self._seen.pop(state.visitor, 0.0)
        if known > state.last_seen:
            self._seen[state.visitor] = known
            return False
        # Both dictionaries keep the order of arrival: the latest are at the end.
        self._seen[state.visitor] = state.last_seen
        self._newest.pop(state.visitor, None)
        self._newest[state.visitor] = state.body
        if len(self._newest) > MOST_IN_SNAPSHOT:
            del self._newest[next(iter(self._newest))]
        return True

    def forget(self, now: float) -> None:
        """Lets go of those who did nothing within the window."""
        limit = now - WINDOW_SECONDS
        gone: list[bytes] = []
        for visitor, last_seen in self._seen.items():
            if last_seen >= limit and len(self._seen) - len(gone) <= MOST_PRESENT:
                break
            gone.append(visitor)
        for visitor in gone:
            del self._seen[visitor]
            self._newest.pop(visitor, None)

    @property
    def total(self) -> int:
        return len(self._seen)

    def latest(self) -> list[bytes]:
        """The newest states, the latest first."""
        return list(reversed(self._newest.values()))
