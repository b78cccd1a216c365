"""What follows a verdict: its case in the review queue is opened or renewed, alerts are raised, the shop is told.

The verdict's own transaction only puts one job, and only where something follows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from shopwarden.contracts.job import RISK_ANALYSIS, Payload
from shopwarden.domain.case import ReviewCase
from shopwarden.domain.case_moves import Mover, close_cancelled
from shopwarden.domain.case_opening import CHECK, News, Wish, follows, is_old_news, opened, opens_again, renewed, wish_of
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.errors import SkipError
from shopwarden.steps.decide_case import keep_move
from shopwarden.steps.shop_write import put_write
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.steps.verdict_alerts import raise_for_verdict
from shopwarden.store.audit import Change, note
from shopwarden.store.case_history import add_case_event
from shopwarden.store.cases import (
    is_undecided,
    keep_case,
    keep_decision,
    latest_case,
    lock_case_subject,
    order_brief,
    put_case,
    review_settings,
)
from shopwarden.store.check_cases import adopt_case, asked_order
from shopwarden.store.database import Connection
from shopwarden.store.outbox import put
from shopwarden.store.verdicts import StoredVerdict, find_verdict

SYSTEM = "system"


async def put_follow(connection: Connection, store_id: StoreId, stored: StoredVerdict) -> None:
    """Puts the job that follows the verdict, in the verdict's own transaction: where it advises against, a rule or a list
    wants something, or an open case is about the same subject. A check asks nobody about open cases: it has no time."""
    if stored.subject_id is None or is_old_news(stored.subject, stored.trigger, stored.facts, datetime.now(UTC)):
        return
    if not follows(stored.verdict, stored.facts) and (
        stored.trigger == CHECK or not await is_undecided(connection, store_id, stored.subject, stored.subject_id)
    ):
        return
    payload: Payload = {"follow": str(stored.id)}
    await put(connection, store_id, RISK_ANALYSIS, f"follow:{stored.id}", "verdict", payload)


async def run_follow(tools: VendorTools | None, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """A job: `follow` names the verdict. SkipError: it is gone, or its facts were erased. Run twice it changes nothing
    more: the case knows the verdict already."""
    try:
        verdict_id = UUID(str(payload.get("follow")))
    except ValueError:
        raise SkipError("the job names no verdict: its payload needs follow") from None
    stored = await find_verdict(connection, store_id, verdict_id)
    if stored is None or stored.subject_id is None:
        raise SkipError("the verdict is not kept any more")
    # The case first: whoever carries a decision out takes the case's lock before the alert's, too.
    is_decided = await _follow_in_queue(connection, store_id, stored, stored.subject_id)
    await raise_for_verdict(connection, store_id, stored, is_decided=is_decided)
    if stored.trigger == CHECK and stored.subject == "order":
        await put_write(connection, store_id, "order", stored.subject_id)


async def _follow_in_queue(connection: Connection, store_id: StoreId, stored: StoredVerdict, subject_id: UUID) -> bool:
    """Whether it was decided already, and this verdict is no reason to ask again."""
    news = News(
        verdict_id=stored.id,
        subject=stored.subject,
        subject_id=subject_id,
        customer_id=stored.customer_id,
        verdict=stored.verdict,
        facts=stored.facts,
        at=datetime.now(UTC),
        is_check=stored.trigger == CHECK,
    )
    settings = await review_settings(connection, store_id)
    await lock_case_subject(connection, store_id, news.subject, subject_id)
    order = await order_brief(connection, store_id, subject_id) if news.subject == "order" else None
    wish = wish_of(news, settings, order)
    before = await latest_case(connection, store_id, news.subject, subject_id)
    if before is None and order is not None and not news.is_check:
        before = await _adopt(connection, store_id, subject_id, news.at)
    if before is not None and not before.is_decided:
        if order is not None and order.cancelled_at is not None:
            await _close(connection, store_id, before, news.at)
            return True
        if not _is_later(before, stored):
            return False
        after = renewed(before, news, wish, order, settings)
        await keep_case(connection, store_id, after)
        await _tell(connection, store_id, before, after, wish)
    elif wish is not None and (before is None or opens_again(before, wish, news)):
        case = opened(new_id(), news, wish, order, settings)
        await put_case(connection, store_id, case)
        await _tell(connection, store_id, None, case, wish)
    else:
        return before is not None
    return False


async def _adopt(connection: Connection, store_id: StoreId, order_id: UUID, at: datetime) -> ReviewCase | None:
    """The case that was made when the order was asked about; what was decided of it then holds for the order."""
    asked_id = await asked_order(connection, store_id, order_id)
    if asked_id is None:
        return None
    await lock_case_subject(connection, store_id, "order", asked_id)
    case = await adopt_case(connection, store_id, asked_id, order_id)
    if case is not None:
        await add_case_event(connection, store_id, case.id, ("adopted", SYSTEM, {"order_id": str(order_id)}), at)
        if case.is_decided:
            decided = (case.decision, case.decided_by, case.decided_at)
            await keep_decision(connection, store_id, order_id, decided)
            await put_write(connection, store_id, "order", order_id)
    return case


async def _close(connection: Connection, store_id: StoreId, case: ReviewCase, at: datetime) -> None:
    mover = Mover(SYSTEM, at)
    moved = close_cancelled(case, mover)
    if moved is not None:
        await keep_move(connection, store_id, case, moved, mover)


def _is_later(case: ReviewCase, stored: StoredVerdict) -> bool:
    """Verdicts' ids sort by the time they were made, and jobs may run in another order."""
    return case.verdict_id is None or case.verdict_id.int < stored.id.int


async def _tell(
    connection: Connection, store_id: StoreId, before: ReviewCase | None, after: ReviewCase, wish: Wish | None
) -> None:
    """Into the case's own history, and into the audit log where an analyst has to have seen it."""
    if before is not None and before.version == after.version:
        return
    actor = wish.opened_by if wish is not None and wish.opened_by.startswith("rule:") else SYSTEM
    kind = "opened" if before is None else "renewed"
    detail = {"verdict_id": str(after.verdict_id), "advice": after.advice, "score": after.score, "urgency": after.urgency}
    detail["version"] = after.version
    await add_case_event(connection, store_id, after.id, (kind, actor, detail), after.updated_at)
    change = Change(
        actor=actor,
        action=f"case.{kind}",
        subject="case",
        subject_id=str(after.id),
        before=None if before is None else {"advice": before.advice, "urgency": before.urgency, "version": before.version},
        after={"advice": after.advice, "urgency": after.urgency, "version": after.version},
        reason=wish.opened_for if wish is not None and before is None else None,
    )
    await note(connection, store_id, change)
