"""Alerts a verdict sets off: its advice, rules that ask for one, and entries of the watch and block lists."""

from __future__ import annotations

from collections.abc import Iterator

from shopwarden.domain.alert import Raising
from shopwarden.domain.ids import StoreId
from shopwarden.domain.policy import ListHit, Severity
from shopwarden.domain.verdict import Verdict
from shopwarden.rules.ruling import KIND_WORDS
from shopwarden.signals import find_signals
from shopwarden.store.alerts import raise_alerts
from shopwarden.store.database import Connection
from shopwarden.store.verdicts import StoredVerdict

OF_THE_PAST = frozenset({"import"})
"""Triggers of verdicts on what was long over when it was first seen here."""
MOST_REASONS = 5
ADVISED = {"review": "is to be reviewed", "decline": "is better declined", "approve": "may be approved"}


async def raise_for_verdict(
    connection: Connection, store_id: StoreId, stored: StoredVerdict, *, is_decided: bool = False
) -> None:
    """In the caller's transaction; the same verdict twice raises nothing more. Imported history raises nothing. Where it
    `is_decided` what to do, the advice is no news."""
    await raise_alerts(connection, store_id, raisings_of(stored, is_decided=is_decided))


def raisings_of(stored: StoredVerdict, *, is_decided: bool = False) -> list[Raising]:
    """One for the advice unless it is to approve, one for each rule that applied and asks for it, one for each entry of the
    watch and block lists that fits. Texts hold titles of signals, never their sentences: those quote people's data."""
    if stored.trigger in OF_THE_PAST or stored.subject_id is None:
        return []
    advice = () if is_decided else _of_advice(stored)
    return [*advice, *_of_rules(stored), *_of_lists(stored)]


def _named(stored: StoredVerdict) -> str:
    if stored.subject == "customer":
        return f"Customer {stored.subject_id}"
    return f"Order {stored.order_name or stored.external_id or stored.subject_id}"


def _of_advice(stored: StoredVerdict) -> Iterator[Raising]:
    verdict = stored.verdict
    if verdict.advice == "approve":
        return
    yield Raising(
        kind="verdict",
        severity=_severity(stored),
        group_key=f"verdict:{stored.subject}:{stored.subject_id}",
        cause=f"verdict:{stored.id}",
        title=f"{_named(stored)} {ADVISED[verdict.advice]}: score {verdict.score} of 100",
        body=reasons_text(verdict),
        subject=stored.subject,
        subject_id=str(stored.subject_id),
        facts=_facts(stored),
        at=stored.created_at,
    )


def _severity(stored: StoredVerdict) -> Severity:
    """What can still be stopped is an order; a customer's own score is for those who look."""
    if stored.verdict.advice != "decline" or stored.subject == "customer":
        return "info"
    return "critical" if stored.verdict.level == "critical" else "warning"


def reasons_text(verdict: Verdict) -> str:
    """The titles of the heaviest reasons, one a line, with their points."""
    titles = {signal.key: signal.title for signal in find_signals()}
    heaviest = sorted((each for each in verdict.reasons if each.points > 0), key=lambda each: (-each.points, each.key))
    lines = [f"{titles.get(each.key) or each.key}: {each.points:+.0f}" for each in heaviest[:MOST_REASONS]]
    if verdict.made_up:
        lines.append("Answers of the sandbox took part: this says nothing about anybody.")
    return "\n".join(lines)


def _of_rules(stored: StoredVerdict) -> Iterator[Raising]:
    for hit in stored.verdict.rules:
        if hit.applied and hit.effect is not None and hit.effect.alert is not None:
            yield Raising(
                kind="rule",
                severity=hit.effect.alert,
                group_key=f"rule:{hit.rule_id}:{stored.subject}:{stored.subject_id}",
                cause=f"rule:{hit.rule_id}:{stored.id}",
                title=f"{_named(stored)} fits the rule \u201c{hit.name}\u201d",
                body=reasons_text(stored.verdict),
                subject=stored.subject,
                subject_id=str(stored.subject_id),
                facts=_facts(stored) | {"rule_id": str(hit.rule_id), "rule": hit.name},
                at=stored.created_at,
            )


def _of_lists(stored: StoredVerdict) -> Iterator[Raising]:
    """By entry, not by order: who is on the block list and tries a hundred times is one trouble."""
    for hit in stored.facts.lists or ():
        if hit.list != "allow":
            yield Raising(
                kind="list",
                severity="warning" if hit.list == "watch" else "info",
                group_key=f"list:{hit.entry_id}",
                cause=f"list:{hit.entry_id}:{stored.id}",
                title=_list_title(hit, stored),
                subject="list_entry",
                subject_id=str(hit.entry_id),
                facts=_facts(stored) | {"list": hit.list, "list_kind": hit.kind},
                at=stored.created_at,
            )


def _list_title(hit: ListHit, stored: StoredVerdict) -> str:
    named = "watch list" if hit.list == "watch" else "block list"
    return f"{_named(stored)}: the {KIND_WORDS[hit.kind]} is on the {named}"


def _facts(stored: StoredVerdict) -> dict[str, object]:
    """What the dashboard shows beside the text: ids as strings, figures, never people's data."""
    verdict = stored.verdict
    order = stored.facts.order
    found: dict[str, object] = {
        "verdict_id": str(stored.id),
        f"{stored.subject}_id": str(stored.subject_id),
        "score": verdict.score,
        "level": verdict.level,
        "advice": verdict.advice,
        "reasons": [reason.key for reason in verdict.reasons if reason.points > 0],
    }
    if stored.customer_id is not None:
        found["customer_id"] = str(stored.customer_id)
    if order is not None and order.total is not None:
        found |= {"total": str(order.total), "currency": order.currency}
    return found
