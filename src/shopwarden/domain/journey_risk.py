"""Where in a journey risk arises: the fold over a visitor's events is walked again, and what each event changes is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from shopwarden.domain.journey import JourneyRisk
from shopwarden.domain.visit import IDLE_SECONDS, advance, cuts
from shopwarden.domain.visit_state import Step, VisitorState

FAST_KMH = 1000.0
"""Airliners make this over ground with the wind behind them."""

DEVICE_CHANGE, LOCATION_CHANGE, FAST_TRAVEL, SHORT_SESSION = (
    "device_change",
    "location_change",
    "fast_travel",
    "short_session",
)
SHORT_SECONDS = 30.0

_PATTERNS = {
    "several_ips": "Three networks or more within ten minutes.",
    "rapid_navigation": "Pages faster than a person reads, or at a machine's beat.",
    "direct_checkout": "Straight to the checkout, without having looked at a product.",
    "failed_payments": "Three payments failed within an hour.",
    "automated_browser": "A program drives this browser.",
    "no_input": "Pages were looked at without a key, pointer or finger being used.",
}


class Factor(msgspec.Struct, frozen=True):
    """A visitor factor that holds as of some event. `settles`: only a session's end tells whether it does."""

    risk: JourneyRisk
    settles: bool


class Noted(msgspec.Struct, kw_only=True):
    """What the walk says of one event: the station's letter, the basket's worth after it, and what was noticed."""

    letter: str
    basket: float
    risks: list[JourneyRisk]


Judge = Callable[[VisitorState], Sequence[Factor]]


class _Before:
    """What stood before an event, to be held against what stands after it."""

    def __init__(self, state: VisitorState) -> None:
        self.devices, self.places = state.device_changes, state.location_changes
        self.fastest = state.fastest_kmh or 0.0
        self.visit = state.visit.id if state.visit else ""
        self.patterns = set(state.visit.patterns) if state.visit else set()

    def changes(self, state: VisitorState) -> list[JourneyRisk]:
        found = []
        if state.device_changes > self.devices:
            found.append(JourneyRisk(key=DEVICE_CHANGE, sentence="Another device than before."))
        if state.location_changes > self.places:
            found.append(JourneyRisk(key=LOCATION_CHANGE, sentence="Another place than before."))
        fastest = state.fastest_kmh or 0.0
        if fastest > max(self.fastest, FAST_KMH):
            sentence = f"From the place before at {fastest:,.0f} km/h at least."
            found.append(JourneyRisk(key=FAST_TRAVEL, sentence=sentence))
        if state.visit is not None:
            known = self.patterns if state.visit.id == self.visit else set()
            names = [name for name in state.visit.patterns if name not in known]
            found += [JourneyRisk(key=name, sentence=_PATTERNS.get(name, name.replace("_", " "))) for name in names]
        return found


def walk(steps: Iterable[Step], judge: Judge, now: float) -> dict[str, Noted]:
    """Each event's notes by its key. `judge` names the visitor factors that hold in a state; `now` is Unix seconds.

    A factor of changes is put at the change that made it hold. One that only a session's end decides, and a session under
    30 seconds, are put at the session's last event, once the session is over.
    """
    state, noted = VisitorState(), {}
    held: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()
    ordered = sorted(steps, key=lambda step: (step.at, step.key))
    for place, step in enumerate(ordered, 1):
        before = _Before(state)
        visit = advance(state, step)
        risks = before.changes(state)
        factors = judge(state)
        risks += [one.risk for one in factors if not one.settles and one.risk.key not in held]
        held = frozenset(one.risk.key for one in factors if not one.settles)
        noted[step.key] = Noted(letter=step.letter, basket=visit.basket, risks=risks)
        if cuts(visit, ordered[place]) if place < len(ordered) else now - visit.last > IDLE_SECONDS:
            if visit.last - visit.started < SHORT_SECONDS:
                risks.append(JourneyRisk(key=SHORT_SESSION, sentence="The session lasted under 30 seconds."))
            risks += [one.risk for one in factors if one.settles and one.risk.key not in settled]
            settled = frozenset(one.risk.key for one in factors if one.settles)
    return noted
