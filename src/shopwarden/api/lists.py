"""A store's allow, block and watch lists: entries searched, added, changed and taken off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from shopwarden.api.auth import Caller, requires
from shopwarden.api.list_answer import (
    EntryShown,
    EntryWanted,
    Reason,
    read_entry,
    read_expiry,
    read_reason,
    shown,
)
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.list_entry import LONGEST_VALUE
from shopwarden.domain.paging import Position, read_choices, read_cursor, write_cursor
from shopwarden.domain.policy import LIST_KINDS, LISTS
from shopwarden.steps.change_lists import add_entry, no_such_entry, set_entry, take_off
from shopwarden.steps.search_lists import search_entries
from shopwarden.store.database import Database
from shopwarden.store.list_entries import find_entry
from shopwarden.store.list_reads import EntryCount, EntryFilter, count_entries, newest_entries

ORDER = "-created_at"
MOST_AT_ONCE = 1_000


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    list: Annotated[str, Meta(description="A comma list of allow, block, watch.")] = ""
    kind: Annotated[str, Meta(description="A comma list of customer, email, domain, phone, ip, device, address, card.")] = ""
    limit: Annotated[int, Meta(ge=1, le=200, description="Rows in one answer.")] = 50
    cursor: Annotated[str, Meta(description="`next_cursor` of the answer before.")] = ""
    search: Annotated[
        str,
        Meta(
            max_length=LONGEST_VALUE,
            description="Entries that fit this value (of an IP address the networks around it, of an e-mail address its"
            " domain), then those that begin so. One answer, without a cursor.",
        ),
    ] = ""


class EntryList(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; of a search those that fit first."""

    entries: list[EntryShown]
    limit: int
    next_cursor: str | None


class ListTotals(msgspec.Struct, frozen=True, kw_only=True):
    totals: list[EntryCount]


class EntryAdded(msgspec.Struct, frozen=True, kw_only=True):
    """`outcome`: created; or, as the value was on the list already, updated or unchanged."""

    outcome: Literal["created", "updated", "unchanged"]
    entry: EntryShown


class EntryChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays; null takes it away."""

    reason: Reason | UnsetType | None = UNSET
    expires_at: datetime | UnsetType | None = UNSET


class Removal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ids: Annotated[list[UUID], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """`removed` were there; `missing` were not."""

    removed: list[UUID]
    missing: list[UUID]


@get(
    "/api/stores/{storeId:str}/lists",
    guards=[requires("decisions:read")],
    tags=["lists"],
    summary="How many entries the lists have",
    operation_id="countListEntries",
)
async def totals(caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]) -> ListTotals:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        return ListTotals(totals=await count_entries(connection, store_id))


@get(
    "/api/stores/{storeId:str}/lists/entries",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(ListQuery)},
    opt={QUERY_OPTION: ListQuery},
    tags=["lists"],
    summary="Entries of the lists",
    operation_id="listEntries",
)
async def list_them(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[ListQuery],
) -> EntryList:
    store_id = (await named_store(database, caller, storeId)).id
    wanted, now = filter_of(asked.list, asked.kind), datetime.now(UTC)
    after = read_cursor(asked.cursor, ORDER) if asked.cursor else None
    position = (after.value, after.id) if after is not None and isinstance(after.value, datetime) else None
    async with database.pool.acquire() as connection:
        if asked.search.strip():
            found = await search_entries(connection, store_id, wanted, asked.search, asked.limit, now)
            return EntryList(entries=[shown(entry, caller, now) for entry in found], limit=asked.limit, next_cursor=None)
        found = await newest_entries(connection, store_id, wanted, asked.limit + 1, position)
    rows = found[: asked.limit]
    return EntryList(
        entries=[shown(entry, caller, now) for entry in rows],
        limit=asked.limit,
        next_cursor=write_cursor(Position(ORDER, rows[-1].created_at, rows[-1].id)) if len(found) > asked.limit else None,
    )


def filter_of(lists: str, kinds: str) -> EntryFilter:
    return EntryFilter(
        lists=read_choices("list", lists, LISTS) or LISTS,  # type: ignore[arg-type]
        kinds=read_choices("kind", kinds, LIST_KINDS) or LIST_KINDS,  # type: ignore[arg-type]
    )


@post(
    "/api/stores/{storeId:str}/lists/entries",
    guards=[requires("decisions:write")],
    tags=["lists"],
    summary="Put something on a list",
    operation_id="addListEntry",
    status_code=200,
)
async def add(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[EntryWanted],
) -> EntryAdded:
    """From the next decision on. Open cases it concerns are judged again within seconds. What is on the list already is not
    doubled: it takes the new expiry, and the new reason where one is given."""
    store_id = (await named_store(database, caller, storeId)).id
    wanted = read_entry(data)
    async with database.transaction() as connection:
        entry, outcome = await add_entry(connection, store_id, wanted, caller.actor)
    return EntryAdded(outcome=outcome, entry=shown(entry, caller, datetime.now(UTC)))


@get(
    "/api/stores/{storeId:str}/lists/entries/{entry_id:uuid}",
    guards=[requires("decisions:read")],
    tags=["lists"],
    summary="One entry",
    operation_id="getListEntry",
)
async def show(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    entry_id: FromPath[UUID],
) -> EntryShown:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        entry = await find_entry(connection, store_id, entry_id)
    if entry is None:
        raise no_such_entry()
    return shown(entry, caller, datetime.now(UTC))


@patch(
    "/api/stores/{storeId:str}/lists/entries/{entry_id:uuid}",
    guards=[requires("decisions:write")],
    tags=["lists"],
    summary="Change an entry's reason or expiry",
    operation_id="changeListEntry",
)
async def change(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    entry_id: FromPath[UUID],
    data: JSONBody[EntryChange],
) -> EntryShown:
    """To list another value, add it and take this one off."""
    store_id = (await named_store(database, caller, storeId)).id
    new: dict[str, str | datetime | None] = {}
    if not isinstance(data.reason, UnsetType):
        new["reason"] = read_reason(data.reason)
    if not isinstance(data.expires_at, UnsetType):
        new["expires_at"] = read_expiry(data.expires_at)
    async with database.transaction() as connection:
        entry = await set_entry(connection, store_id, entry_id, new, caller.actor)
    return shown(entry, caller, datetime.now(UTC))


@delete(
    "/api/stores/{storeId:str}/lists/entries/{entry_id:uuid}",
    guards=[requires("decisions:write")],
    tags=["lists"],
    summary="Take an entry off",
    operation_id="removeListEntry",
    status_code=204,
)
async def remove(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    entry_id: FromPath[UUID],
) -> None:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        if not await take_off(connection, store_id, [entry_id], caller.actor):
            raise no_such_entry()


@post(
    "/api/stores/{storeId:str}/lists/entries/remove",
    guards=[requires("decisions:write")],
    tags=["lists"],
    summary="Take several entries off",
    operation_id="removeListEntries",
    status_code=200,
)
async def remove_several(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[Removal],
) -> Removed:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        gone = await take_off(connection, store_id, data.ids, caller.actor)
    found = set(gone)
    return Removed(removed=gone, missing=[one for one in dict.fromkeys(data.ids) if one not in found])


HANDLERS = [totals, list_them, add, show, change, remove, remove_several]
