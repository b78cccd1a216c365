"""How a store's review queue is doing, and how the store wants it run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.case_answer import Person
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.case import REASON_CODES, Decision, Minutes, ReviewSettings, settings_in
from shopwarden.domain.label import LabelName
from shopwarden.domain.paging import read_moment
from shopwarden.errors import RefuseError
from shopwarden.store.audit import Change, note
from shopwarden.store.case_figures import Money, Stake, Waiting, Worked, waiting, worked
from shopwarden.store.case_history import names_of
from shopwarden.store.cases import keep_review_settings
from shopwarden.store.database import Database

USUAL, LONGEST = timedelta(days=7), timedelta(days=93)
_DAY = {"pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$", "examples": ["2026-03-01"]}


class FiguresQuery(msgspec.Struct, frozen=True, kw_only=True):
    date_from: Annotated[str, Meta(description="Decided at or after; left out: seven days.", extra_json_schema=_DAY)] = ""
    date_to: Annotated[str, Meta(description="Up to and with this day, or before this time.", extra_json_schema=_DAY)] = ""


class AnalystFigures(msgspec.Struct, frozen=True, kw_only=True):
    analyst: Person
    figures: Worked


class QueueFigures(msgspec.Struct, frozen=True, kw_only=True):
    """`waiting` and `at_stake` are of now; the rest of what was decided in the period, by all and by each analyst."""

    waiting: Waiting
    at_stake: list[Stake]
    date_from: datetime
    date_to: datetime
    decided: Worked
    money: list[Money]
    analysts: list[AnalystFigures]


class CodeShown(msgspec.Struct, frozen=True, kw_only=True):
    """`label`: what is learnt from it; null where it says nothing of fraud."""

    code: str
    decision: Decision
    sentence: str
    label: LabelName | None


class SettingsShown(msgspec.Struct, frozen=True, kw_only=True):
    settings: ReviewSettings
    reason_codes: list[CodeShown]


class SettingsWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out goes back to its default. `target_minutes`: a case is to be decided within; `urgent_minutes`: one
    that is urgent, or whose expected loss is at least `urgent_from`. `declined`: orders advised to be declined are cases
    too. `oldest_days`: older orders are none. `grace_seconds`: for so long a decision may be taken back, and only then it
    is carried out. `free_after_minutes`: a case somebody took and left alone for so long is anybody's again."""

    target_minutes: Minutes = 240
    urgent_minutes: Minutes = 30
    urgent_from: Annotated[int, Meta(ge=0, le=999_999_999)] | None = None
    declined: bool = True
    oldest_days: Annotated[int, Meta(ge=1, le=365)] = 14
    grace_seconds: Annotated[int, Meta(ge=0, le=3600)] = 60
    free_after_minutes: Minutes = 120


@get(
    "/api/stores/{storeId:str}/cases/figures",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(FiguresQuery)},
    opt={QUERY_OPTION: FiguresQuery},
    tags=["review"],
    summary="How the review queue is doing",
    operation_id="getCaseFigures",
)
async def figures(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[FiguresQuery],
) -> QueueFigures:
    """At most 93 days at once. Money is told apart by currency."""
    store_id = (await named_store(database, caller, storeId)).id
    now = datetime.now(UTC)
    before = read_moment("date_to", asked.date_to, end=True) or now
    first = read_moment("date_from", asked.date_from) or before - USUAL
    if not timedelta(0) < before - first <= LONGEST:
        wrong = "must lie before date_to, by 93 days at most"
        raise RefuseError(f"date_from: {wrong}.", type="invalid-input", fields={"date_from": wrong})
    async with database.pool.acquire() as connection:
        now_waiting, stakes = await waiting(connection, store_id, now)
        (all_of_them, *each), money = await worked(connection, store_id, first, before)
        names = await names_of(connection, store_id, {one.analyst or "" for one in each})
    return QueueFigures(
        waiting=now_waiting,
        at_stake=stakes,
        date_from=first,
        date_to=before,
        decided=all_of_them,
        money=money,
        analysts=[
            AnalystFigures(analyst=Person(id=one.analyst or "", name=names.get(one.analyst or "")), figures=one)
            for one in each
        ],
    )


@get(
    "/api/stores/{storeId:str}/review-settings",
    guards=[requires("decisions:read")],
    tags=["review"],
    summary="How the review queue is run",
    operation_id="getReviewSettings",
)
async def show_settings(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> SettingsShown:
    """With the reason codes a decision may name."""
    store = await named_store(database, caller, storeId)
    return _shown(settings_in(store.settings))


@put(
    "/api/stores/{storeId:str}/review-settings",
    guards=[requires("policy:write")],
    tags=["review"],
    summary="Set how the review queue is run",
    operation_id="putReviewSettings",
)
async def change_settings(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[SettingsWanted],
) -> SettingsShown:
    """Due times hold for cases opened or renewed from now on."""
    store = await named_store(database, caller, storeId)
    wanted = ReviewSettings(**msgspec.structs.asdict(data))
    async with database.transaction() as connection:
        await keep_review_settings(connection, store.id, wanted)
        before, after = msgspec.to_builtins(settings_in(store.settings)), msgspec.to_builtins(wanted)
        change = Change(
            actor=caller.actor, action="review_settings.changed", subject="store", subject_id=str(store.id),
            before=before, after=after,
        )  # fmt: skip
        await note(connection, store.id, change)
    return _shown(wanted)


def _shown(settings: ReviewSettings) -> SettingsShown:
    codes = [
        CodeShown(code=code, decision=each.decision, sentence=each.sentence, label=each.label)
        for code, each in REASON_CODES.items()
    ]
    return SettingsShown(settings=settings, reason_codes=codes)


HANDLERS = [figures, show_settings, change_settings]
