"""Carries a decision out once it can't be taken back any more: the shop is written to, vendors that learn are told."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from msgspec.structs import replace

from shopwarden.contracts.job import Payload
from shopwarden.domain.case import REASON_CODES, ReviewCase
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RetryError, SkipError
from shopwarden.steps.happenings import Telling
from shopwarden.steps.shop_write import put_write
from shopwarden.steps.tell import put_tellings_of, tellers_of
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.alert_changes import resolve_groups
from shopwarden.store.case_history import add_case_event
from shopwarden.store.cases import find_case, keep_case, lock_case_subject
from shopwarden.store.database import Connection

SYSTEM = "system"


async def run_settle(tools: VendorTools | None, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """A job: `settle` names the case, `version` the decision; one that was taken back since is left alone. SkipError: the
    case is gone or unnamed."""
    try:
        case_id = UUID(str(payload.get("settle")))
    except ValueError:
        raise SkipError("the job names no case: its payload needs settle") from None
    seen = await find_case(connection, store_id, case_id)
    if seen is None:
        raise SkipError("the case is not kept any more")
    await lock_case_subject(connection, store_id, seen.subject, seen.subject_id)
    case = await find_case(connection, store_id, case_id)
    if case is None or not case.is_decided or case.version != payload.get("version") or case.settled_at is not None:
        return
    if case.subject_id != seen.subject_id:
        raise RetryError("the case became another order's meanwhile", after=1)
    at = datetime.now(UTC)
    await keep_case(connection, store_id, replace(case, settled_at=at))
    await add_case_event(connection, store_id, case.id, ("settled", SYSTEM, {"decision": case.decision}), at)
    if case.subject == "order":
        await put_write(connection, store_id, "order", case.subject_id)
    await resolve_groups(connection, store_id, [f"verdict:{case.subject}:{case.subject_id}"])
    await _tell_vendors(tools, connection, store_id, case)


async def _tell_vendors(tools: VendorTools | None, connection: Connection, store_id: StoreId, case: ReviewCase) -> None:
    """A vendor that takes decisions hears the decision; one that only takes labels, what the order is known to be."""
    if tools is None:
        return
    tellers = await tellers_of(tools, connection, store_id)
    takes = {name: each.vendor.teller.kinds for name, each in tellers.items() if each.vendor.teller is not None}
    decision, label = decision_of(case), label_of(case)
    if decision is not None:
        deciding = {name for name, kinds in takes.items() if "decided" in kinds}
        await put_tellings_of(tools, connection, store_id, [decision], deciding)
        takes = {name: kinds for name, kinds in takes.items() if name not in deciding}
    if label is not None:
        await put_tellings_of(tools, connection, store_id, [label], takes)


def _key(case: ReviewCase) -> str:
    return f"case:{case.id}:{case.version}"


def decision_of(case: ReviewCase) -> Telling | None:
    known = REASON_CODES.get(case.reason_code or "")
    if known is None or case.subject != "order" or case.order_external_id is None:
        return None
    about = f"order:{case.order_external_id}"
    return Telling("decided", about, _key(case), case.decision, reason=known.sentence, by=case.decided_by)


def label_of(case: ReviewCase) -> Telling | None:
    """None where the decision says nothing of fraud."""
    known = REASON_CODES.get(case.reason_code or "")
    if known is None or known.label is None:
        return None
    is_order = case.subject == "order" and case.order_external_id is not None
    about = f"order:{case.order_external_id}" if is_order else f"customer:{case.customer_id or case.subject_id}"
    return Telling("labelled", about, _key(case), is_bad=known.label == "fraud", reason=known.sentence, by=case.decided_by)
