"""Which verdicts open a case, and what a newer verdict changes about one that is open. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shopwarden.domain.advice import ADVICE, Advice
from shopwarden.domain.case import URGENT, CaseSubject, ReviewCase, ReviewSettings, due_at, expected_loss
from shopwarden.domain.facts import Facts
from shopwarden.domain.policy import RuleHit
from shopwarden.domain.verdict import Verdict

FRESH = timedelta(days=365)
"""Older orders are judged for the record only, whatever a store's settings say."""
IMPORTED_FRESH = timedelta(days=2)
"""Of a shop that is read in, only the newest orders still wait for a decision."""
IMPORT = "import"
CHECK = "check"


class News(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict as the queue sees it. `is_check`: a caller asked and acts on the answer itself."""

    verdict_id: UUID
    subject: CaseSubject
    subject_id: UUID
    customer_id: UUID | None
    verdict: Verdict
    facts: Facts
    at: datetime
    is_check: bool = False


class OrderBrief(msgspec.Struct, frozen=True, kw_only=True):
    """What a case shows of its order."""

    external_id: str
    name: str | None
    customer_id: UUID | None
    total: Decimal | None
    currency: str | None
    placed_at: datetime
    cancelled_at: datetime | None
    is_test: bool


class Wish(NamedTuple):
    """`opened_by` as in the table of cases; `urgency` 1 is above every expected loss."""

    opened_by: str
    opened_for: str
    urgency: int = 0


def follows(verdict: Verdict, facts: Facts) -> bool:
    """Whether anything is to be done about this verdict beyond keeping it."""
    return verdict.advice != "approve" or any(_is_followed(hit) for hit in verdict.rules) or _listed(facts) is not None


def is_old_news(subject: str, trigger: str, facts: Facts, now: datetime) -> bool:
    """Whether a verdict is about the past, so that nobody is asked to act on it."""
    if subject == "customer":
        return trigger == IMPORT
    return now - facts.at > (IMPORTED_FRESH if trigger == IMPORT else FRESH)


def _is_followed(hit: RuleHit) -> bool:
    effect = hit.effect
    return hit.applied and effect is not None and bool(effect.alert or effect.hold or effect.review or effect.tags)


def _listed(facts: Facts) -> str | None:
    """The list, watch before block: who is blocked needs no second look."""
    names = {hit.list for hit in facts.lists or ()}
    return next((name for name in ("watch", "block") if name in names), None)


def wish_of(news: News, settings: ReviewSettings, order: OrderBrief | None) -> Wish | None:
    """Why this verdict is to be looked at by a person; None where it is not.

    A customer judged by an order of theirs is not a case of its own: the order is.
    """
    if order is not None and _is_over(order, settings, news.at):
        return None
    if news.subject == "customer" and news.facts.order is not None:
        return None
    verdict = news.verdict
    # What a rule holds back from fulfilment waits for somebody as well.
    rule = next(
        (one for one in verdict.rules if one.applied and one.effect and (one.effect.review or one.effect.hold)), None
    )
    if rule is not None:
        return Wish(f"rule:{rule.rule_id}", f"The store's rule \u201c{rule.name}\u201d asks for a review.", URGENT)
    if "watch" in {hit.list for hit in news.facts.lists or ()}:
        return Wish("list", "It is on the store's watch list.", URGENT)
    if verdict.advice == "review" or (verdict.advice == "decline" and settings.declined and not news.is_check):
        return Wish("advice", _why(verdict))
    return None


def _is_over(order: OrderBrief, settings: ReviewSettings, at: datetime) -> bool:
    too_old = at - order.placed_at > timedelta(days=settings.oldest_days)
    return order.is_test or order.cancelled_at is not None or too_old


def _why(verdict: Verdict) -> str:
    """Without the reasons' sentences, which quote people's data; an override's does not."""
    if verdict.overrides and verdict.overrides[-1].now == verdict.advice:
        return verdict.overrides[-1].sentence
    return f"Score {verdict.score} of 100."


def opened(case_id: UUID, news: News, wish: Wish, order: OrderBrief | None, settings: ReviewSettings) -> ReviewCase:
    case = bare_case((case_id, news.subject, news.subject_id), wish, order, news.at)
    case = replace(case, customer_id=case.customer_id or news.customer_id)
    return with_verdict(case, news.verdict_id, news.verdict, settings)


def bare_case(which: tuple[UUID, CaseSubject, UUID], wish: Wish, order: OrderBrief | None, at: datetime) -> ReviewCase:
    """`which`: the case's id, its subject, the subject's id. Before any verdict is known, so without expected loss."""
    case_id, subject, subject_id = which
    return ReviewCase(
        id=case_id,
        subject=subject,
        subject_id=subject_id,
        opened_by=wish.opened_by,
        opened_for=wish.opened_for,
        opened_at=at,
        updated_at=at,
        customer_id=order.customer_id if order is not None else subject_id if subject == "customer" else None,
        order_external_id=order.external_id if order is not None else None,
        order_name=order.name if order is not None else None,
        amount=order.total if order is not None else None,
        currency=order.currency if order is not None else None,
        urgency=wish.urgency,
    )


def with_verdict(case: ReviewCase, verdict_id: UUID, verdict: Verdict, settings: ReviewSettings) -> ReviewCase:
    """The case with what a verdict says of it, and when it is due by that; it never becomes due later."""
    loss = expected_loss(case.amount, verdict.probability)
    due = due_at(case.opened_at, case.urgency, loss, settings)
    return replace(
        case,
        verdict_id=verdict_id,
        score=verdict.score,
        advice=verdict.advice,
        expected_loss=loss,
        due_at=due if case.due_at is None else min(due, case.due_at),
    )


def renewed(
    case: ReviewCase, news: News, wish: Wish | None, order: OrderBrief | None, settings: ReviewSettings
) -> ReviewCase:
    """The undecided case with what the newer verdict says. Its version grows where the advice or the urgency changed: who
    decides has to have seen that. A case only ever becomes more urgent, and due sooner."""
    urgency = max(case.urgency, wish.urgency if wish is not None else 0)
    is_material = news.verdict.advice != case.advice or urgency != case.urgency
    after = replace(
        case,
        customer_id=(order.customer_id if order is not None else None) or case.customer_id,
        amount=order.total if order is not None else case.amount,
        currency=order.currency if order is not None else case.currency,
        urgency=urgency,
        updated_at=news.at,
        version=case.version + 1 if is_material else case.version,
    )
    return with_verdict(after, news.verdict_id, news.verdict, settings)


def is_worse(advice: Advice, seen: Advice | None) -> bool:
    return ADVICE.index(advice) > (-1 if seen is None else ADVICE.index(seen))


def opens_again(before: ReviewCase, wish: Wish, news: News) -> bool:
    """Whether an order that was decided is a case once more: it was approved, and what is known now is worse than what the
    analyst saw, or another rule asks for it."""
    if before.decision != "approve":
        return False
    is_other_rule = wish.opened_by.startswith("rule:") and wish.opened_by != before.opened_by
    return is_worse(news.verdict.advice, before.advice) or is_other_rule
