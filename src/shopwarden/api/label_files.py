"""Labels as files: chargebacks and other outcomes taken in as CSV while they are sent, and all labels given out as CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.csv_body import csv_body, refuse_other_than_csv
from shopwarden.api.labels import filter_of, shown
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.csv_text import write_rows
from shopwarden.domain.ids import StoreId
from shopwarden.domain.label import LABEL_SOURCES
from shopwarden.domain.label_csv import EXPORTED
from shopwarden.steps.import_labels import LabelImportFigures, import_labels
from shopwarden.store.database import Database
from shopwarden.store.label_reads import KeptLabel, LabelFilter, all_labels

CSV_BODY = csv_body("order,date,reason,amount,currency\n5501,2026-02-11,fraudulent,129.00,EUR\n")


class LabelExportQuery(msgspec.Struct, frozen=True, kw_only=True):
    label: Annotated[str, Meta(description="fraud or legitimate.")] = ""
    source: Annotated[str, Meta(description=f"One of {', '.join(LABEL_SOURCES)}.")] = ""
    order: Annotated[str, Meta(max_length=200, description="The shop's id of an order.")] = ""
    customer_id: UUID | None = None
    known_at: Annotated[str, Meta(description="Only labels known, and not withdrawn, at this time.")] = ""


@post(
    "/api/stores/{storeId:str}/labels/import",
    status_code=200,
    guards=[requires("decisions:write")],
    opt={"request_body": CSV_BODY, "refuses": ("415",)},
    request_max_body_size=None,
    tags=["labels"],
    summary="Import chargebacks and other labels from CSV",
    operation_id="importLabels",
)
async def import_them(
    request: Request[object, object, State],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
) -> LabelImportFigures:
    """Columns: `order` (the shop's id) and `date`; if there are, `label` (fraud if left out), `known_at`, `reason`,
    `amount`, `currency`, `reference`, `note`. Comma, semicolon or tab, in any order. A line that can't be used stops no
    other one; sent again, a file doubles nothing."""
    store_id = (await named_store(database, caller, storeId)).id
    refuse_other_than_csv(request)
    return await import_labels(database, store_id, caller.actor, request.stream())


@get(
    "/api/stores/{storeId:str}/labels/export",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(LabelExportQuery)},
    opt={QUERY_OPTION: LabelExportQuery},
    tags=["labels"],
    summary="Export labels as CSV",
    operation_id="exportLabels",
    responses={200: ResponseSpec(str, media_type="text/csv", description="All labels, in the columns an import reads.")},
)
async def export(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[LabelExportQuery],
) -> Stream:
    """Notes are left out for callers without pii:read."""
    store_id = (await named_store(database, caller, storeId)).id
    wanted = filter_of(asked.label, asked.source, asked.order, asked.customer_id, asked.known_at)
    headers = {"Content-Disposition": 'attachment; filename="labels.csv"'}
    return Stream(_file(database, store_id, wanted, caller), media_type="text/csv; charset=utf-8", headers=headers)


async def _file(database: Database, store_id: StoreId, wanted: LabelFilter, caller: Caller) -> AsyncIterator[bytes]:
    yield write_rows([EXPORTED])
    async for labels in all_labels(database, store_id, wanted):
        yield write_rows([_row(shown(label, caller)) for label in labels])


def _row(label: KeptLabel) -> tuple[str, ...]:
    return (
        label.order_external_id or "", label.label, _moment(label.event_at), _moment(label.known_at),
        label.reason_code or "", "" if label.amount is None else str(label.amount), label.currency or "",
        label.reference, label.note or "", label.source, str(label.customer_id or ""), label.created_by,
        _moment(label.created_at), _moment(label.withdrawn_at),
    )  # fmt: skip


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


HANDLERS = [import_them, export]
