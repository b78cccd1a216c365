"""Trials of a policy on the past: asked for, followed, read, cancelled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta
from msgspec.structs import replace

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.api.trial_policy import TrialPolicy, candidate_of, list_changes_of
from shopwarden.domain.backtest import Trial
from shopwarden.domain.backtest_result import Result
from shopwarden.domain.ids import StoreId
from shopwarden.domain.list_entry import mask_listed
from shopwarden.domain.paging import EARLIEST, LATEST, pages_of
from shopwarden.domain.policy import Policy
from shopwarden.domain.text import clean_text
from shopwarden.errors import RefuseError
from shopwarden.store.audit import Change, note
from shopwarden.store.backtests import (
    MOST_WAITING,
    Backtest,
    BacktestState,
    NewBacktest,
    cancel_backtest,
    find_backtest,
    list_backtests,
    put_backtest,
)
from shopwarden.store.database import Connection, Database
from shopwarden.store.rulesets import current_ruleset
from shopwarden.store.weights import current_weights

PERSONAL = "pii:read"
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", max_length=200, description="The same key asks for one trial only."),
]


class BacktestWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Decisions from `first_at` until before `until_at` are tried; both are times with their offset."""

    first_at: datetime
    until_at: datetime
    policy: TrialPolicy = TrialPolicy()
    name: Annotated[str, Meta(max_length=120)] | None = None


class BacktestSummary(msgspec.Struct, frozen=True, kw_only=True):
    """`done` of `total` verdicts are looked at; `total` is null until they are counted."""

    id: UUID
    name: str | None
    state: BacktestState
    first_at: datetime
    until_at: datetime
    done: int
    total: int | None
    error: str | None
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class BacktestAnswer(BacktestSummary, frozen=True, kw_only=True):
    """What is compared: the policy that was in force when the trial was asked for, and the candidate. `result` is null until
    it is done."""

    trial: Trial
    result: Result | None


class BacktestList(msgspec.Struct, frozen=True, kw_only=True):
    backtests: list[BacktestSummary]
    page: int
    limit: int
    total: int
    pages: int


class BacktestListQuery(msgspec.Struct, frozen=True, kw_only=True):
    page: Annotated[int, Meta(ge=1, le=10_000)] = 1
    limit: Annotated[int, Meta(ge=1, le=100, description="Rows in one answer.")] = 20


@post(
    "/api/stores/{storeId:str}/backtests",
    status_code=202,
    guards=[requires("policy:write")],
    tags=["rules"],
    summary="Try a policy on the past",
    operation_id="createBacktest",
    opt={"refuses": ("409",)},
)
async def create(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[BacktestWanted],
    idempotency_key: IdempotencyKey = None,
) -> Response[BacktestAnswer]:
    """Every order decided in the time is decided again by its own facts, by the present policy and by the one given, and
    held against what it turned out to be. A worker does it; the answer's Location shows how far it is."""
    store_id = (await named_store(database, caller, storeId)).id
    first, until = period_of(data)
    async with database.transaction() as connection:
        trial = await _trial(connection, store_id, data.policy)
        new = NewBacktest(
            name=clean_text(data.name, 120) or None if data.name else None,
            policy=msgspec.json.encode(trial),
            first_at=first,
            until_at=until,
            created_by=caller.actor,
            idempotency_key=clean_text(idempotency_key, 200) or None if idempotency_key else None,
        )
        put = await put_backtest(connection, store_id, new)
        if put is None:
            told = f"{MOST_WAITING} trials of this store are not done yet; wait for one or cancel it."
            raise RefuseError(told, status=409, type="conflict")
        backtest, is_new = put
        if is_new:
            change = Change(actor=caller.actor, action="backtest.asked", subject="backtest", subject_id=str(backtest.id))
            await note(connection, store_id, change)
    location = f"/api/stores/{store_id}/backtests/{backtest.id}"
    return Response(_shown(backtest, may_see=caller.may(PERSONAL)), status_code=202, headers={"Location": location})


