"""An analyst's working day: the next case, many cases at once, and who has which case open."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import delete, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.case_answer import CaseShown, Person, shown_case
from shopwarden.api.case_moves import ReasonCodeText, Version, mover_of, said
from shopwarden.api.cases import NoteText
from shopwarden.api.named_store import named_store
from shopwarden.domain.case_moves import Move, Mover, claim, decide, release
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError
from shopwarden.steps.decide_case import Which, move_case
from shopwarden.steps.note_case import look_at, look_away
from shopwarden.store.case_list import Candidate, next_candidates
from shopwarden.store.cases import review_settings
from shopwarden.store.database import Database

MOST_AT_ONCE = 200
MOST_TRIES = 5
_AT = "/api/stores/{storeId:str}/cases"


class NextWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`escalated`: of those that were handed up, instead of the ordinary ones."""

    escalated: bool = False


class NextAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`case` is null where nothing waits."""

    case: CaseShown | None


class BulkItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: UUID
    version: Version


class BulkWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reason_code` and `note` are of approve and decline."""

    action: Literal["approve", "decline", "claim", "release"]
    cases: Annotated[list[BulkItem], Meta(min_length=1, max_length=MOST_AT_ONCE)]
    reason_code: ReasonCodeText | None = None
    note: NoteText | None = None
    take_over: bool = False


class BulkOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """`outcome`: done; unchanged (it was that way already, by you); conflict or missing, and `detail` says why."""

    id: UUID
    outcome: Literal["done", "unchanged", "conflict", "missing"]
    version: int | None = None
    detail: str | None = None


class BulkAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome for each case, in the order they were sent."""

    done: int
    outcomes: list[BulkOutcome]


class PresenceShown(msgspec.Struct, frozen=True, kw_only=True):
    """`is_yours` false: `seen_by` has it open, and is to be told before you decide. Say it again within `seconds`."""

    is_yours: bool
    seen_by: Person | None
    assigned_to: Person | None
    version: int
    seconds: int = 60


@post(
    _AT + "/next",
    status_code=200,
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Take the next case on",
    operation_id="nextCase",
)
async def take_next(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], data: JSONBody[NextWanted]
) -> NextAnswer:
    """Urgent ones first, then overdue ones, then by expected loss. No two analysts are given the same one; one that
    somebody took and left alone (`free_after_minutes`) is given again."""
    store_id = (await named_store(database, caller, storeId)).id
    # Where many ask at once, all that were found may be somebody else's by now: then it is looked again.
    for _ in range(MOST_TRIES):
        async with database.pool.acquire() as connection:
            settings = await review_settings(connection, store_id)
            who = (caller.actor, datetime.now(UTC), settings.free_after)
            found = await next_candidates(connection, store_id, "escalated" if data.escalated else "open", who)
        if not found:
            break
        for candidate in found:
            taken = await _taken(database, store_id, caller, candidate)
            if taken is not None:
                return NextAnswer(case=taken)
    return NextAnswer(case=None)


async def _taken(database: Database, store_id: StoreId, caller: Caller, candidate: Candidate) -> CaseShown | None:
    """In a transaction of its own, so that who waits for one case holds no other. None where somebody was quicker."""
    try:
        async with database.transaction() as connection:
            mover = await mover_of(connection, store_id, caller, take_over=candidate.is_left)
            case = await move_case(connection, store_id, Which(candidate.id, candidate.version), claim, mover)
            return await shown_case(connection, store_id, case, may_see=caller.may("pii:read"))
    except RefuseError as refused:
        if refused.status not in (404, 409):
            raise
        return None


@post(
    _AT + "/bulk",
    status_code=200,
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Decide many cases at once",
    operation_id="bulkCases",
)
async def bulk(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], data: JSONBody[BulkWanted]
) -> BulkAnswer:
    """Each by itself: one that somebody else changed or has is left alone and said so, and stops no other."""
    store_id = (await named_store(database, caller, storeId)).id
    move = _move_of(data)
    async with database.pool.acquire() as connection:
        mover = await mover_of(connection, store_id, caller, take_over=data.take_over)
    outcomes = [await _outcome(database, store_id, item, move, mover) for item in data.cases]
    return BulkAnswer(done=sum(one.outcome == "done" for one in outcomes), outcomes=outcomes)


def _move_of(data: BulkWanted) -> Move:
    note = None if data.note is None else said(data.note, "note")
    if data.action == "approve" or data.action == "decline":
        return decide(data.action, data.reason_code, note)
    if data.reason_code is not None or note is not None:
        wrong = "is for approve and decline only"
        field = "reason_code" if data.reason_code is not None else "note"
        raise RefuseError(f"{field}: {wrong}.", type="invalid-input", fields={field: wrong})
    return claim if data.action == "claim" else release


async def _outcome(database: Database, store_id: StoreId, item: BulkItem, move: Move, mover: Mover) -> BulkOutcome:
    try:
        async with database.transaction() as connection:
            now = mover._replace(at=datetime.now(UTC))
            case = await move_case(connection, store_id, Which(item.id, item.version), move, now)
    except RefuseError as refused:
        if refused.status not in (404, 409):
            raise
        return BulkOutcome(id=item.id, outcome="missing" if refused.status == 404 else "conflict", detail=refused.detail)
    outcome: Literal["done", "unchanged"] = "done" if case.updated_at == now.at else "unchanged"
    return BulkOutcome(id=item.id, outcome=outcome, version=case.version)


@put(
    _AT + "/{case_id:uuid}/presence",
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Say that you have a case open",
    operation_id="seeCase",
)
async def see(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], case_id: FromPath[UUID]
) -> PresenceShown:
    """Holds for a minute. Tells who else has it open, whose it is, and the version it has by now."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        case, is_yours = await look_at(connection, store_id, case_id, caller.actor)
        shown = await shown_case(connection, store_id, case, may_see=caller.may("pii:read"))
    return PresenceShown(is_yours=is_yours, seen_by=shown.seen_by, assigned_to=shown.assigned_to, version=shown.version)


@delete(
    _AT + "/{case_id:uuid}/presence",
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Say that you closed a case's page",
    operation_id="leaveCase",
)
async def leave(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], case_id: FromPath[UUID]
) -> None:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        await look_at(connection, store_id, case_id, caller.actor)
        await look_away(connection, store_id, case_id, caller.actor)


HANDLERS = [take_next, bulk, see, leave]
