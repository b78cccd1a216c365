"""A trial of a policy on the past: what is tried, and the counts that two processes gather side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from heapq import nlargest
from typing import Literal
from uuid import UUID

import msgspec

from shopwarden.domain.advice import ADVICE, Advice
from shopwarden.domain.policy import ListKind, ListName, Policy

TrueLabel = Literal["fraud", "legitimate", "unknown"]
TRUE_LABELS: tuple[TrueLabel, ...] = ("fraud", "legitimate", "unknown")
"""What an order turned out to be. Advice is no truth: an order nobody told of is unknown."""

MOST_NAMED = 100
MOST_CHANGED = 10


class ListWish(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as if it had always been on the list. `value` is normalised."""

    list: ListName
    kind: ListKind
    value: str


class ListChanges(msgspec.Struct, frozen=True, kw_only=True):
    """`remove`: ids of entries taken as if they had never been."""

    add: tuple[ListWish, ...] = ()
    remove: tuple[UUID, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.add or self.remove)


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared: the policy as it was when the trial was asked for, and the one to try, with its lists' changes.

    Every order's own lists are those that held when it was decided: an entry made because of a fraud must not stop it."""

    present: Policy
    candidate: Policy
    lists: ListChanges = ListChanges()


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """Orders of one day (its ordinal), label, currency and triple of advice; `cents` is their money in hundredths."""

    day: int
    label: TrueLabel
    live: Advice
    present: Advice
    candidate: Advice
    currency: str
    orders: int
    cents: int


class Differing(msgspec.Struct, frozen=True, kw_only=True):
    """An order whose advice or score does not come out again by the policy it was decided with, and what may be why."""

    verdict_id: UUID
    order_id: str
    live: Advice
    again: Advice
    live_score: int
    score_again: int
    why: str


class RuleCount(msgspec.Struct, frozen=True, array_like=True):
    """Orders of one label and currency a rule matched; `applied` of them it counted for."""

    rule_id: UUID
    label: TrueLabel
    currency: str
    matched: int
    applied: int
    cents: int


class Change(msgspec.Struct, frozen=True, array_like=True, order=True):
    """How far an order moves from the present policy to the candidate: steps of advice, then score, then money."""

    steps: int
    score: int
    cents: int
    verdict_id: UUID
    label: TrueLabel


class Found(msgspec.Struct, kw_only=True):
    """What a stretch of time came to. `looked_at` verdicts, of which `orders` were tried; the rest are verdicts an order
    had before its last one, `erased` ones, and `unreadable` ones."""

    looked_at: int = 0
    orders: int = 0
    erased: int = 0
    unreadable: int = 0
    differing: int = 0
    cells: tuple[Cell, ...] = ()
    rules: tuple[RuleCount, ...] = ()
    left_out: dict[str, int] = {}
    """Rule -> orders it could not be asked about, for facts that are unknown."""
    failed: dict[str, int] = {}
    """Rule -> orders it failed on, and was left out."""
    named: tuple[Differing, ...] = ()
    changed: tuple[Change, ...] = ()


def merged(parts: Iterable[Found]) -> Found:
    """All parts as one; the order they come in is irrelevant."""
    parts = list(parts)
    cells: defaultdict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    rules: defaultdict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for part in parts:
        for cell in part.cells:
            known = cells[cell.day, cell.label, cell.live, cell.present, cell.candidate, cell.currency]
            known[0] += cell.orders
            known[1] += cell.cents
        for rule in part.rules:
            counts = rules[rule.rule_id, rule.label, rule.currency]
            for place, value in enumerate((rule.matched, rule.applied, rule.cents)):
                counts[place] += value
    named = sorted((each for part in parts for each in part.named), key=lambda each: each.verdict_id)
    return Found(
        looked_at=sum(part.looked_at for part in parts),
        orders=sum(part.orders for part in parts),
        erased=sum(part.erased for part in parts),
        unreadable=sum(part.unreadable for part in parts),
        differing=sum(part.differing for part in parts),
        cells=tuple(Cell(*key, *values) for key, values in sorted(cells.items())),  # type: ignore[arg-type]
        rules=tuple(RuleCount(*key, *values) for key, values in sorted(rules.items())),  # type: ignore[arg-type]
        left_out=_summed(part.left_out for part in parts),
        failed=_summed(part.failed for part in parts),
        named=tuple(named[:MOST_NAMED]),
        changed=tuple(nlargest(MOST_CHANGED, (each for part in parts for each in part.changed))),
    )


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: defaultdict[str, int] = defaultdict(int)
    for each in counts:
        for name, count in each.items():
            total[name] += count
    return dict(total)


def steps_between(one: Advice, other: Advice) -> int:
    return abs(ADVICE.index(one) - ADVICE.index(other))


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a running trial stands, so that another worker can go on: the stretches done, and what they came to."""

    edges: tuple[datetime, ...]
    done: tuple[int, ...] = ()
    found: Found = msgspec.field(default_factory=Found)
