"""Opens a case because a person wants to look at an order or a customer, again or for the first time."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from msgspec.structs import replace

from shopwarden.domain.case import CaseSubject, ReviewCase, due_at
from shopwarden.domain.case_moves import conflict
from shopwarden.domain.case_opening import Wish, bare_case, with_verdict
from shopwarden.domain.ids import CustomerId, StoreId, new_id
from shopwarden.errors import RefuseError
from shopwarden.store.audit import Change, note
from shopwarden.store.case_history import add_case_event
from shopwarden.store.cases import latest_case, lock_case_subject, order_brief, put_case, review_settings
from shopwarden.store.database import Connection
from shopwarden.store.risk_reads import customer_standing
from shopwarden.store.verdicts import latest_verdict


async def open_by_hand(
    connection: Connection,
    store_id: StoreId,
    about: tuple[CaseSubject, UUID],
    said: tuple[str, str],
    *,
    urgent: bool = False,
) -> ReviewCase:
    """`said`: who and why. RefuseError: 400 where there is no such order or customer, 409 where a case of it is open."""
    subject, subject_id = about
    actor, reason = said
    await lock_case_subject(connection, store_id, subject, subject_id)
    order = await order_brief(connection, store_id, subject_id) if subject == "order" else None
    if subject == "order":
        is_there = order is not None
    else:
        is_there = await customer_standing(connection, store_id, CustomerId(subject_id)) is not None
    if not is_there:
        detail = f"There is no such {subject} in this store."
        raise RefuseError(detail, type="invalid-input", fields={"subject_id": f"is no {subject} of this store"})
    before = await latest_case(connection, store_id, subject, subject_id)
    if before is not None and not before.is_decided:
        raise conflict(f"A case of this {subject} is open already: {before.id}.")
    stored = await latest_verdict(connection, store_id, subject, subject_id)
    settings = await review_settings(connection, store_id)
    wish = Wish(actor, reason, int(urgent))
    case = bare_case((new_id(), subject, subject_id), wish, order, datetime.now(UTC))
    if stored is not None:
        case = with_verdict(case, stored.id, stored.verdict, settings)
    else:
        case = replace(case, due_at=due_at(case.opened_at, case.urgency, case.expected_loss, settings))
    await put_case(connection, store_id, case)
    detail_of = {"urgency": case.urgency, "again": before is not None, "version": case.version}
    await add_case_event(connection, store_id, case.id, ("opened", actor, detail_of), case.opened_at)
    after = {"subject": subject, "subject_id": str(subject_id), "urgency": case.urgency}
    change = Change(
        actor=actor, action="case.opened", subject="case", subject_id=str(case.id), after=after, reason="opened by hand"
    )
    await note(connection, store_id, change)
    return case