@get(
    "/api/stores/{storeId:str}/backtests",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(BacktestListQuery)},
    opt={QUERY_OPTION: BacktestListQuery},
    tags=["rules"],
    summary="Trials of policies",
    operation_id="listBacktests",
)
async def list_them(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[BacktestListQuery],
) -> BacktestList:
    """The newest first."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        found, total = await list_backtests(connection, store_id, asked.page, asked.limit)
    return BacktestList(
        backtests=[msgspec.convert(_plain(each), BacktestSummary) for each in found],
        page=asked.page,
        limit=asked.limit,
        total=total,
        pages=pages_of(total, asked.limit),
    )


@get(
    "/api/stores/{storeId:str}/backtests/{backtest_id:uuid}",
    guards=[requires("decisions:read")],
    tags=["rules"],
    summary="One trial, how far it is and what it came to",
    operation_id="getBacktest",
)
async def show(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], backtest_id: FromPath[UUID]
) -> BacktestAnswer:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        backtest = await find_backtest(connection, store_id, backtest_id)
    if backtest is None:
        raise _no_such_backtest()
    return _shown(backtest, may_see=caller.may(PERSONAL))


@post(
    "/api/stores/{storeId:str}/backtests/{backtest_id:uuid}/cancel",
    status_code=200,
    guards=[requires("policy:write")],
    tags=["rules"],
    summary="Cancel a trial",
    operation_id="cancelBacktest",
)
async def cancel(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], backtest_id: FromPath[UUID]
) -> BacktestAnswer:
    """One that is over stays as it ended. Its worker stops within a few seconds."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        before = await find_backtest(connection, store_id, backtest_id)
        backtest = await cancel_backtest(connection, store_id, backtest_id)
        if before is None or backtest is None:
            raise _no_such_backtest()
        if before.state != backtest.state:
            change = Change(
                actor=caller.actor, action="backtest.cancelled", subject="backtest", subject_id=str(backtest_id),
                before={"state": before.state}, after={"state": backtest.state},
            )  # fmt: skip
            await note(connection, store_id, change)
    return _shown(backtest, may_see=caller.may(PERSONAL))


async def _trial(connection: Connection, store_id: StoreId, wanted: TrialPolicy) -> Trial:
    present = Policy(
        weights=await current_weights(connection, store_id), ruleset=await current_ruleset(connection, store_id)
    )
    return Trial(present=present, candidate=candidate_of(wanted, present), lists=list_changes_of(wanted.lists))


def period_of(data: BacktestWanted) -> tuple[datetime, datetime]:
    """In UTC, until now at the latest; RefuseError names what is wrong."""
    wrong: dict[str, str] = {}
    for name in ("first_at", "until_at"):
        moment: datetime = getattr(data, name)
        if moment.tzinfo is None:
            wrong[name] = "needs its offset from UTC, such as Z"
        elif not EARLIEST.year <= moment.year <= LATEST.year - 1:
            wrong[name] = "is out of all time"
    if not wrong and data.first_at >= data.until_at:
        wrong["until_at"] = "must lie after first_at"
    if not wrong and data.first_at >= datetime.now(UTC):
        wrong["first_at"] = "lies in the future"
    if wrong:
        told = "; ".join(f"{field} {what}" for field, what in wrong.items())
        raise RefuseError(f"Not understood: {told}.", type="invalid-input", fields=wrong)
    return data.first_at.astimezone(UTC), min(data.until_at.astimezone(UTC), datetime.now(UTC))


def _plain(backtest: Backtest) -> dict[str, object]:
    return {name: getattr(backtest, name) for name in BacktestSummary.__struct_fields__}


def _shown(backtest: Backtest, *, may_see: bool) -> BacktestAnswer:
    trial = msgspec.convert(backtest.policy, Trial)
    if not may_see:
        added = tuple(replace(wish, value=mask_listed(wish.kind, wish.value)) for wish in trial.lists.add)
        trial = replace(trial, lists=replace(trial.lists, add=added))
    try:
        result = msgspec.convert(backtest.result, Result) if backtest.state == "done" else None
    except msgspec.ValidationError:
        result = None  # kept by an older version in another shape
    return msgspec.convert(_plain(backtest) | {"trial": trial, "result": result}, BacktestAnswer)


def _no_such_backtest() -> RefuseError:
    return RefuseError("There is no such trial in this store.", status=404, type="not-found")


HANDLERS = [create, list_them, show, cancel]
