"""What one customer did and from where: activities and IP addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.customers import no_such_customer
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.customers import CustomerActivity, CustomerIp, masked_activity, masked_ip
from shopwarden.domain.ids import CustomerId
from shopwarden.domain.paging import Position, pages_of, read_cursor, write_cursor
from shopwarden.errors import RefuseError
from shopwarden.store.customer_reads import customer_exists, list_activities, list_ips
from shopwarden.store.database import Database

NEWEST_FIRST = "-created_at"


class ActivityQuery(msgspec.Struct, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    type: Annotated[
        str,
        Meta(
            description="A comma list of activity types: order, page_view, product_view, add_to_cart, email_open, ...",
            max_length=500,
            extra_json_schema={"examples": ["page_view,order"]},
        ),
    ] = ""
    cursor: Annotated[str, Meta(description="`next_cursor` of the answer before.")] = ""


class ActivityList(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; `next_cursor` is null at the end."""

    activities: list[CustomerActivity]
    limit: int
    next_cursor: str | None


@get(
    "/api/customers/{customer_id:uuid}/activities",
    guards=[requires("customers:read")],
    dependencies={"asked": query_of(ActivityQuery)},
    opt={QUERY_OPTION: ActivityQuery},
    tags=["customers"],
    summary="What a customer did",
    operation_id="listCustomerActivities",
)
async def activities(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    customer_id: FromPath[UUID],
    asked: NamedDependency[ActivityQuery],
) -> ActivityList:
    store_id, customer = caller.one_store(), CustomerId(customer_id)
    after = read_cursor(asked.cursor, NEWEST_FIRST) if asked.cursor else None
    if after is not None and not isinstance(after.value, datetime):
        raise RefuseError("This cursor is not one of this list.", fields={"cursor": "is not valid"})
    types = tuple(dict.fromkeys(part.strip() for part in asked.type.split(",") if part.strip()))
    rows = await list_activities(database, store_id, customer, types=types, limit=asked.limit + 1, after=after)
    if not rows and not await customer_exists(database, store_id, customer):
        raise no_such_customer()
    more, rows = len(rows) > asked.limit, rows[: asked.limit]
    return ActivityList(
        activities=rows if caller.may("pii:read") else [masked_activity(row) for row in rows],
        limit=asked.limit,
        next_cursor=write_cursor(Position(NEWEST_FIRST, rows[-1].created_at, rows[-1].id)) if more else None,
    )


class IpQuery(msgspec.Struct, frozen=True, kw_only=True):
    page: Annotated[int, Meta(ge=1, le=2**31 - 1)] = 1
    limit: Annotated[int, Meta(ge=1, le=200)] = 200


class IpList(msgspec.Struct, frozen=True, kw_only=True):
    """The latest seen first."""

    ips: list[CustomerIp]
    page: int
    limit: int
    total: int
    pages: int


@get(
    "/api/customers/{customer_id:uuid}/ips",
    guards=[requires("customers:read")],
    dependencies={"asked": query_of(IpQuery)},
    opt={QUERY_OPTION: IpQuery},
    tags=["customers"],
    summary="Every IP address a customer used",
    operation_id="listCustomerIps",
)
async def ips(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    customer_id: FromPath[UUID],
    asked: NamedDependency[IpQuery],
) -> IpList:
    store_id, customer = caller.one_store(), CustomerId(customer_id)
    rows, total = await list_ips(database, store_id, customer, asked.limit, (asked.page - 1) * asked.limit)
    if not total and not await customer_exists(database, store_id, customer):
        raise no_such_customer()
    return IpList(
        ips=rows if caller.may("pii:read") else [masked_ip(row) for row in rows],
        page=asked.page,
        limit=asked.limit,
        total=total,
        pages=pages_of(total, asked.limit),
    )


HANDLERS = [activities, ips]
