"""Visitors over HTTP, in the Tracker's own words; read from this installation or from an outside Tracker."""

from __future__ import annotations

from uuid import UUID

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec.structs import replace

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.outside_tracker import OutsideTracker
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.api.visitor_answers import days_of, detail, tracked
from shopwarden.api.visitor_masking import masked, masked_detail
from shopwarden.api.visitor_query import VisitorQuery, filter_of, order_of
from shopwarden.contracts.tracker import VisitorDetail, VisitorPage
from shopwarden.domain.ids import StoreId
from shopwarden.domain.paging import Position, write_cursor
from shopwarden.domain.verdict import Weights
from shopwarden.errors import RefuseError
from shopwarden.store import visitor_parts
from shopwarden.store.database import Database
from shopwarden.store.stores import find_store
from shopwarden.store.visitor_list import list_visitors
from shopwarden.store.visitor_reads import VisitorRow, get_visitor, store_of_visitor
from shopwarden.store.weights import current_weights

LATEST = 20


@get(
    "/api/stores/{storeId:str}/visitors",
    guards=[requires("visitors:read")],
    dependencies={"asked": query_of(VisitorQuery)},
    opt={QUERY_OPTION: VisitorQuery},
    tags=["visitors"],
    summary="Visitors of a store, by any filter and order",
    operation_id="listVisitors",
)
async def list_them(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    storeId: FromPath[str],
    asked: NamedDependency[VisitorQuery],
) -> VisitorPage:
    """`storeId` is the store's id or its shop domain. The latest seen come first where no order is asked for; visitors that
    were merged into another are not listed."""
    store = await named_store(database, caller, storeId)
    outside: OutsideTracker | None = state.outside_tracker
    if outside is not None:
        page = await outside.visitors(str(store.settings.get("tracker_store_id", storeId)), _given(asked))
    else:
        page = await _own_visitors(database, store.id, asked, may_see=caller.may("pii:read"))
    return page if caller.may("pii:read") else replace(page, visitors=[masked(visitor) for visitor in page.visitors])


async def _own_visitors(database: Database, store_id: StoreId, asked: VisitorQuery, *, may_see: bool) -> VisitorPage:
    wanted, order = filter_of(asked, may_see=may_see), order_of(asked)
    rows, total = await list_visitors(database, store_id, wanted, order, counted=order.after is None)
    more, rows = len(rows) > asked.limit, rows[: asked.limit]
    weights = await weights_of(database, store_id)
    named = f"{'-' if order.descending else ''}{order.column}"
    return VisitorPage(
        visitors=[tracked(row, weights) for row in rows],
        next_cursor=write_cursor(Position(named, getattr(rows[-1], order.column), rows[-1].id)) if more else None,
        total=total.count if total else None,
        total_is_exact=total.is_exact if total else None,
    )


def _given(asked: VisitorQuery) -> dict[str, object]:
    """What the caller asked for beyond the defaults: the contract itself knows no parameters."""
    defaults = msgspec.to_builtins(VisitorQuery())
    given = {name: value for name, value in msgspec.to_builtins(asked).items() if value != defaults[name]}
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}


@get(
    "/api/visitors/{visitorId:str}",
    guards=[requires("visitors:read")],
    tags=["visitors"],
    summary="How a visitor behaves",
    operation_id="getVisitor",
)
async def get_one(
    caller: NamedDependency[Caller], database: NamedDependency[Database], state: State, visitorId: FromPath[str]
) -> VisitorDetail:
    """Of a visitor that was merged into another, that other one is answered."""
    outside: OutsideTracker | None = state.outside_tracker
    if outside is not None:
        caller.one_store()
        found = await outside.visitor(database, caller, visitorId)
    else:
        found = await own_detail(database, *await own_visitor(database, caller, visitorId))
    return found if caller.may("pii:read") else masked_detail(found)


async def own_detail(database: Database, store_id: StoreId, row: VisitorRow) -> VisitorDetail:
    """A visitor of this installation with all that belongs to it."""
    store = await find_store(database, store_id)
    async with database.pool.acquire() as connection:
        weights = await current_weights(connection, store_id)
        return replace(
            detail(row, weights, store.currency if store else "USD"),
            history=days_of(row, await visitor_parts.list_days(connection, store_id, row.id), weights),
            devices=(await visitor_parts.list_devices(connection, store_id, row.id, LATEST))[0],
            ips=(await visitor_parts.list_ips(connection, store_id, row.id, LATEST))[0],
            customers=await visitor_parts.tied_customers(connection, store_id, row.id),
            merged=await visitor_parts.merged_visitors(connection, store_id, row.id),
            changes=list(await visitor_parts.list_changes(connection, store_id, row.id, LATEST)),
        )


async def own_visitor(database: Database, caller: Caller, visitor_id: str) -> tuple[StoreId, VisitorRow]:
    """The visitor, or the one it was merged into, and its store; a key that opens every store need not name the one."""
    try:
        identity = UUID(visitor_id)
    except ValueError:
        raise no_such_visitor() from None
    store_id = caller.chosen or await store_of_visitor(database, identity)
    row = await get_visitor(database, store_id, identity) if store_id is not None else None
    if store_id is None or row is None:
        raise no_such_visitor()
    return store_id, row


async def weights_of(database: Database, store_id: StoreId) -> Weights:
    async with database.pool.acquire() as connection:
        return await current_weights(connection, store_id)


def no_such_visitor() -> RefuseError:
    return RefuseError("There is no such visitor.", status=404, type="not-found")


HANDLERS = [list_them, get_one]
