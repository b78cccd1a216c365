"""Figures as a table on the screen and as docs/generated/bench.md."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "generated" / "bench.md"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured, and a limit measured in the same run. `rounds` are the single values behind the median."""

    name: str
    what: str
    value: float
    unit: str
    limit: float
    limit_what: str
    rounds: tuple[float, ...] = ()
    more: str = ""

    @property
    def ratio(self) -> str:
        """Share of the limit for rates; how many times the limit for times, where the limit is the shortest possible."""
        if self.limit <= 0:
            return ""
        share = self.value / self.limit
        return f"{share:.1f} times" if self.unit in ("ms", "s") else f"{share:.0%}"

    def cells(self) -> tuple[str, ...]:
        spread = f" ({_shown(min(self.rounds))} to {_shown(max(self.rounds))})" if len(self.rounds) > 1 else ""
        return (
            self.what,
            f"{_shown(self.value)} {self.unit}{spread}",
            f"{_shown(self.limit)} {self.unit}: {self.limit_what}",
            self.ratio,
            self.more,
        )


HEADS = ("measured", "result, median (range)", "limit in the same run", "of the limit", "more")


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def show(console: Console, figures: Sequence[Figure]) -> None:
    table = Table(*HEADS, title="shopwarden bench")
    for figure in figures:
        table.add_row(*figure.cells())
    console.print(table)


def page(figures: Sequence[Figure], how: str) -> str:
    """The page; `how` says at which scale and how often was measured."""
    memory = psutil.virtual_memory().total / 2**30
    lines = [
        "<!-- Printed by `make bench`; edits here are lost. -->",
        "",
        "# Measured",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores and {memory:.0f} GB shared by load generator, server and"
        f" PostgreSQL, which writes to disk as in production. {how}",
        "",
        "| " + " | ".join(HEADS) + " |",
        "|" + "---|" * len(HEADS),
        *("| " + " | ".join(figure.cells()) + " |" for figure in figures),
    ]
    return "\n".join(lines) + "\n"
