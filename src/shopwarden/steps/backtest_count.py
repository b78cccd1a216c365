"""Counts what several policies would have advised on orders that were decided; pure, fast, one order after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from heapq import heappush, heappushpop

import msgspec

from shopwarden import __version__
from shopwarden.domain.advice import Advice
from shopwarden.domain.backtest import (
    MOST_CHANGED,
    MOST_NAMED,
    Cell,
    Change,
    Differing,
    Found,
    RuleCount,
    TrueLabel,
    steps_between,
)
from shopwarden.domain.facts import Facts
from shopwarden.domain.heard import Heard, heard_prefix, read_heard
from shopwarden.steps.backtest_advice import Advised, Answer, heard_again
from shopwarden.steps.hearing import signals_digest
from shopwarden.store.backtest_rows import Decision

PREFIX = heard_prefix(signals_digest())
_facts = msgspec.json.Decoder(Facts)


class Material(msgspec.Struct, frozen=True):
    """What an order is tried by; `facts` None where nothing needs them."""

    heard: Heard
    facts: Facts | None


def material_of(decision: Decision) -> Material | None:
    """None: what is kept of the decision cannot be read, or is not there any more."""
    try:
        facts = _facts.decode(decision.facts) if decision.facts is not None else None
        if decision.heard is not None and decision.heard.startswith(PREFIX):
            return Material(read_heard(decision.heard), facts)
    except msgspec.MsgspecError:
        return None
    return Material(heard_again(facts), facts) if facts is not None else None


class Counting:
    """What is found in one stretch of time."""

    def __init__(self) -> None:
        self._cells: defaultdict[tuple[int, TrueLabel, Advice, Advice, Advice, str], list[int]] = defaultdict(lambda: [0, 0])
        self._rules: defaultdict[tuple[object, TrueLabel, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        self._left_out: defaultdict[str, int] = defaultdict(int)
        self._failed: defaultdict[str, int] = defaultdict(int)
        self._changed: list[Change] = []
        self._named: list[Differing] = []
        self._differing = self._orders = 0
        self.erased = self.unreadable = 0

    def add(self, decision: Decision, present: Advised, candidate: Advised, then: Advised) -> None:
        """`then` is by the policy that was in force when the order was decided."""
        cents, currency = decision.cents or 0, decision.currency or ""
        day = decision.created_at.toordinal()
        cell = self._cells[day, decision.label, decision.advice, present.advice, candidate.advice, currency]
        cell[0] += 1
        cell[1] += cents
        self._orders += 1
        if candidate.answers:
            self._count_rules(candidate.answers, decision.label, currency, cents)
        if present.advice != candidate.advice or present.score != candidate.score:
            self._rank(decision, present, candidate)
        if then.advice != decision.advice or then.score != decision.score:
            self._name(decision, then)

    def found(self, looked_at: int) -> Found:
        return Found(
            looked_at=looked_at,
            orders=self._orders,
            erased=self.erased,
            unreadable=self.unreadable,
            differing=self._differing,
            cells=tuple(Cell(*key, *values) for key, values in self._cells.items()),
            rules=tuple(RuleCount(*key, *values) for key, values in self._rules.items()),  # type: ignore[arg-type]
            left_out=dict(self._left_out),
            failed=dict(self._failed),
            named=tuple(self._named),
            changed=tuple(self._changed),
        )

    def _count_rules(self, answers: Sequence[Answer], label: TrueLabel, currency: str, cents: int) -> None:
        for rule, hit, applied in answers:
            if hit.matched:
                counts = self._rules[rule.id, label, currency]
                counts[0] += 1
                counts[1] += applied
                counts[2] += cents
            elif hit.error is not None:
                self._failed[str(rule.id)] += 1
            else:
                self._left_out[str(rule.id)] += 1

    def _rank(self, decision: Decision, present: Advised, candidate: Advised) -> None:
        change = Change(
            steps_between(present.advice, candidate.advice),
            abs(present.score - candidate.score),
            decision.cents or 0,
            decision.id,
            decision.label,
        )
        if len(self._changed) < MOST_CHANGED:
            heappush(self._changed, change)
        else:
            heappushpop(self._changed, change)

    def _name(self, decision: Decision, then: Advised) -> None:
        self._differing += 1
        if len(self._named) < MOST_NAMED:
            self._named.append(
                Differing(
                    verdict_id=decision.id,
                    order_id=decision.external_id,
                    live=decision.advice,
                    again=then.advice,
                    live_score=decision.score,
                    score_again=then.score,
                    why=_why(decision),
                )
            )


def _why(decision: Decision) -> str:
    if decision.code_version != __version__:
        return f"it was decided by version {decision.code_version}, this is {__version__}"
    if decision.heard is None or not decision.heard.startswith(PREFIX):
        return "the signals' code has changed since"
    return "what is kept of the decision does not give its advice"
