"""The signals made ready to be asked quickly: which facts they need, read once per decision for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shopwarden.contracts.signal import OTHER_LOOKUPS, Group, Signal
from shopwarden.domain.facts import Facts
from shopwarden.domain.scoring import Claim, dialled_points
from shopwarden.domain.verdict import Gap, Weights

VISIT_PARTS = ("visitor.", "session.", "device.")


@dataclass(frozen=True, slots=True)
class Seat:
    """One signal on the panel, with what follows from its declaration, worked out once."""

    signal: Signal
    default: Claim
    """Its claim at full strength with the default points."""
    gap: Gap
    """Its gap when nothing it needs is known."""
    of_visit: bool
    """Speaks of the visit, which may belong to somebody else when only the IP address joined it to the order."""
    of_order: bool
    """Speaks of an order: without one there is nothing to be ignorant about."""

    def claim(self, weights: Weights, share: float) -> Claim:
        """Its claim at full strength with the store's points, of which `share` counts."""
        key, part, points, group = self.default
        if key in weights.points:
            points = dialled_points(key, points, weights)
        elif share == 1.0:
            return self.default
        return Claim(key, part, points * share, group)

    def is_silent(self, facts: Facts) -> bool:
        """Whether it reads a look-up of a vendor that is not connected, or that knows nobody."""
        lookup, vendor = self.signal.lookup, facts.vendor
        if lookup is None:
            return False
        if vendor is None:
            return True
        told = (vendor.ip, vendor.email, vendor.phone, vendor.risk, vendor.missing)
        return lookup != OTHER_LOOKUPS and not any(lookup in each for each in told)

    def vendor_gap(self, facts: Facts) -> Gap | None:
        """The gap left by a connected vendor that gave nothing, in words."""
        lookup, vendor = self.signal.lookup, facts.vendor
        owed = vendor.missing.get(lookup) if lookup is not None and vendor is not None else None
        if owed is None:
            return None
        return Gap(key=self.gap.key, part=self.gap.part, missing=(f"vendor.{lookup}",), why=owed.sentence)

    def gap_for(self, missing: set[str]) -> Gap | None:
        """The gap these missing paths leave; None if everything needed is known."""
        needs = self.signal.needs
        if not needs or missing.isdisjoint(needs):
            return None
        if missing.issuperset(needs):
            return self.gap
        return Gap(key=self.gap.key, part=self.gap.part, missing=tuple(path for path in needs if path in missing))


@dataclass(frozen=True, slots=True)
class PartReader:
    """One branch of the facts (`order.billing`) and the needed fields on it, beside their full paths."""

    branch: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    paths: tuple[str, ...]


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
            if part is None:
                missing.update(reader.paths)
            else:
                missing.update([path for name, path in reader.fields if getattr(part, name) is None])
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
        readers=tuple(
            PartReader(branch, tuple(fields.items()), tuple(fields.values())) for branch, fields in branches.items()
        ),
    )


def _seat(signal: Signal) -> Seat:
    return Seat(
        signal=signal,
        default=Claim(signal.key, signal.part, dialled_points(signal.key, signal.points, Weights()), signal.group),
        gap=Gap(key=signal.key, part=signal.part, missing=signal.needs),
        of_visit=any(path.startswith(VISIT_PARTS) for path in signal.needs),
        of_order=any(path.startswith("order.") for path in signal.needs),
    )
