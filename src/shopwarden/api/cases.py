"""The review queue: cases listed, shown with their history, and opened by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal, cast
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.case_answer import CaseShown, Person, shown_case, shown_cases
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.case import CaseState
from shopwarden.domain.paging import Position, read_choices, read_cursor, read_moment, write_cursor
from shopwarden.domain.text import clean_text
from shopwarden.errors import RefuseError
from shopwarden.steps.decide_case import no_such_case
from shopwarden.steps.open_case import open_by_hand
from shopwarden.store.case_history import case_events, case_notes, names_of
from shopwarden.store.case_list import MOST_COUNTED, CaseFilter, CaseSort, count_cases, list_cases
from shopwarden.store.cases import find_case
from shopwarden.store.database import Database

LONGEST_NOTE = 4_000
NoteText = Annotated[str, Meta(min_length=1, max_length=LONGEST_NOTE)]
_STATES = ("open", "escalated", "decided")
_DAY = {"pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$", "examples": ["2026-03-01"]}


class CaseQuery(msgspec.Struct, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=200, description="Rows in one answer.")] = 50
    state: Annotated[
        str,
        Meta(
            description="A comma list of open, escalated; or decided, alone. Left out: open and escalated.",
            extra_json_schema={"pattern": "^(decided|(open|escalated)(,(open|escalated))*)$"},
        ),
    ] = ""
    sort: Annotated[Literal["priority", "due"], Meta(description="Of undecided ones; decided ones come newest first.")] = (
        "priority"
    )
    assigned_to: Annotated[
        str, Meta(description="`me`, `nobody`, or a person as `user:<id>` or `key:<id>`.", max_length=60)
    ] = ""
    decided_by: Annotated[str, Meta(description="`me`, or a person.", max_length=60)] = ""
    decision: Literal["", "approve", "decline"] = ""
    advice: Literal["", "approve", "review", "decline"] = ""
    subject: Literal["", "order", "customer"] = ""
    subject_id: Annotated[UUID | None, Meta(description="The order's or customer's id.")] = None
    customer_id: UUID | None = None
    least_loss: Annotated[int, Meta(ge=0, le=999_999_999, description="Expected loss of at least.")] | None = None
    overdue: Annotated[bool, Meta(description="Only those whose due time has passed.")] = False
    decided_from: Annotated[str, Meta(description="ISO 8601.", extra_json_schema=_DAY)] = ""
    decided_to: Annotated[str, Meta(description="Up to and with this day, or before this time.", extra_json_schema=_DAY)] = (
        ""
    )
    cursor: Annotated[str, Meta(description="`next_cursor` of the answer before.")] = ""


class CaseList(msgspec.Struct, frozen=True, kw_only=True):
    """`total` is exact up to 10,000; beyond that it says 10,001 and `total_is_exact` false."""

    cases: list[CaseShown]
    limit: int
    total: int
    total_is_exact: bool
    next_cursor: str | None


class NoteShown(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    author: Person
    body: str
    created_at: datetime


class EventShown(msgspec.Struct, frozen=True, kw_only=True):
    """`kind`: opened, renewed, claimed, released, assigned, escalated, decided, reopened, settled, closed."""

    kind: str
    actor: Person
    detail: dict[str, object]
    at: datetime


class CaseAnswer(msgspec.Struct, frozen=True, kw_only=True):
    case: CaseShown
    notes: list[NoteShown]
    events: list[EventShown]


class CaseWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    subject: Literal["order", "customer"]
    subject_id: UUID
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    urgent: bool = False


@get(
    "/api/stores/{storeId:str}/cases",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(CaseQuery)},
    opt={QUERY_OPTION: CaseQuery},
    tags=["review"],
    summary="The review queue",
    operation_id="listCases",
)
async def list_them(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[CaseQuery],
) -> CaseList:
    """By priority: urgent ones first, then by expected loss. Or by due time; decided ones newest first."""
    store_id = (await named_store(database, caller, storeId)).id
    wanted, sort = _filter(asked, caller)
    after = read_cursor(asked.cursor, sort).id if asked.cursor else None
    async with database.pool.acquire() as connection:
        found = await list_cases(connection, store_id, wanted, (sort, asked.limit + 1), after)
        total = await count_cases(connection, store_id, wanted, sort)
        more, rows = len(found) > asked.limit, found[: asked.limit]
        shown = await shown_cases(connection, store_id, rows, may_see=caller.may("pii:read"))
    return CaseList(
        cases=shown,
        limit=asked.limit,
        total=total,
        total_is_exact=total <= MOST_COUNTED,
        next_cursor=write_cursor(Position(sort, None, rows[-1].id)) if more else None,
    )


def _filter(asked: CaseQuery, caller: Caller) -> tuple[CaseFilter, CaseSort]:
    states = cast(tuple[CaseState, ...], read_choices("state", asked.state, _STATES))
    if "decided" in states and len(states) > 1:
        raise RefuseError(
            "state takes open and escalated together, or decided alone.",
            fields={"state": "decided can't be listed together with undecided ones"},
        )
    assigned = {"": None, "nobody": "", "me": caller.actor}.get(asked.assigned_to, asked.assigned_to)
    wanted = CaseFilter(
        states=states,
        assigned_to=assigned,
        decided_by={"": None, "me": caller.actor}.get(asked.decided_by, asked.decided_by),
        decision=asked.decision or None,
        advice=asked.advice or None,
        subject=asked.subject or None,
        subject_id=asked.subject_id,
        customer_id=asked.customer_id,
        least_loss=None if asked.least_loss is None else Decimal(asked.least_loss),
        overdue_at=datetime.now(UTC) if asked.overdue else None,
        decided_from=read_moment("decided_from", asked.decided_from),
        decided_before=read_moment("decided_to", asked.decided_to, end=True),
    )
    return wanted, "decided" if states == ("decided",) else asked.sort


@get(
    "/api/stores/{storeId:str}/cases/{case_id:uuid}",
    guards=[requires("decisions:read")],
    tags=["review"],
    summary="A case with its notes and history",
    operation_id="getCase",
)
async def show(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    case_id: FromPath[UUID],
) -> CaseAnswer:
    """The newest 200 notes and events, oldest of them first. Notes are hidden from who may not see personal data."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        case = await find_case(connection, store_id, case_id)
        if case is None:
            raise no_such_case()
        notes = await case_notes(connection, store_id, case_id) if caller.may("pii:read") else []
        events = await case_events(connection, store_id, case_id)
        actors = {note.author for note in notes} | {event.actor for event in events}
        names = await names_of(connection, store_id, actors)
        return CaseAnswer(
            case=await shown_case(connection, store_id, case, may_see=caller.may("pii:read")),
            notes=[
                NoteShown(id=one.id, author=_named(one.author, names), body=one.body, created_at=one.created_at)
                for one in notes
            ],
            events=[
                EventShown(kind=one.kind, actor=_named(one.actor, names), detail=one.detail, at=one.at) for one in events
            ],
        )


def _named(actor: str, names: dict[str, str]) -> Person:
    return Person(id=actor, name=names.get(actor))


@post(
    "/api/stores/{storeId:str}/cases",
    guards=[requires("decisions:write")],
    tags=["review"],
    summary="Open a case by hand",
    operation_id="openCase",
    opt={"refuses": ("409",)},
)
async def open_one(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[CaseWanted],
) -> CaseShown:
    """Of an order or a customer that has none, or whose last one was decided. RefuseError 409 where one is open."""
    store_id = (await named_store(database, caller, storeId)).id
    reason = clean_text(data.reason, 500)
    if not reason:
        raise RefuseError("reason: is empty.", type="invalid-input", fields={"reason": "is empty"})
    async with database.transaction() as connection:
        about = (data.subject, data.subject_id)
        case = await open_by_hand(connection, store_id, about, (caller.actor, reason), urgent=data.urgent)
        return await shown_case(connection, store_id, case, may_see=caller.may("pii:read"))


HANDLERS = [list_them, show, open_one]
