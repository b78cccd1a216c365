"""Lists as files: a CSV of any length taken in while it is sent, and everything given out as CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.csv_body import csv_body, refuse_other_than_csv
from shopwarden.api.list_answer import shown
from shopwarden.api.lists import filter_of
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.api.tasks import IdempotencyKey
from shopwarden.domain.csv_text import write_rows
from shopwarden.domain.ids import StoreId
from shopwarden.domain.list_csv import COLUMNS
from shopwarden.errors import RefuseError
from shopwarden.steps.import_list import Figures, LineError, ListImport, import_list
from shopwarden.store.database import Database
from shopwarden.store.list_imports import begin_import, recent_imports
from shopwarden.store.list_reads import EntryFilter, all_entries
from shopwarden.store.tasks import Task, end_task

CSV_BODY = csv_body("list,kind,value,reason,expires_at\nblock,email,bad@example.com,chargebacks,2027-01-01\n")


class ListImportQuery(msgspec.Struct, frozen=True, kw_only=True):
    list: Annotated[Literal["allow", "block", "watch"] | None, Meta(description="For lines that don't name a list.")] = None
    kind: Annotated[
        Literal["customer", "email", "domain", "phone", "ip", "device", "address", "card"] | None,
        Meta(description="For lines that don't name a kind. With both, a file of bare values needs no header."),
    ] = None


class ExportQuery(msgspec.Struct, frozen=True, kw_only=True):
    list: Annotated[str, Meta(description="A comma list of allow, block, watch.")] = ""
    kind: Annotated[str, Meta(description="A comma list of customer, email, domain, phone, ip, device, address, card.")] = ""


class ListImportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`received` lines: so many made an entry, changed one, were there already, or can't be used. `errors` names the first
    hundred of these. `replayed`: the import with this Idempotency-Key was done before."""

    task_id: UUID
    received: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    errors: list[LineError]
    replayed: bool


class ListImports(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first. `done` counts lines; `result` has the figures so far, `bytes_done` of `bytes_total` too."""

    imports: list[Task]


@post(
    "/api/stores/{storeId:str}/lists/import",
    status_code=200,
    guards=[requires("decisions:write")],
    dependencies={"asked": query_of(ListImportQuery)},
    opt={QUERY_OPTION: ListImportQuery, "request_body": CSV_BODY, "refuses": ("409", "415")},
    request_max_body_size=None,
    tags=["lists"],
    summary="Import a list from CSV",
    operation_id="importLists",
)
async def import_lists(
    request: Request[object, object, State],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[ListImportQuery],
    idempotency_key: IdempotencyKey = None,
) -> Response[ListImportAnswer]:
    """Comma, semicolon or tab; columns in any order, unknown ones are ignored. Answers when all lines are stored;
    meanwhile `GET .../lists/imports` and the task tell how far it is. A line that can't be used stops no other one. Sent
    again after it broke off, with the same `Idempotency-Key` or another, it goes through and doubles nothing."""
    store_id = (await named_store(database, caller, storeId)).id
    refuse_other_than_csv(request)
    task, is_ours = await begin_import(database, store_id, idempotency_key)
    if not is_ours:
        return _told(task)
    length = request.headers.get("content-length", "")
    figures = Figures(bytes_total=int(length) if length.isdecimal() and len(length) < 16 else None)
    wanted = ListImport(store_id=store_id, task_id=task.id, by=caller.actor, list=asked.list, kind=asked.kind)
    try:
        await import_list(database, wanted, request.stream(), figures)
    except BaseException:
        await end_task(database, store_id, task.id, "failed", msgspec.to_builtins(figures))
        raise
    task = await end_task(database, store_id, task.id, "done", msgspec.to_builtins(figures))
    return _answer(task, replayed=False)


def _told(task: Task) -> Response[ListImportAnswer]:
    if task.state == "running":
        raise RefuseError(
            "An import with this Idempotency-Key is running; see its task.", status=409, type="in-progress",
            headers={"Retry-After": "5", "Location": f"/api/tasks/{task.id}"},
        )  # fmt: skip
    return _answer(task, replayed=True)


def _answer(task: Task, *, replayed: bool) -> Response[ListImportAnswer]:
    figures = msgspec.convert(task.result, Figures)
    body = ListImportAnswer(
        task_id=task.id,
        received=figures.received,
        created=figures.created,
        updated=figures.updated,
        unchanged=figures.unchanged,
        rejected=figures.rejected,
        errors=figures.errors,
        replayed=replayed,
    )
    return Response(body, headers={"Location": f"/api/tasks/{task.id}"})


@get(
    "/api/stores/{storeId:str}/lists/imports",
    guards=[requires("decisions:read")],
    tags=["lists"],
    summary="Imports of lists, running and done",
    operation_id="listListImports",
)
async def imports(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> ListImports:
    store_id = (await named_store(database, caller, storeId)).id
    return ListImports(imports=await recent_imports(database, store_id))


@get(
    "/api/stores/{storeId:str}/lists/export",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(ExportQuery)},
    opt={QUERY_OPTION: ExportQuery},
    tags=["lists"],
    summary="Export the lists as CSV",
    operation_id="exportLists",
    responses={200: ResponseSpec(str, media_type="text/csv", description="All entries, in the columns an import reads.")},
)
async def export(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[ExportQuery],
) -> Stream:
    """Values are masked for callers without pii:read; such a file can't be imported again."""
    store_id = (await named_store(database, caller, storeId)).id
    wanted = filter_of(asked.list, asked.kind)
    headers = {"Content-Disposition": 'attachment; filename="lists.csv"'}
    return Stream(_file(database, store_id, wanted, caller), media_type="text/csv; charset=utf-8", headers=headers)


async def _file(database: Database, store_id: StoreId, wanted: EntryFilter, caller: Caller) -> AsyncIterator[bytes]:
    yield write_rows([COLUMNS])
    now = datetime.now(UTC)
    async for entries in all_entries(database, store_id, wanted):
        rows = [shown(entry, caller, now) for entry in entries]
        yield write_rows(
            [
                (
                    row.list, row.kind, row.value, row.reason or "", _moment(row.expires_at), row.created_by,
                    _moment(row.created_at),
                )
                for row in rows
            ]
        )  # fmt: skip


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


HANDLERS = [import_lists, imports, export]
