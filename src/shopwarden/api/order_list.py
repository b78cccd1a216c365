"""The list of orders with their scores."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.api.verdict_answer import masked_reasons
from shopwarden.domain.paging import Position, read_choices, read_cursor, read_moment, write_cursor
from shopwarden.domain.verdict import Reason
from shopwarden.errors import RefuseError
from shopwarden.store.database import Database
from shopwarden.store.order_list import ListedOrder, OrderFilter, list_orders

NEWEST_FIRST = "-created_at"
ADVICES = ("approve", "review", "decline")
LEVELS = ("low", "medium", "high", "critical")
_DAY = {"pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$", "examples": ["2026-03-01"]}


class OrderListQuery(msgspec.Struct, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=200, description="Rows in one answer.")] = 50
    advice: Annotated[
        str,
        Meta(
            description="A comma list of approve, review, decline.",
            extra_json_schema={"pattern": "^(approve|review|decline)(,(approve|review|decline))*$"},
        ),
    ] = ""
    risk_level: Annotated[
        str,
        Meta(
            description="A comma list of low, medium, high, critical.",
            extra_json_schema={"pattern": "^(low|medium|high|critical)(,(low|medium|high|critical))*$"},
        ),
    ] = ""
    date_from: Annotated[str, Meta(description="Placed at or after; ISO 8601.", extra_json_schema=_DAY)] = ""
    date_to: Annotated[
        str, Meta(description="Placed up to and with this day, or before this time; ISO 8601.", extra_json_schema=_DAY)
    ] = ""
    cursor: Annotated[str, Meta(description="`next_cursor` of the answer before.")] = ""


class OrderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """`external_id` is the shop's own. `score` (0..100), `level` and `advice` are null until the order is assessed,
    `decision` until a person decided."""

    id: UUID
    external_id: str
    name: str | None
    customer_id: UUID | None
    visitor_id: UUID | None
    joined_by: str | None
    total: Decimal | None
    currency: str | None
    financial_status: str | None
    created_at: datetime
    score: int | None
    level: str | None
    advice: str | None
    decision: str | None
    verdict_id: UUID | None
    reasons: tuple[Reason, ...]


class OrderList(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; `next_cursor` is null at the end."""

    orders: list[OrderSummary]
    limit: int
    next_cursor: str | None


@get(
    "/api/orders",
    guards=[requires("customers:read")],
    dependencies={"asked": query_of(OrderListQuery)},
    opt={QUERY_OPTION: OrderListQuery},
    tags=["orders"],
    summary="Orders with their scores",
    operation_id="listOrders",
)
async def list_them(
    caller: NamedDependency[Caller], database: NamedDependency[Database], asked: NamedDependency[OrderListQuery]
) -> OrderList:
    """Orders the shop told of, the newest first, each with the score, the advice and the reasons of its latest verdict."""
    after = read_cursor(asked.cursor, NEWEST_FIRST) if asked.cursor else None
    if after is not None and not isinstance(after.value, datetime):
        raise RefuseError("This cursor is not one of this list.", fields={"cursor": "is not valid"})
    wanted = OrderFilter(
        advices=read_choices("advice", asked.advice, ADVICES),
        levels=read_choices("risk_level", asked.risk_level, LEVELS),
        created_from=read_moment("date_from", asked.date_from),
        created_before=read_moment("date_to", asked.date_to, end=True),
    )
    rows = await list_orders(database, caller.one_store(), wanted, asked.limit + 1, after)
    more, rows = len(rows) > asked.limit, rows[: asked.limit]
    return OrderList(
        orders=[_shown(row, may_see=caller.may("pii:read")) for row in rows],
        limit=asked.limit,
        next_cursor=write_cursor(Position(NEWEST_FIRST, rows[-1].created_at, rows[-1].id)) if more else None,
    )


def _shown(row: ListedOrder, *, may_see: bool) -> OrderSummary:
    reasons = row.reasons if may_see else masked_reasons(row.reasons, row.email_facts)
    values = {field: getattr(row, field) for field in OrderSummary.__struct_fields__}
    return OrderSummary(**values | {"reasons": reasons})


HANDLERS = [list_them]
