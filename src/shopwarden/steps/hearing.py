"""Signals asked about facts, and what a store's weights make of their answers; the two apart, for weights change. Pure."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from math import isnan
from pathlib import Path

from shopwarden import signals
from shopwarden.contracts.signal import Signal
from shopwarden.domain.facts import Facts
from shopwarden.domain.heard import WEAK_JOIN, Heard, heard_in
from shopwarden.domain.scoring import Claim
from shopwarden.domain.verdict import Gap, Weights
from shopwarden.signals.panel import Panel, Seat
from shopwarden.signals.reading import UnknownFactError

WEAK_JOIN_SHARE = 0.5
"""Of a visit that may be a neighbour's, half of what it says counts, for and against."""

QUIET = (0.0, "")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Testimony:
    """What the panel said of facts, whatever the weights. `gaps`: what could not be said, and why."""

    said: list[tuple[Seat, float, str]] = field(default_factory=list)
    gaps: list[tuple[Seat, Gap]] = field(default_factory=list)

    def heard_in(self, facts: Facts) -> Heard:
        """What is kept of it beside the verdict."""
        return heard_in(facts, signals_digest(), {seat.default.key: strength for seat, strength, _ in self.said})


@dataclass(slots=True)
class Hearing:
    """What the panel said by a store's weights: claims beside their sentences, and what it could not say."""

    claims: list[Claim] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    unknown: list[Claim] = field(default_factory=list)


@cache
def signals_digest() -> bytes:
    """Four bytes that stand for the code of all signals."""
    files = sorted(Path(signals.__path__[0]).glob("*.py"))
    return blake2b(b"".join(file.read_bytes() for file in files), digest_size=4).digest()


def listen(panel: Panel, facts: Facts) -> Testimony:
    """What every signal says of these facts."""
    heard = Testimony()
    missing = panel.missing(facts)
    for seat in panel.seats:
        if seat.is_silent(facts):
            continue
        gap = seat.vendor_gap(facts) or seat.gap_for(missing)
        said = _ask(seat.signal, facts) if gap is None else None
        if said is None:
            heard.gaps.append((seat, gap or Gap(key=seat.default.key, part=seat.default.part, missing=())))
        elif said[0] > 0:
            heard.said.append((seat, *said))
    return heard


def weigh(testimony: Testimony, facts: Facts, weights: Weights) -> Hearing:
    """The testimony in points, before the caps of groups; what the weights silence is left out."""
    heard = Hearing()
    visit_share = WEAK_JOIN_SHARE if facts.joined_by == WEAK_JOIN else 1.0
    has_order = facts.order is not None
    for seat, strength, sentence in testimony.said:
        claim = seat.claim(weights, visit_share if seat.of_visit else 1.0)
        if claim.points:
            heard.claims.append(Claim(claim.key, claim.part, claim.points * strength, claim.group))
            heard.sentences.append(sentence)
    for seat, gap in testimony.gaps:
        claim = seat.claim(weights, visit_share if seat.of_visit else 1.0)
        if claim.points:
            heard.gaps.append(gap)
            if has_order or not seat.of_order:
                heard.unknown.append(claim)
    return heard


def hear(panel: Panel, facts: Facts, weights: Weights) -> Hearing:
    """What every signal says of these facts in the store's points, before the caps of groups."""
    return weigh(listen(panel, facts), facts, weights)


def _ask(signal: Signal, facts: Facts) -> tuple[float, str] | None:
    """Strength 0..1 and the sentence; None where the signal cannot tell or is itself broken."""
    try:
        said = signal.test(facts)
        if said is None:
            return None
        strength = float(said)
        if strength > 0:
            return min(1.0, strength), signal.reason(facts)
        return None if isnan(strength) else QUIET
    except UnknownFactError:
        return None
    except Exception:
        log.exception("signal %s failed and was left out of the verdict", signal.key)
        return None
