"""Prints every built-in signal as a Markdown page: `python -m shopwarden.signals.catalogue > docs/generated/signals.md`."""

from __future__ import annotations

from shopwarden.contracts.signal import Group, Signal
from shopwarden.domain.verdict import PARTS
from shopwarden.signals import find_groups, find_signals

INTRODUCTION = """# Built-in signals

Printed from the code by `python -m shopwarden.signals.catalogue`; do not edit by hand.

+10 points double the odds of fraud, negative points speak for the customer. The points are those at full strength; a store
may set its own under the signal's key, and 0 switches a signal off. A signal whose facts are missing says nothing and is
listed in the verdict as a gap. Signals of one group tell the same story: together they count no more than the group's cap.
"""


def catalogue() -> str:
    """The whole page, ending in a newline."""
    groups = {group.key: group for group in find_groups()}
    signals = sorted(find_signals(), key=lambda signal: (PARTS.index(signal.part), signal.key))
    lines = [
        INTRODUCTION,
        f"{len(signals)} signals.",
        "",
        "| key | part | points | group (cap) | needs | what it says |",
        "|---|---|---:|---|---|---|",
        *(_signal_row(signal, groups) for signal in signals),
        "",
        "## Groups",
        "",
        "| group | cap | the story its signals share | signals |",
        "|---|---:|---|---|",
        *(_group_row(group, signals) for group in groups.values()),
    ]
    return "\n".join(lines) + "\n"


def _signal_row(signal: Signal, groups: dict[str, Group]) -> str:
    group = "" if signal.group is None else f"{signal.group} ({groups[signal.group].cap:g})"
    needs = ", ".join(f"`{path}`" for path in signal.needs)
    return f"| `{signal.key}` | {signal.part} | {signal.points:+g} | {group} | {needs} | {signal.title} |"


def _group_row(group: Group, signals: list[Signal]) -> str:
    members = ", ".join(f"`{signal.key}`" for signal in signals if signal.group == group.key)
    return f"| {group.key} | {group.cap:g} | {group.title} | {members} |"


if __name__ == "__main__":
    print(catalogue(), end="")
