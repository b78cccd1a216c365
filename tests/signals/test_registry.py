"""Finding the signals, refusing clashes, and the printed catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopwarden.contracts.signal import Group, Signal
from shopwarden.errors import StopError
from shopwarden.signals import checked_signals, find_groups, find_signals
from shopwarden.signals.catalogue import catalogue
from shopwarden.signals.visitor_factors import VISITOR_FACTOR_KEYS

PAGE = Path(__file__).parents[2] / "docs" / "generated" / "signals.md"


def signal(key: str, group: str | None = None) -> Signal:
    return Signal(
        key=key, part="ip", points=1, needs=("ip.address",), test=lambda _: True, reason=lambda _: "Yes.", group=group
    )


def test_signals_of_every_theme_file_are_found_once():
    keys = [signal.key for signal in find_signals()]
    assert keys == sorted(set(keys))
    assert set(VISITOR_FACTOR_KEYS) <= set(keys)


def test_a_key_declared_twice_is_refused_by_name():
    with pytest.raises(StopError, match=r"ip\.twin"):
        checked_signals([signal("ip.twin"), signal("ip.twin")], [])


def test_a_group_nobody_declared_is_refused_by_name():
    with pytest.raises(StopError, match=r"ip\.lost.*nowhere"):
        checked_signals([signal("ip.lost", "nowhere")], [Group("somewhere", 10)])


def test_every_group_has_members_and_a_story():
    used = {signal.group for signal in find_signals()}
    for group in find_groups():
        assert group.key in used
        assert group.cap > 0
        assert group.title


def test_the_printed_page_is_fresh():
    assert PAGE.read_text() == catalogue(), "run: python -m shopwarden.signals.catalogue > docs/generated/signals.md"
