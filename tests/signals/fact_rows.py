"""Facts from short rows: a row names only what matters, the rest is filled with what every decision has."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from shopwarden.domain.facts import Facts

NOW = "2026-03-01T12:00:00Z"
Row = Mapping[str, object]
Rows = dict[str, tuple[Row, Row]]
"""Signal key -> a row on which it fires and a row on which it is quiet though everything it needs is known."""

ALWAYS: dict[str, dict[str, object]] = {
    "ip": {"address": "203.0.113.9"},
    "email": {"address": "ada@example.org", "domain": "example.org"},
    "phone": {"number": "+4915112345678"},
}


def facts_from(row: Row) -> Facts:
    """`{"ip": {"is_vpn": True}}` -> Facts; dotted keys reach into parts: `{"order.billing.country": "DE"}`."""
    tree: dict[str, object] = {"at": NOW, "store": {}}
    for path, value in row.items():
        *branch, name = path.split(".")
        part = tree
        for step in branch:
            part = part.setdefault(step, dict(ALWAYS.get(step, {})))
        part[name] = value
    return msgspec.convert(tree, Facts)
