"""Two visitors become one by hand, and one becomes two again."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.visitor_details import here
from shopwarden.api.visitor_masking import masked_detail
from shopwarden.api.visitors import no_such_visitor, own_detail
from shopwarden.contracts.tracker import VisitorDetail
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError, RetryError
from shopwarden.steps.merge_visitors import Wanted, merge_visitors, split_visitors
from shopwarden.store.database import Database
from shopwarden.store.merging import Change
from shopwarden.store.visitor_reads import get_visitor

LONGEST_REASON = 500

ChangeKey = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", min_length=1, max_length=200, description="The same key changes once."),
]


class ChangeWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    other: UUID
    reason: Annotated[str, Meta(max_length=LONGEST_REASON, examples=["Same person, told on the phone"])] = ""


class MergeAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`visitor` is the one both are now. Their customers, if they are of different ones, stay two: `customers` says both."""

    change_id: UUID
    visitor: VisitorDetail


class SplitAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    change_id: UUID
    visitor: VisitorDetail
    other: VisitorDetail


@post(
    "/api/visitors/{visitorId:str}/merge",
    status_code=200,
    guards=[requires("customers:write")],
    opt={"refuses": ("409",)},
    tags=["visitors"],
    summary="Merge another visitor into this one",
    operation_id="mergeVisitors",
)
async def merge(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    visitorId: FromPath[str],
    data: JSONBody[ChangeWanted],
    idempotency_key: ChangeKey = None,
) -> MergeAnswer:
    """Sessions, counts and patterns become those one browser would have given, and what either browser does from now on
    counts there. Nothing is lost: `split` takes it back."""
    wanted = await _wanted(caller, database, state, (visitorId, data, idempotency_key))
    change = await _done(merge_visitors(database, wanted, state.ip_lookup))
    return MergeAnswer(change_id=change.id, visitor=await _shown(caller, database, wanted.store_id, change.visitor_id))


@post(
    "/api/visitors/{visitorId:str}/split",
    status_code=200,
    guards=[requires("customers:write")],
    opt={"refuses": ("409",)},
    tags=["visitors"],
    summary="Split a merged visitor off this one",
    operation_id="splitVisitors",
)
async def split(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    visitorId: FromPath[str],
    data: JSONBody[ChangeWanted],
    idempotency_key: ChangeKey = None,
) -> SplitAnswer:
    """Both are what they would be had they never been merged, with what each browser did since. Visitors that had been
    merged into the other one before go with it."""
    wanted = await _wanted(caller, database, state, (visitorId, data, idempotency_key))
    change = await _done(split_visitors(database, wanted, state.ip_lookup))
    return SplitAnswer(
        change_id=change.id,
        visitor=await _shown(caller, database, wanted.store_id, change.visitor_id),
        other=await _shown(caller, database, wanted.store_id, change.other_id),
    )


async def _wanted(caller: Caller, database: Database, state: State, asked: tuple[str, ChangeWanted, str | None]) -> Wanted:
    named, data, idempotency_key = asked
    store_id, _ = await here(caller, database, state, named)
    return Wanted(
        store_id=store_id,
        # As it was named: merged itself, it is told apart from what it was merged into.
        visitor_id=UUID(named),
        other_id=data.other,
        reason=data.reason.strip() or None,
        key_id=caller.key_id,
        user_id=caller.user_id,
        idempotency_key=idempotency_key,
    )


async def _done(work: Awaitable[Change]) -> Change:
    try:
        return await work
    except RetryError:
        raise RefuseError(
            "These visitors are being written to by others right now; try again.",
            status=503, type="busy", headers={"Retry-After": "2"},
        ) from None  # fmt: skip


async def _shown(caller: Caller, database: Database, store_id: StoreId, visitor_id: UUID) -> VisitorDetail:
    row = await get_visitor(database, store_id, visitor_id)
    if row is None:
        raise no_such_visitor()
    found = await own_detail(database, store_id, row)
    return found if caller.may("pii:read") else masked_detail(found)


HANDLERS = [merge, split]
