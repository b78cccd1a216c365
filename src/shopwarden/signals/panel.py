"""The signals made ready to be asked quickly: which facts they need, read once per decision for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shopwarden.contracts.signal import Group, Signal
from shopwarden.domain.facts import Facts
from shopwarden.domain.scoring import dialled_points
from shopwarden.domain.verdict import Weights

VISIT_PARTS = ("visitor.", "session.", "device.")


@dataclass(frozen=True, slots=True)
class Seat:
    """One signal on the panel, with what follows from its needs."""

    signal: Signal
    of_visit: bool
    """Speaks of the visit, which may belong to somebody else when only the IP address joined it to the order."""
    of_order: bool
    """Speaks of an order: without one there is nothing to be ignorant about."""


@dataclass(frozen=True, slots=True)
class PartReader:
    """One branch of the facts (`order.billing`) and the needed fields on it, beside their full paths."""

    branch: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    seats: tuple[Seat, ...]
    caps: dict[str, float]
    readers: tuple[PartReader, ...]

    def missing(self, facts: Facts) -> set[str]:
        """The needed paths that are not known in these facts."""
        missing: set[str] = set()
        for reader in self.readers:
            part: object = facts
            for name in reader.branch:
                part = getattr(part, name)
                if part is None:
                    break
            missing.update(path for name, path in reader.fields if part is None or getattr(part, name) is None)
        return missing


def seat_panel(signals: Iterable[Signal], groups: Iterable[Group]) -> Panel:
    """AttributeError comes later, at the first decision, if a need names a field that facts do not have."""
    ordered = sorted(signals, key=lambda signal: signal.key)
    branches: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for path in sorted({path for signal in ordered for path in signal.needs}):
        *branch, name = path.split(".")
        branches[tuple(branch)][name] = path
    return Panel(
        seats=tuple(_seat(signal) for signal in ordered),
        caps={group.key: group.cap for group in groups},
        readers=tuple(PartReader(branch, tuple(fields.items())) for branch, fields in branches.items()),
    )


def _seat(signal: Signal) -> Seat:
    return Seat(
        signal=signal,
        of_visit=any(path.startswith(VISIT_PARTS) for path in signal.needs),
        of_order=any(path.startswith("order.") for path in signal.needs),
    )


def points_of(signal: Signal, weights: Weights) -> float:
    return dialled_points(signal.key, signal.points, weights)
