"""A store's weights: the points of each signal and the thresholds, shown and set."""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import Annotated

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.hands import hand_of
from shopwarden.api.named_store import named_store
from shopwarden.domain.verdict import Part, Weights
from shopwarden.errors import RefuseError
from shopwarden.signals import find_signals
from shopwarden.steps.change_weights import set_weights
from shopwarden.store.database import Database
from shopwarden.store.weights import LATEST, WeightsVersion, current_version

FARTHEST = 100.0
_THRESHOLDS = ("review_at", "decline_at", "level_medium", "level_high", "level_critical")
Threshold = Annotated[int, Meta(ge=0, le=100)]


class SignalDial(msgspec.Struct, frozen=True, kw_only=True):
    """One signal: +10 points double the odds of fraud. `group` names the story it shares a cap with."""

    key: str
    part: Part
    title: str
    group: str | None
    default_points: float
    points: float


class WeightsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`version` 0 are the defaults; `points` holds only what the store set itself, `signals` all there are."""

    version: int
    points: dict[str, float]
    review_at: int
    decline_at: int
    level_medium: int
    level_high: int
    level_critical: int
    changed_by: str | None
    reason: str | None
    changed_at: datetime | None
    signals: list[SignalDial]


class WeightsWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a store's weights: what is left out goes back to its default. `points` by signal key, -100 to 100."""

    points: Annotated[dict[str, float], Meta(max_length=500, examples=[{"behaviour.short_session": 5}])] = {}
    review_at: Threshold = 30
    decline_at: Threshold = 75
    level_medium: Threshold = 25
    level_high: Threshold = 50
    level_critical: Threshold = 80
    reason: Annotated[str, Meta(max_length=500)] | None = None
    based_on: Annotated[int, Meta(ge=0, le=LATEST)] | None = None
    """The version the change was thought of; refused with 409 where others were set since."""


@get(
    "/api/stores/{storeId:str}/weights",
    guards=[requires("customers:read")],
    tags=["orders"],
    summary="How a store weighs the signals",
    operation_id="getWeights",
)
async def show(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> WeightsAnswer:
    """`storeId` is the store's id or its shop domain."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        return shown_weights(await current_version(connection, store_id))


@put(
    "/api/stores/{storeId:str}/weights",
    guards=[requires("policy:write")],
    tags=["orders"],
    summary="Set how a store weighs the signals",
    operation_id="putWeights",
    opt={"refuses": ("409",)},
)
async def change(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[WeightsWanted],
) -> WeightsAnswer:
    """Makes a new version; verdicts given before keep the weights they were given with."""
    store_id = (await named_store(database, caller, storeId)).id
    weights = Weights(points=data.points, **{name: getattr(data, name) for name in _THRESHOLDS})
    refuse_wrong(weights)
    by = hand_of(caller, data.reason)
    async with database.transaction() as connection:
        return shown_weights(await set_weights(connection, store_id, weights, by, data.based_on))


def refuse_wrong(weights: Weights) -> None:
    """RefuseError naming each unknown signal, each points value beyond +-100, and thresholds out of order."""
    known = {signal.key for signal in find_signals()}
    wrong: dict[str, str] = {}
    for key, points in weights.points.items():
        if key not in known:
            wrong[f"points.{key[:100]}"] = "is not a signal"
        elif not isfinite(points) or abs(points) > FARTHEST:
            wrong[f"points.{key}"] = "must lie within -100 and 100"
    if weights.review_at > weights.decline_at:
        wrong["review_at"] = "must not lie above decline_at"
    if not weights.level_medium < weights.level_high < weights.level_critical:
        wrong["level_high"] = "must lie between level_medium and level_critical"
    if wrong:
        named = "; ".join(f"{field} {what}" for field, what in list(wrong.items())[:5])
        raise RefuseError(f"Not understood: {named}.", type="invalid-input", fields=wrong)


def shown_weights(kept: WeightsVersion) -> WeightsAnswer:
    weights = kept.weights
    return WeightsAnswer(
        version=weights.version,
        points=weights.points,
        review_at=weights.review_at,
        decline_at=weights.decline_at,
        level_medium=weights.level_medium,
        level_high=weights.level_high,
        level_critical=weights.level_critical,
        changed_by=kept.changed_by,
        reason=kept.reason,
        changed_at=kept.changed_at,
        signals=[
            SignalDial(
                key=signal.key,
                part=signal.part,
                title=signal.title,
                group=signal.group,
                default_points=signal.points,
                points=weights.points.get(signal.key, signal.points),
            )
            for signal in find_signals()
        ],
    )


HANDLERS = [show, change]
