"""Bulk import of customers: any number of rows, a result for each, and no row that stops another."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import IO, Annotated, Literal, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.response import Stream
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.import_body import NDJSON_TYPES, read_json, read_lines
from shopwarden.api.import_document import IMPORT_BODY, ImportAnswer
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.api.tasks import IdempotencyKey
from shopwarden.domain.ids import StoreId
from shopwarden.domain.import_row import ImportSource
from shopwarden.errors import RefuseError
from shopwarden.steps.import_customers import RowResult, import_batch
from shopwarden.store.database import Database
from shopwarden.store.tasks import Task, begin_task, end_task, tell_progress

BATCH_ROWS = 250
IN_MEMORY = 1024 * 1024
SOURCES = ("shopify", "klaviyo", "manual")


class ImportQuery(msgspec.Struct, frozen=True, kw_only=True):
    source: Annotated[
        Literal["shopify", "klaviyo", "manual"] | None,
        Meta(description="Who tells; for NDJSON, whose lines can't say it. In JSON the body's `source` is used."),
    ] = None


class _Tally:
    """Counts results and keeps them, on disk when they are many."""

    def __init__(self) -> None:
        self.counts = {"created": 0, "updated": 0, "rejected": 0}
        self._kept: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by `results`

    @property
    def received(self) -> int:
        return sum(self.counts.values())

    def add(self, results: list[RowResult]) -> None:
        for result in results:
            self.counts[result.outcome] += 1
            self._kept.write(msgspec.json.encode(result) + b"\n")

    def answer(self, task: Task) -> Iterator[bytes]:
        """The answer in pieces, as JSON."""
        head = {"task_id": task.id, **task.result, "replayed": False}
        yield msgspec.json.encode(head)[:-1] + b',"results":['
        self._kept.seek(0)
        first = True
        for line in self._kept:
            yield (b"" if first else b",") + line.rstrip(b"\n")
            first = False
        yield b"]}"
        self.close()

    def close(self) -> None:
        self._kept.close()


@post(
    "/api/customers/import",
    status_code=200,
    guards=[requires("customers:write")],
    dependencies={"asked": query_of(ImportQuery)},
    opt={QUERY_OPTION: ImportQuery, "request_body": IMPORT_BODY, "refuses": ("409", "415")},
    request_max_body_size=None,
    tags=["customers"],
    summary="Import customers in bulk",
    operation_id="importCustomers",
)
async def import_customers(
    request: Request[object, object, State],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    asked: NamedDependency[ImportQuery],
    idempotency_key: IdempotencyKey = None,
) -> Response[ImportAnswer]:
    """JSON `{source, data: [...]}` up to 32 MB, or NDJSON of any length, read as it comes in. Answers when all rows are
    stored, with a result for each. With an `Idempotency-Key` a second send changes nothing and answers the figures alone."""
    store_id = caller.one_store()
    source, rows = await _open(request, asked)
    task, is_new = await begin_task(database, store_id, "import", idempotency_key)
    if not is_new:
        return _replayed(task)
    tally = _Tally()
    try:
        await _run(database, store_id, task.id, _Work(source, rows, tally))
    except BaseException:
        await end_task(database, store_id, task.id, "failed", _figures(source, tally))
        tally.close()
        raise
    task = await end_task(database, store_id, task.id, "done", _figures(source, tally))
    answer = Stream(tally.answer(task), media_type="application/json", headers={"Location": f"/api/tasks/{task.id}"})
    return cast("Response[ImportAnswer]", answer)


class _Work(msgspec.Struct, frozen=True):
    source: ImportSource
    rows: AsyncIterator[bytes]
    tally: _Tally


async def _open(request: Request[object, object, State], asked: ImportQuery) -> tuple[ImportSource, AsyncIterator[bytes]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in NDJSON_TYPES:
        return asked.source or "manual", read_lines(request.stream())
    if kind != "application/json":
        raise RefuseError(
            f"Send application/json or {NDJSON_TYPES[0]}.", status=415, type="unsupported-media-type",
            fields={"Content-Type": f"is {kind[:60] or 'missing'}"},
        )  # fmt: skip
    body = await read_json(request.stream())
    source = body.source or asked.source or "manual"
    if source not in SOURCES:
        raise RefuseError(f"source takes {', '.join(SOURCES)}.", fields={"source": f"takes {', '.join(SOURCES)}"})
    return cast("ImportSource", source), _each(body.data)


async def _each(rows: list[msgspec.Raw]) -> AsyncIterator[bytes]:
    for row in rows:
        yield bytes(row)


async def _run(database: Database, store_id: StoreId, task_id: UUID, work: _Work) -> None:
    batch: list[tuple[int, bytes]] = []
    number = 0
    async for raw in work.rows:
        number += 1
        batch.append((number, raw))
        if len(batch) >= BATCH_ROWS:
            await _finish(database, store_id, task_id, work, batch)
            batch = []
    await _finish(database, store_id, task_id, work, batch)


async def _finish(database: Database, store_id: StoreId, task_id: UUID, work: _Work, batch: list[tuple[int, bytes]]) -> None:
    if batch:
        work.tally.add(await import_batch(database, store_id, batch, work.source, datetime.now(UTC)))
        await tell_progress(database, store_id, task_id, work.tally.received)


def _figures(source: str, tally: _Tally) -> dict[str, object]:
    return {"source": source, "received": tally.received, **tally.counts}


def _replayed(task: Task) -> Response[ImportAnswer]:
    if task.state == "running":
        raise RefuseError(
            "An import with this Idempotency-Key is running; see its task.", status=409, type="in-progress",
            headers={"Retry-After": "5", "Location": f"/api/tasks/{task.id}"},
        )  # fmt: skip
    if task.state == "failed":
        raise RefuseError(
            "The import with this Idempotency-Key broke off; send it again with another key (rows may repeat).",
            status=409, type="broke-off", headers={"Location": f"/api/tasks/{task.id}"},
        )  # fmt: skip
    body = msgspec.convert({"task_id": task.id, **task.result, "replayed": True, "results": []}, ImportAnswer)
    return Response(body, headers={"Location": f"/api/tasks/{task.id}"})


HANDLERS = [import_customers]
