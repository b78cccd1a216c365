"""The log of changes over HTTP: filtered, paged, and whole as CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.response import Stream
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.csv_text import write_rows
from shopwarden.errors import RefuseError
from shopwarden.store.audit_reads import AuditEntry, Wanted, every_entry, read_audit
from shopwarden.store.database import Database

LARGEST_ID = 2**63 - 1
Word = Annotated[str, Meta(max_length=200)]
COLUMNS = (
    "id", "at", "store_id", "actor", "actor_name", "action", "subject", "subject_id", "before", "after", "reason", "address"
)  # fmt: skip


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`action` is one (`rule.changed`) or, with a dot at its end, all of a kind (`rule.`). `actor` is `user:<id>`,
    `key:<id>`, `rule:<id>`, `vendor:<name>` or `system`."""

    actor: Word | None = None
    action: Word | None = None
    subject: Word | None = None
    subject_id: Word | None = None
    since: Annotated[datetime, Meta(tz=True, description="From this moment on.")] | None = None
    until: Annotated[datetime, Meta(tz=True, description="Before this moment.")] | None = None


class AuditPageQuery(AuditQuery, frozen=True, kw_only=True):
    """As AuditQuery, a page at a time."""

    cursor: Annotated[str, Meta(max_length=20, description="`next` of the page before.")] = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 50


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first. `next` null: there is no more."""

    entries: list[AuditEntry]
    next: str | None


@get(
    "/api/audit",
    guards=[requires("audit:read")],
    tags=["audit"],
    summary="The log of changes",
    operation_id="listAudit",
    dependencies={"asked": query_of(AuditPageQuery)},
    opt={QUERY_OPTION: AuditPageQuery},
)
async def show(
    caller: NamedDependency[Caller], database: NamedDependency[Database], asked: NamedDependency[AuditPageQuery]
) -> AuditPage:
    """Who changed what, from what to what. Of the store named, or of every store and the installation itself."""
    wanted = msgspec.structs.replace(_wanted(caller, asked), below=_cursor(asked.cursor))
    async with database.pool.acquire() as connection:
        found = await read_audit(connection, wanted, asked.limit + 1)
    entries = list(found[: asked.limit])
    return AuditPage(entries=entries, next=str(entries[-1].id) if len(found) > asked.limit else None)


@get(
    "/api/audit/export",
    guards=[requires("audit:read")],
    tags=["audit"],
    summary="The log of changes as CSV",
    operation_id="exportAudit",
    dependencies={"asked": query_of(AuditQuery)},
    opt={QUERY_OPTION: AuditQuery},
    responses={200: ResponseSpec(str, media_type="text/csv", description="One line for each entry, the newest first.")},
)
async def export(
    caller: NamedDependency[Caller], database: NamedDependency[Database], asked: NamedDependency[AuditQuery]
) -> Stream:
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Stream(_csv(database, _wanted(caller, asked)), media_type="text/csv; charset=utf-8", headers=headers)


async def _csv(database: Database, wanted: Wanted) -> AsyncIterator[str]:
    yield ",".join(COLUMNS) + "\r\n"
    async for batch in every_entry(database, wanted):
        yield write_rows([[_cell(getattr(entry, name)) for name in COLUMNS] for entry in batch]).decode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode().strip('"')


def _wanted(caller: Caller, asked: AuditQuery) -> Wanted:
    # An installation of one store: what concerns no store is shown beside what concerns it.
    return Wanted(
        store_id=caller.store_id or caller.named,
        actor=asked.actor,
        action=asked.action,
        subject=asked.subject,
        subject_id=asked.subject_id,
        since=asked.since,
        until=asked.until,
    )


def _cursor(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) > LARGEST_ID:
        raise RefuseError("This cursor is not one of this list.", fields={"cursor": "is not valid"})
    return int(text)


HANDLERS = [show, export]
