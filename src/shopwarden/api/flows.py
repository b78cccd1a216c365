"""How visits flow through a store, as the data of a Sankey diagram."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.flow import DEPTH, LEAST_DEPTH, MOST_DEPTH, FlowLink, FlowNode, flow_of
from shopwarden.domain.flow_period import read_period
from shopwarden.store.database import Database
from shopwarden.store.flows import Choice, Segment, Views, read_ways, unrecognised_views

DAY = {"pattern": "^20[0-9]{2}-0[1-9]-[0-2][1-8]$", "examples": ["2026-03-01"]}


class FlowQuery(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    since: Annotated[
        str,
        Meta(description="Sessions begun at or after; ISO 8601. 30 days before `to` if left out.", extra_json_schema=DAY),
    ] = ""
    until: Annotated[
        str, Meta(description="Sessions begun before; a date includes that day. Now if left out.", extra_json_schema=DAY)
    ] = ""
    segment: Annotated[
        Segment,
        Meta(description="`fraud`: an order of the session is confirmed or suspected fraud; `legitimate`: it ordered, and"
                         " none is; `new`: the visitor's first session."),
    ] = "all"  # fmt: skip
    country: Annotated[
        str,
        Meta(pattern="^([A-Za-z]{2})?$", description="ISO 3166-1 alpha-2.", extra_json_schema={"examples": ["DE"]}),
    ] = ""
    source: Annotated[
        str, Meta(max_length=60, description="Where visits came from: `google`, `newsletter`, `example.com`, `direct`.")
    ] = ""
    depth: Annotated[int, Meta(ge=LEAST_DEPTH, le=MOST_DEPTH, description="Stations shown of each way.")] = DEPTH
    entry: Annotated[
        Literal["one", "source"], Meta(description="One entry for all, or one for each of the largest sources.")
    ] = "one"
    bots: Literal["exclude", "include"] = "exclude"


class UnrecognisedViews(msgspec.Struct, frozen=True, kw_only=True):
    """Page views without consent on the days of the period, by kind of page: counted beside, of nobody's way."""

    total: int
    kinds: dict[str, int]


class FlowAnswer(msgspec.Struct, frozen=True, kw_only=True, rename={
    "since": "from", "until": "to", "without_way": "withoutWay", "unrecognised_views": "unrecognisedViews",
}):  # fmt: skip
    """What enters a node leaves it again, down to the ends. `sessions` are those drawn; `longer` of them went on beyond the
    depth, straight on to their end; `withoutWay` are further ones of which no station is known. Values in `currency`: what
    was paid in a session, else what it left in its basket."""

    since: datetime
    until: datetime
    segment: Segment
    currency: str
    depth: int
    sessions: int
    value: Decimal
    longer: int
    without_way: int
    nodes: list[FlowNode]
    links: list[FlowLink]
    unrecognised_views: UnrecognisedViews


@get(
    "/api/stores/{storeId:str}/flows",
    guards=[requires("visitors:read")],
    dependencies={"asked": query_of(FlowQuery)},
    opt={QUERY_OPTION: FlowQuery},
    tags=["visitors"],
    summary="How visits flow through the shop",
    operation_id="getFlows",
)
async def flows(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[FlowQuery],
) -> FlowAnswer:
    """Entry, pages of a kind, how it ended. `storeId` is the store's id or its shop domain."""
    store = await named_store(database, caller, storeId)
    period = read_period(asked.since, asked.until, datetime.now(UTC))
    choice = Choice(
        segment=asked.segment,
        country=asked.country.upper(),
        source=asked.source.strip().lower(),
        with_bots=asked.bots == "include",
    )
    found, views = await asyncio.gather(
        read_ways(database, store.id, period, choice, asked.depth, by_source=asked.entry == "source"),
        unrecognised_views(database, store.id, period, choice),
    )
    flow = flow_of(found.passages, asked.depth)
    return FlowAnswer(
        since=period.since,
        until=period.until,
        segment=asked.segment,
        currency=store.currency,
        depth=asked.depth,
        sessions=flow.sessions,
        value=flow.value,
        longer=found.longer,
        without_way=found.unknown,
        nodes=flow.nodes,
        links=flow.links,
        unrecognised_views=_told(views),
    )


def _told(views: Views) -> UnrecognisedViews:
    return UnrecognisedViews(total=views.total, kinds=views.kinds)


HANDLERS = [flows]
