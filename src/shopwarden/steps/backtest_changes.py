"""The orders a trial changes most, each judged in full by both policies: which reasons moved. Pure but for reading them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shopwarden.domain.backtest import Change, Trial
from shopwarden.domain.backtest_result import ChangedOrder, Judged, ReasonShift
from shopwarden.domain.facts import EmailFacts, Facts
from shopwarden.domain.ids import StoreId, VerdictId
from shopwarden.domain.masking import HIDDEN
from shopwarden.domain.verdict import Verdict
from shopwarden.steps.backtest_lists import ListTrial, Marks
from shopwarden.steps.judge import judge
from shopwarden.store.backtest_rows import marks_of
from shopwarden.store.database import Connection
from shopwarden.store.verdicts import StoredVerdict, find_verdict


async def changed_orders(
    connection: Connection, store_id: StoreId, trial: Trial, changes: Sequence[Change]
) -> tuple[ChangedOrder, ...]:
    """In the order given; one whose facts were erased meanwhile is left out."""
    shown = []
    for change in changes:
        stored = await find_verdict(connection, store_id, VerdictId(change.verdict_id))
        if stored is None:
            continue
        marks = await marks_of(connection, store_id, stored.id) if trial.lists else {}
        shown.append(_shown(stored, change, trial, msgspec.convert(marks, Marks)))
    return tuple(shown)


def _shown(stored: StoredVerdict, change: Change, trial: Trial, marks: Marks) -> ChangedOrder:
    facts, order_id = stored.facts, stored.external_id or ""
    other = ListTrial(trial.lists).tried_on(facts, marks) if trial.lists else facts
    present = judge(facts, trial.present.weights, trial.present.ruleset, order_id)
    candidate = judge(other, trial.candidate.weights, trial.candidate.ruleset, order_id)
    return ChangedOrder(
        verdict_id=stored.id,
        order_id=order_id,
        at=stored.created_at,
        label=change.label,
        total=facts.order.total if facts.order is not None else None,
        currency=facts.order.currency if facts.order is not None else None,
        live=stored.verdict.advice,
        present=_judged(present),
        candidate=_judged(candidate),
        reasons=reason_shifts(present, candidate, facts),
    )


def _judged(verdict: Verdict) -> Judged:
    return Judged(
        score=verdict.score,
        advice=verdict.advice,
        overrides=tuple(override.sentence for override in verdict.overrides),
    )


def reason_shifts(present: Verdict, candidate: Verdict, facts: Facts) -> tuple[ReasonShift, ...]:
    """Reasons whose points differ, the greatest difference first. A domain that names a person is hidden."""
    before = {reason.key: reason for reason in present.reasons}
    after = {reason.key: reason for reason in candidate.reasons}
    shifts = []
    for key, reason in (before | after).items():
        was, now = (side[key].points if key in side else None for side in (before, after))
        if was != now:
            shifts.append(
                ReasonShift(key=key, sentence=without_domain(reason.sentence, facts.email), present=was, candidate=now)
            )
    return tuple(sorted(shifts, key=lambda shift: (-abs((shift.candidate or 0) - (shift.present or 0)), shift.key)))


def without_domain(sentence: str, email: EmailFacts | None) -> str:
    if email is None or not email.domain or email.is_free or email.is_disposable:
        return sentence
    return sentence.replace(email.domain, HIDDEN)
