"""What belongs to one visitor, page by page: sessions, devices, addresses, and changes by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.api.visitor_masking import masked_change, masked_ip, masked_session
from shopwarden.api.visitors import own_visitor
from shopwarden.contracts.visitor_parts import VisitorChange, VisitorDevice, VisitorIp, VisitorSession
from shopwarden.domain.ids import StoreId
from shopwarden.domain.paging import Position, pages_of, read_cursor, write_cursor
from shopwarden.errors import RefuseError
from shopwarden.store import visitor_parts
from shopwarden.store.database import Database
from shopwarden.store.visitor_reads import VisitorRow

SESSIONS, CHANGES = "-started_at", "-at"


class FeedQuery(msgspec.Struct, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(description="`nextCursor` of the answer before.")] = ""


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    page: Annotated[int, Meta(ge=1, le=2**31 - 1)] = 1
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class SessionList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The newest first; `nextCursor` is null at the end."""

    sessions: list[VisitorSession]
    next_cursor: str | None


class ChangeList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The newest first; `nextCursor` is null at the end."""

    changes: list[VisitorChange]
    next_cursor: str | None


class DeviceList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The latest used first."""

    devices: list[VisitorDevice]
    page: int
    limit: int
    total: int
    pages: int


class IpList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The latest used first."""

    ips: list[VisitorIp]
    page: int
    limit: int
    total: int
    pages: int


@get(
    "/api/visitors/{visitorId:str}/sessions",
    guards=[requires("visitors:read")],
    dependencies={"asked": query_of(FeedQuery)},
    opt={QUERY_OPTION: FeedQuery, "refuses": ("409",)},
    tags=["visitors"],
    summary="A visitor's sessions",
    operation_id="listVisitorSessions",
)
async def sessions(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    visitorId: FromPath[str],
    asked: NamedDependency[FeedQuery],
) -> SessionList:
    store_id, row = await here(caller, database, state, visitorId)
    after = _after(asked.cursor, SESSIONS)
    found = await visitor_parts.list_sessions(database, store_id, row.id, asked.limit + 1, after)
    more, found = len(found) > asked.limit, found[: asked.limit]
    return SessionList(
        sessions=found if caller.may("pii:read") else [masked_session(one) for one in found],
        next_cursor=write_cursor(Position(SESSIONS, found[-1].started_at, found[-1].session_id)) if more else None,
    )


@get(
    "/api/visitors/{visitorId:str}/devices",
    guards=[requires("visitors:read")],
    dependencies={"asked": query_of(PageQuery)},
    opt={QUERY_OPTION: PageQuery, "refuses": ("409",)},
    tags=["visitors"],
    summary="Every device a visitor used",
    operation_id="listVisitorDevices",
)
async def devices(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    visitorId: FromPath[str],
    asked: NamedDependency[PageQuery],
) -> DeviceList:
    store_id, row = await here(caller, database, state, visitorId)
    async with database.pool.acquire() as connection:
        found, total = await visitor_parts.list_devices(connection, store_id, row.id, asked.limit, _offset(asked))
        if not found and asked.page > 1:
            total = (await visitor_parts.list_devices(connection, store_id, row.id, 1))[1]
    return DeviceList(
        devices=found, page=asked.page, limit=asked.limit, total=total, pages=pages_of(total, asked.limit)
    )  # fmt: skip


@get(
    "/api/visitors/{visitorId:str}/ips",
    guards=[requires("visitors:read")],
    dependencies={"asked": query_of(PageQuery)},
    opt={QUERY_OPTION: PageQuery, "refuses": ("409",)},
    tags=["visitors"],
    summary="Every IP address a visitor used",
    operation_id="listVisitorIps",
)
async def ips(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    visitorId: FromPath[str],
    asked: NamedDependency[PageQuery],
) -> IpList:
    store_id, row = await here(caller, database, state, visitorId)
    async with database.pool.acquire() as connection:
        found, total = await visitor_parts.list_ips(connection, store_id, row.id, asked.limit, _offset(asked))
        if not found and asked.page > 1:
            total = (await visitor_parts.list_ips(connection, store_id, row.id, 1))[1]
    return IpList(
        ips=found if caller.may("pii:read") else [masked_ip(one) for one in found],
        page=asked.page,
        limit=asked.limit,
        total=total,
        pages=pages_of(total, asked.limit),
    )


@get(
    "/api/visitors/{visitorId:str}/changes",
    guards=[requires("visitors:read")],
    dependencies={"asked": query_of(FeedQuery)},
    opt={QUERY_OPTION: FeedQuery, "refuses": ("409",)},
    tags=["visitors"],
    summary="Who merged or split a visitor, when and why",
    operation_id="listVisitorChanges",
)
async def changes(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    visitorId: FromPath[str],
    asked: NamedDependency[FeedQuery],
) -> ChangeList:
    store_id, row = await here(caller, database, state, visitorId)
    after = _after(asked.cursor, CHANGES)
    async with database.pool.acquire() as connection:
        found = list(await visitor_parts.list_changes(connection, store_id, row.id, asked.limit + 1, after))
    more, found = len(found) > asked.limit, found[: asked.limit]
    return ChangeList(
        changes=found if caller.may("pii:read") else [masked_change(one) for one in found],
        next_cursor=write_cursor(Position(CHANGES, found[-1].at, found[-1].id)) if more else None,
    )


async def here(caller: Caller, database: Database, state: State, visitor_id: str) -> tuple[StoreId, VisitorRow]:
    """The visitor of this installation; RefuseError 409 where an outside Tracker keeps them."""
    if state.outside_tracker is not None:
        raise RefuseError(
            "Visitors are kept by the outside Tracker here, which tells no more than the visitor itself.",
            status=409,
            type="not-possible",
        )
    return await own_visitor(database, caller, visitor_id)


def _offset(asked: PageQuery) -> int:
    return (asked.page - 1) * asked.limit


def _after(cursor: str, order: str) -> Position | None:
    after = read_cursor(cursor, order) if cursor else None
    if after is not None and not isinstance(after.value, datetime):
        raise RefuseError("This cursor is not one of this list.", fields={"cursor": "is not valid"})
    return after


HANDLERS = [sessions, devices, ips, changes]
