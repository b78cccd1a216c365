"""What an analyst does with a case: take it on, hand it over, escalate, decide, take the decision back, write notes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.case_answer import CaseShown, shown_case
from shopwarden.api.cases import NoteText
from shopwarden.api.named_store import named_store
from shopwarden.domain.case_moves import Move, Mover, assign, claim, decide, escalate, release, reopen
from shopwarden.domain.ids import StoreId
from shopwarden.domain.text import clean_text
from shopwarden.errors import RefuseError
from shopwarden.steps.decide_case import Which, move_case
from shopwarden.steps.note_case import write_note
from shopwarden.store.case_people import is_analyst
from shopwarden.store.cases import review_settings
from shopwarden.store.database import Connection, Database

Version = Annotated[int, Meta(ge=1, le=2_000_000_000, description="The case's `version` as it was read.")]
ReasonCodeText = Annotated[str, Meta(max_length=40, description="One of the queue's reason codes; left out: the usual one.")]
_AT = "/api/stores/{storeId:str}/cases/{case_id:uuid}"


class MoveWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`take_over`: though somebody else has the case."""

    version: Version
    take_over: bool = False


class AssignWanted(MoveWanted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`to`: a person as `user:<id>` or `key:<id>`."""

    to: Annotated[str, Meta(min_length=5, max_length=60, examples=["user:019a0000-0000-7000-8000-000000000000"])]


class EscalateWanted(MoveWanted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`note`: what whoever takes it on has to know."""

    note: NoteText


class DecideWanted(MoveWanted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    decision: Literal["approve", "decline"]
    reason_code: ReasonCodeText | None = None
    note: NoteText | None = None


class NoteWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    body: NoteText


class NoteWritten(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


async def mover_of(connection: Connection, store_id: StoreId, caller: Caller, *, take_over: bool = False) -> Mover:
    return Mover(caller.actor, datetime.now(UTC), await review_settings(connection, store_id), take_over)


Before = Callable[[Connection, StoreId], Awaitable[None]]


async def _move(
    database: Database, caller: Caller, path: tuple[str, UUID], wanted: MoveWanted, move: Move, before: Before | None = None
) -> CaseShown:
    """`before`: what is checked or written first, in the same transaction."""
    store_id = (await named_store(database, caller, path[0])).id
    async with database.transaction() as connection:
        if before is not None:
            await before(connection, store_id)
        mover = await mover_of(connection, store_id, caller, take_over=wanted.take_over)
        case = await move_case(connection, store_id, Which(path[1], wanted.version), move, mover)
        return await shown_case(connection, store_id, case, may_see=caller.may("pii:read"))


def said(text: str, field: str) -> str:
    cleaned = clean_text(text)
    if not cleaned:
        raise RefuseError(f"{field}: is empty.", type="invalid-input", fields={field: "is empty"})
    return cleaned


@post(
    _AT + "/claim",
    status_code=200,
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Take a case on",
    operation_id="claimCase",
    opt={"refuses": ("409",)},
)
async def claim_it(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    case_id: FromPath[UUID],
    data: JSONBody[MoveWanted],
) -> CaseShown:
    """RefuseError 409 where somebody else has it, or it changed since it was read; the answer names who did what."""
    return await _move(database, caller, (storeId, case_id), data, claim)


@post(
    _AT + "/release",
    status_code=200,
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Give a case back to the queue",
    operation_id="releaseCase",
    opt={"refuses": ("409",)},
)
async def release_it(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    case_id: FromPath[UUID],
    data: JSONBody[MoveWanted],
) -> CaseShown:
    return await _move(database, caller, (storeId, case_id), data, release)


@post(
    _AT + "/assign",
    status_code=200,
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Hand a case to somebody",
    operation_id="assignCase",
    opt={"refuses": ("409",)},
)
async def assign_it(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    case_id: FromPath[UUID],
    data: JSONBody[AssignWanted],
) -> CaseShown:
    """RefuseError 400 for somebody who may not decide in this store."""

    async def check(connection: Connection, store_id: StoreId) -> None:
        if not await is_analyst(connection, store_id, data.to):
            wrong = "is nobody who may decide in this store"
            raise RefuseError(f"to: {wrong}.", type="invalid-input", fields={"to": wrong})

    return await _move(database, caller, (storeId, case_id), data, assign(data.to), check)


@post(
    _AT + "/escalate",
    status_code=200,
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Hand a case up",
    operation_id="escalateCase",
    opt={"refuses": ("409",)},
)
async def escalate_it(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    case_id: FromPath[UUID],
    data: JSONBody[EscalateWanted],
) -> CaseShown:
    """It is nobody's then, urgent, and due within the time for urgent ones."""
    body = said(data.note, "note")

    async def add(connection: Connection, store_id: StoreId) -> None:
        await write_note(connection, store_id, case_id, caller.actor, body)

    return await _move(database, caller, (storeId, case_id), data, escalate, add)


@post(
    _AT + "/decide",
    status_code=200,
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Decide a case",
    operation_id="decideCase",
    opt={"refuses": ("409",)},
)
async def decide_it(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    case_id: FromPath[UUID],
    data: JSONBody[DecideWanted],
) -> CaseShown:
    """What a decision says of fraud becomes a label at once. After the store's time of grace it goes to the shop and to
    vendors; until then it may be taken back. The same decision sent again by the same person changes nothing."""
    note = None if data.note is None else said(data.note, "note")
    return await _move(database, caller, (storeId, case_id), data, decide(data.decision, data.reason_code, note))


@post(
    _AT + "/reopen",
    status_code=200,
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Take a decision back",
    operation_id="reopenCase",
    opt={"refuses": ("409",)},
)
async def reopen_it(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    case_id: FromPath[UUID],
    data: JSONBody[MoveWanted],
) -> CaseShown:
    """Its label is withdrawn and the case is yours. RefuseError 409 once the decision was carried out."""
    return await _move(database, caller, (storeId, case_id), data, reopen)


@post(
    _AT + "/notes",
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Write a note on a case",
    operation_id="noteCase",
)
async def add_note(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    case_id: FromPath[UUID],
    data: JSONBody[NoteWanted],
) -> NoteWritten:
    """Notes are kept as they are; on decided cases too."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        return NoteWritten(id=await write_note(connection, store_id, case_id, caller.actor, said(data.body, "body")))


HANDLERS = [claim_it, release_it, assign_it, escalate_it, decide_it, reopen_it, add_note]
