"""What each vendor cost and how many decisions it changed, and the newest calls."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.flow_period import read_period
from shopwarden.steps.account_changes import vendor_named
from shopwarden.store.database import Database
from shopwarden.store.vendor_usage import CallRow, LookupUsage, Pace, read_calls, read_pace, read_usage
from shopwarden.vendors import find_lookups, find_vendors

CENT = Decimal("0.01")


class UsageQuery(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    since: Annotated[str, Meta(description="First day, ISO 8601. 30 days before `to` if left out.")] = ""
    until: Annotated[str, Meta(description="Last day. Today if left out.")] = ""


class CallsQuery(msgspec.Struct, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=200, description="How many of the newest.")] = 50


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """One look-up. `answers`: calls that found somebody. `from_store`: questions answered without a call.
    `changed_decisions`: verdicts whose advice would be another without it. Money in US dollars, times in milliseconds."""

    vendor: str
    lookup: str
    title: str
    calls: int
    answers: int
    misses: int
    faults: dict[str, int]
    from_store: int
    not_worth_asking: int
    over_budget: int
    cost: Decimal
    changed_decisions: int
    cost_of_a_changed_decision: Decimal | None
    p50_ms: float | None
    p95_ms: float | None
    late: int


class UsageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    since: date = msgspec.field(name="from")
    until: date = msgspec.field(name="to")
    cost: Decimal
    changed_decisions: int
    lookups: list[Usage]


class CallsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    calls: list[CallRow]


@get(
    "/api/stores/{storeId:str}/vendor-usage",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="What vendors cost and what they changed",
    operation_id="getVendorUsage",
    dependencies={"asked": query_of(UsageQuery)},
    opt={QUERY_OPTION: UsageQuery},
)
async def usage(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[UsageQuery],
) -> UsageAnswer:
    """Every look-up that was asked or left out in the time, the dearest first. Days are UTC days, both ends included."""
    store_id = (await named_store(database, caller, storeId)).id
    period = read_period(asked.since, asked.until, datetime.now(UTC))
    first, after = period.since.date(), (period.until - timedelta(microseconds=1)).date() + timedelta(days=1)
    async with database.pool.acquire() as connection:
        rows = await read_usage(connection, store_id, first, after)
        pace = await read_pace(connection, store_id, _midnight(first), _midnight(after))
    lookups = sorted((_usage(row, pace.get(row.lookup)) for row in rows), key=lambda one: (-one.cost, one.lookup))
    return UsageAnswer(
        since=first,
        until=after - timedelta(days=1),
        cost=sum((one.cost for one in lookups), Decimal(0)),
        changed_decisions=sum(one.changed_decisions for one in lookups),
        lookups=lookups,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _usage(row: LookupUsage, pace: Pace | None) -> Usage:
    known = find_lookups().get(row.lookup)
    vendor = find_vendors().get(row.vendor)
    title = known[1].title if known is not None else ""
    return Usage(
        vendor=row.vendor,
        lookup=row.lookup,
        title=title or (vendor.title if vendor is not None else row.lookup),
        calls=row.calls,
        answers=row.answered,
        misses=row.missed,
        faults=pace.faults if pace is not None else ({"all": row.faults} if row.faults else {}),
        from_store=row.from_store,
        not_worth_asking=row.not_worth,
        over_budget=row.over_budget,
        cost=row.cost,
        changed_decisions=row.changed,
        cost_of_a_changed_decision=(row.cost / row.changed).quantize(CENT) if row.changed else None,
        p50_ms=pace.p50 if pace is not None else None,
        p95_ms=pace.p95 if pace is not None else None,
        late=pace.late if pace is not None else 0,
    )


@get(
    "/api/stores/{storeId:str}/vendors/{vendor:str}/calls",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="The newest calls to a vendor",
    operation_id="listVendorCalls",
    dependencies={"asked": query_of(CallsQuery)},
    opt={QUERY_OPTION: CallsQuery},
)
async def calls(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    vendor: FromPath[str],
    asked: NamedDependency[CallsQuery],
) -> CallsAnswer:
    """What was asked when, how it ended and what it cost. Never what the question was."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        return CallsAnswer(calls=await read_calls(connection, store_id, vendor_named(vendor).name, asked.limit))


HANDLERS = [usage, calls]
