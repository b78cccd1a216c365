"""Metrics of a store over a time, beside the time of the same length before it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from litestar import Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.metrics_answers import (
    AllMetrics,
    Asked,
    ConversionAnswer,
    FingerprintAnswer,
    PatternAnswer,
    TimeToFraudAnswer,
    VelocityAnswer,
    answer_of,
)
from shopwarden.api.metrics_cache import shared_answers
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.flow_period import read_period
from shopwarden.store.database import Database

AnyRequest = Request[object, object, State]
_DAY = {"pattern": "^20[0-9]{2}-0[1-9]-[0-2][1-8]$", "examples": ["2026-03-01"]}


class MetricsQuery(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    since: Annotated[
        str, Meta(description="Counted from; ISO 8601. 30 days before `to` if left out.", extra_json_schema=_DAY)
    ] = ""
    until: Annotated[
        str, Meta(description="Counted until before; a date includes that day. Now if left out.", extra_json_schema=_DAY)
    ] = ""
    compare: Annotated[
        Literal["previous", "none"], Meta(description="With the time of the same length just before, or with nothing.")
    ] = "previous"


class OverviewQuery(MetricsQuery, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    compare: Annotated[
        Literal["previous", "none"],
        Meta(description="With the time of the same length just before, which takes twice as long, or with nothing."),
    ] = "none"


async def _wanted(request: AnyRequest, caller: Caller, database: Database, named: str, asked: MetricsQuery) -> Asked:
    store_id = (await named_store(database, caller, named)).id
    # By the minute, so that those who ask for "until now" in the same minute share the answer.
    period = read_period(asked.since, asked.until, datetime.now(UTC).replace(second=0, microsecond=0))
    return Asked(database, store_id, period, asked.compare == "previous", shared_answers(request.app.state))


ASKED = {"asked": query_of(MetricsQuery)}
OPTION = {QUERY_OPTION: MetricsQuery}
GUARDS = [requires("visitors:read")]


@get(
    "/api/stores/{storeId:str}/metrics/conversion",
    guards=GUARDS,
    dependencies=ASKED,
    opt=OPTION,
    tags=["visitors"],
    summary="How many visitors order",
    operation_id="getConversion",
)
async def conversion(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[MetricsQuery],
) -> ConversionAnswer:
    """Bots are left out. At most a minute old, as all metrics."""
    return await answer_of(ConversionAnswer, await _wanted(request, caller, database, storeId, asked))


@get(
    "/api/stores/{storeId:str}/metrics/time-to-fraud",
    guards=GUARDS,
    dependencies=ASKED,
    opt=OPTION,
    tags=["visitors"],
    summary="How long visitors take until a fraudulent order",
    operation_id="getTimeToFraud",
)
async def time_to_fraud(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[MetricsQuery],
) -> TimeToFraudAnswer:
    """Fraud is what is confirmed (cancelled as fraud, or a chargeback not won) or suspected (declined or critical)."""
    return await answer_of(TimeToFraudAnswer, await _wanted(request, caller, database, storeId, asked))


@get(
    "/api/stores/{storeId:str}/metrics/patterns",
    guards=GUARDS,
    dependencies=ASKED,
    opt=OPTION,
    tags=["visitors"],
    summary="What fraudulent visits do that legitimate ones do not",
    operation_id="getFraudPatterns",
)
async def patterns(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[MetricsQuery],
) -> PatternAnswer:
    """The patterns of this time; `previous` counts the same ones in the time before."""
    return await answer_of(PatternAnswer, await _wanted(request, caller, database, storeId, asked))


@get(
    "/api/stores/{storeId:str}/metrics/velocity",
    guards=GUARDS,
    dependencies=ASKED,
    opt=OPTION,
    tags=["visitors"],
    summary="How fast visitors moved between places",
    operation_id="getGeographicVelocity",
)
async def velocity(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[MetricsQuery],
) -> VelocityAnswer:
    """By the fastest travel between two places a visitor was seen at."""
    return await answer_of(VelocityAnswer, await _wanted(request, caller, database, storeId, asked))


@get(
    "/api/stores/{storeId:str}/metrics/fingerprints",
    guards=GUARDS,
    dependencies=ASKED,
    opt=OPTION,
    tags=["visitors"],
    summary="Devices met with several visitors or customers",
    operation_id="getFingerprintMatches",
)
async def fingerprints(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[MetricsQuery],
) -> FingerprintAnswer:
    """Strong fingerprints stand for one device; weak ones only for devices of one kind."""
    return await answer_of(FingerprintAnswer, await _wanted(request, caller, database, storeId, asked))


@get(
    "/api/stores/{storeId:str}/metrics",
    guards=GUARDS,
    dependencies={"asked": query_of(OverviewQuery)},
    opt={QUERY_OPTION: OverviewQuery},
    tags=["visitors"],
    summary="All metrics of a store",
    operation_id="getStoreMetrics",
)
async def everything(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[OverviewQuery],
) -> AllMetrics:
    """Those of the single endpoints in one answer, of this time alone unless `compare` says otherwise."""
    wanted = await _wanted(request, caller, database, storeId, asked)
    told = await asyncio.gather(
        answer_of(ConversionAnswer, wanted),
        answer_of(TimeToFraudAnswer, wanted),
        answer_of(PatternAnswer, wanted),
        answer_of(VelocityAnswer, wanted),
        answer_of(FingerprintAnswer, wanted),
    )
    return AllMetrics(*told)


HANDLERS = [conversion, time_to_fraud, patterns, velocity, fingerprints, everything]
