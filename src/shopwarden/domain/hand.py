"""Who makes a change, and why."""

from __future__ import annotations

from typing import NamedTuple


class Hand(NamedTuple):
    """`actor` as the audit log names it: user:<id>, key:<id>, rule:<id>, system."""

    actor: str
    reason: str | None = None
