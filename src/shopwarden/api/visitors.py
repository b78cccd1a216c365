"""Visitors over HTTP, in the Tracker's own words; read from this installation or from an outside Tracker."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.datastructures import State
from msgspec import Meta
from msgspec.structs import replace

from shopwarden.api.auth import Caller, no_such_store, requires
from shopwarden.api.outside_tracker import OutsideTracker
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.api.visitor_answers import detail, masked, masked_detail, tracked
from shopwarden.contracts.tracker import VisitorDetail, VisitorPage
from shopwarden.domain.email import normalise_email
from shopwarden.domain.ids import StoreId
from shopwarden.domain.ip import normalise_ip
from shopwarden.domain.paging import Position, read_cursor, read_moment, write_cursor
from shopwarden.domain.verdict import Weights
from shopwarden.errors import RefuseError
from shopwarden.store.database import Database
from shopwarden.store.stores import Store, find_store, find_store_by_domain
from shopwarden.store.visitor_reads import VisitorRow, VisitorSearch, get_visitor, list_visitors, store_of_visitor
from shopwarden.store.weights import current_weights

ORDER = "-last_seen"


class VisitorQuery(msgspec.Struct, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(description="`nextCursor` of the answer before.")] = ""
    since: Annotated[
        str,
        Meta(
            description="Seen at or after; ISO 8601.",
            extra_json_schema={"pattern": "^20[0-9]{2}-0[1-9]-[0-2][1-8]$", "examples": ["2026-03-01"]},
        ),
    ] = ""
    search: Annotated[
        str,
        Meta(max_length=254, description="A whole IP address, e-mail of the customer, or anonymous id.",
             extra_json_schema={"examples": ["203.0.113.7"]}),
    ] = ""  # fmt: skip


@get(
    "/api/stores/{storeId:str}/visitors",
    guards=[requires("visitors:read")],
    dependencies={"asked": query_of(VisitorQuery)},
    opt={QUERY_OPTION: VisitorQuery},
    tags=["visitors"],
    summary="Visitors of a store, the latest seen first",
    operation_id="listVisitors",
)
async def list_them(caller: Caller, database: Database, state: State, storeId: str, asked: VisitorQuery) -> VisitorPage:
    """`storeId` is the store's id or its shop domain."""
    store = await _store(database, caller, storeId)
    outside: OutsideTracker | None = state.outside_tracker
    if outside is not None:
        page = await outside.visitors(str(store.settings.get("tracker_store_id", storeId)), _given(asked))
    else:
        page = await _own_visitors(database, store.id, asked)
    return page if caller.may("pii:read") else replace(page, visitors=[masked(visitor) for visitor in page.visitors])


async def _own_visitors(database: Database, store_id: StoreId, asked: VisitorQuery) -> VisitorPage:
    after = read_cursor(asked.cursor, ORDER) if asked.cursor else None
    if after is not None and not isinstance(after.value, datetime):
        raise RefuseError("This cursor is not one of this list.", fields={"cursor": "is not valid"})
    since = read_moment("since", asked.since)
    search = _search(asked.search.strip())
    rows = await list_visitors(database, store_id, asked.limit + 1, since=since, search=search, after=after)
    more, rows = len(rows) > asked.limit, rows[: asked.limit]
    weights = await _weights(database, store_id)
    return VisitorPage(
        visitors=[tracked(row, weights) for row in rows],
        next_cursor=write_cursor(Position(ORDER, rows[-1].last_seen, rows[-1].id)) if more else None,
    )


def _given(asked: VisitorQuery) -> dict[str, object]:
    """What the caller asked for beyond the defaults: the contract itself knows no parameters."""
    defaults = msgspec.structs.asdict(VisitorQuery())
    return {name: value for name, value in msgspec.structs.asdict(asked).items() if value != defaults[name]}


def _search(text: str) -> VisitorSearch | None:
    if not text:
        return None
    ip = normalise_ip(text)
    if ip is not None:
        return VisitorSearch(ip=ip)
    return VisitorSearch(email=normalise_email(text) or text.lower()) if "@" in text else VisitorSearch(anonymous_id=text)


@get(
    "/api/visitors/{visitorId:str}",
    guards=[requires("visitors:read")],
    tags=["visitors"],
    summary="How a visitor behaves",
    operation_id="getVisitor",
)
async def get_one(caller: Caller, database: Database, state: State, visitorId: str) -> VisitorDetail:
    outside: OutsideTracker | None = state.outside_tracker
    if outside is not None:
        caller.one_store()
        found = await outside.visitor(database, caller, visitorId)
    else:
        store_id, row = await _own_visitor(database, caller, visitorId)
        store = await find_store(database, store_id)
        found = detail(row, await _weights(database, store_id), store.currency if store else "USD")
    return found if caller.may("pii:read") else masked_detail(found)


async def _own_visitor(database: Database, caller: Caller, visitor_id: str) -> tuple[StoreId, VisitorRow]:
    """The visitor and its store; a key that opens every store need not name the one."""
    try:
        identity = UUID(visitor_id)
    except ValueError:
        raise no_such_visitor() from None
    store_id = caller.chosen or await store_of_visitor(database, identity)
    row = await get_visitor(database, store_id, identity) if store_id is not None else None
    if store_id is None or row is None:
        raise no_such_visitor()
    return store_id, row


async def _store(database: Database, caller: Caller, named: str) -> Store:
    try:
        store = await find_store(database, StoreId(UUID(named)))
    except ValueError:
        store = await find_store_by_domain(database, named)
    if store is None or (caller.store_id is not None and caller.store_id != store.id):
        raise no_such_store()
    return store


async def _weights(database: Database, store_id: StoreId) -> Weights:
    async with database.pool.acquire() as connection:
        return await current_weights(connection, store_id)


def no_such_visitor() -> RefuseError:
    return RefuseError("There is no such visitor.", status=404, type="not-found")


HANDLERS = [list_them, get_one]
