"""The shared suite: what every signal must do, each on its own rows."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import msgspec
import pytest

from shopwarden.contracts.signal import Signal
from shopwarden.domain.facts import Facts
from shopwarden.domain.verdict import PARTS, Weights
from shopwarden.signals import find_groups, find_signals
from shopwarden.steps.judge import judge
from tests.signals.fact_rows import Rows, facts_from

SIGNALS = find_signals()
ROWS: Rows = {}
for table in sorted((Path(__file__).parent / "signal_rows").glob("*.py")):
    rows = runpy.run_path(str(table))["ROWS"]
    assert not ROWS.keys() & rows.keys(), f"{table.name}: a signal has rows in two tables"
    ROWS.update(rows)

every_signal = pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.key)


def said_of(facts: Facts, key: str) -> tuple[float | None, bool]:
    """The points a verdict gives a signal (None if it did not speak), and whether it is a gap."""
    verdict = judge(facts, Weights())
    points = next((reason.points for reason in verdict.reasons if reason.key == key), None)
    return points, any(gap.key == key for gap in verdict.gaps)


def without(value: object, path: list[str]) -> object:
    """The same facts with the value at the end of `path` not known; a value its part can't lack takes the part with it."""
    name, *rest = path
    part = getattr(value, name)
    if rest and (len(rest) > 1 or may_be_unknown(part, rest[0])):
        return msgspec.structs.replace(value, **{name: without(part, rest)})
    return msgspec.structs.replace(value, **{name: None})


def may_be_unknown(part: object, name: str) -> bool:
    return next(field for field in msgspec.structs.fields(part) if field.name == name).default is None


def test_at_least_every_planned_theme_is_there():
    assert {signal.key.split(".")[0] for signal in SIGNALS} >= {
        "behaviour", "device", "ip", "email", "phone", "order", "velocity", "trust",
    }  # fmt: skip
    assert len(SIGNALS) >= 45


def test_no_rows_for_signals_that_do_not_exist():
    assert ROWS.keys() <= {signal.key for signal in SIGNALS}


@every_signal
def test_is_declared_properly(signal: Signal):
    assert re.fullmatch(r"[a-z]+\.[a-z0-9_]+", signal.key)
    assert signal.part in PARTS
    assert signal.title
    assert not signal.title.endswith(".")
    assert signal.points
    assert signal.needs or signal.lookup
    caps = {group.key: group.cap for group in find_groups()}
    assert signal.group is None or abs(signal.points) <= caps[signal.group] or signal.key == "ip.tor"


@every_signal
def test_fires_and_says_why(signal: Signal):
    assert signal.key in ROWS, f"{signal.key} has no rows under tests/signals/signal_rows"
    facts = facts_from(ROWS[signal.key][0])
    points, is_gap = said_of(facts, signal.key)
    assert points is not None
    assert (points > 0) == (signal.points > 0)
    assert 0 < abs(points) <= abs(signal.points)
    assert not is_gap
    sentence = signal.reason(facts)
    assert re.match(r"[A-Z0-9]", sentence)
    assert sentence.endswith(".")
    assert "None" not in sentence


@every_signal
def test_is_quiet_when_all_is_known_and_nothing_is_wrong(signal: Signal):
    assert said_of(facts_from(ROWS[signal.key][1]), signal.key) == (None, False)


@every_signal
def test_is_a_gap_when_a_needed_fact_is_unknown(signal: Signal):
    facts = facts_from(ROWS[signal.key][0])
    for path in signal.needs:
        verdict = judge(without(facts, path.split(".")), Weights())
        gap = next((gap for gap in verdict.gaps if gap.key == signal.key), None)
        assert gap is not None, f"{path} unknown, yet no gap"
        assert path in gap.missing
        assert signal.key not in {reason.key for reason in verdict.reasons}


@every_signal
def test_store_points_override_and_zero_disables(signal: Signal):
    facts = facts_from(ROWS[signal.key][0])
    alone = {other.key: 0.0 for other in SIGNALS}
    default = judge(facts, Weights(points={**alone, signal.key: signal.points}))
    doubled = judge(facts, Weights(points={**alone, signal.key: 2 * signal.points}))
    off = judge(facts, Weights(points=alone))
    assert doubled.points == pytest.approx(2 * default.points)
    assert (off.points, off.reasons, off.gaps) == (0, (), ())
