"""How good decisions are by labels known at a time, and how those are treated who came back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.metrics_answers import MetricPeriod
from shopwarden.api.metrics_cache import shared_answers
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.decision_metrics import Quality, Recognition
from shopwarden.domain.decision_quality import Tally, quality, recognition
from shopwarden.domain.flow_period import read_period
from shopwarden.domain.paging import read_moment
from shopwarden.store.database import Database
from shopwarden.store.metrics_decisions import currency_of, tallies

AnyRequest = Request[object, object, State]
_DAY = {"pattern": "^20[0-9]{2}-0[1-9]-[0-2][1-8]$", "examples": ["2026-03-01"]}


class DecisionQuery(msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}):
    since: Annotated[
        str, Meta(description="Orders made from; ISO 8601. 30 days before `to` if left out.", extra_json_schema=_DAY)
    ] = ""
    until: Annotated[
        str, Meta(description="Made until before; a date includes that day. Now if left out.", extra_json_schema=_DAY)
    ] = ""
    known_at: Annotated[
        str,
        Meta(description="With the labels known then, and nothing known later. Now if left out.", extra_json_schema=_DAY),
    ] = ""


class DecisionsAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    period: MetricPeriod
    known_at: datetime
    quality: Quality


class RecognitionAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    period: MetricPeriod
    known_at: datetime
    recognition: Recognition


class _Counted(msgspec.Struct, frozen=True):
    tallies: list[Tally]
    currency: str
    period: MetricPeriod
    known_at: datetime


async def _count(request: AnyRequest, caller: Caller, database: Database, named: str, asked: DecisionQuery) -> _Counted:
    store_id = (await named_store(database, caller, named)).id
    # By the minute, so that those who ask for "until now" in the same minute share the answer.
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    period = read_period(asked.since, asked.until, now)
    known_at = min(read_moment("known_at", asked.known_at, end=True) or now, now)

    async def count() -> _Counted:
        found = await tallies(database, store_id, period, known_at)
        told = MetricPeriod(since=period.since, until=period.until)
        return _Counted(found, await currency_of(database, store_id), told, known_at)

    key = ("decisions", store_id, period.since, period.until, known_at)
    return await shared_answers(request.app.state).get(key, count)


OPTIONS = {QUERY_OPTION: DecisionQuery}


@get(
    "/api/stores/{storeId:str}/metrics/decisions",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(DecisionQuery)},
    opt=OPTIONS,
    tags=["labels"],
    summary="How often advice was right",
    operation_id="getDecisionQuality",
)
async def decisions(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[DecisionQuery],
) -> DecisionsAnswer:
    """The first advice on each order beside what it turned out to be. At most a minute old, as all metrics."""
    counted = await _count(request, caller, database, storeId, asked)
    return DecisionsAnswer(
        period=counted.period, known_at=counted.known_at, quality=quality(counted.tallies, counted.currency)
    )


@get(
    "/api/stores/{storeId:str}/metrics/recognition",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(DecisionQuery)},
    opt=OPTIONS,
    tags=["labels"],
    summary="How well returning customers are known, and how often they are hindered",
    operation_id="getRecognition",
)
async def recognised(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[DecisionQuery],
) -> RecognitionAnswer:
    """By an earlier order from the same device, address or IP address; their false-positive rate beside that of new ones."""
    counted = await _count(request, caller, database, storeId, asked)
    return RecognitionAnswer(
        period=counted.period, known_at=counted.known_at, recognition=recognition(counted.tallies, counted.currency)
    )


HANDLERS = [decisions, recognised]
