"""A store's weights over time: every version with who made it and why, what differs between two, and one brought back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.hands import hand_of
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.api.weights import WeightsAnswer, refuse_wrong, shown_weights
from shopwarden.domain.ids import StoreId
from shopwarden.domain.weights_diff import DialChange, weights_diff
from shopwarden.errors import RefuseError
from shopwarden.signals import find_signals
from shopwarden.steps.change_weights import set_weights
from shopwarden.store.database import Database
from shopwarden.store.weights import LATEST, WeightsVersion, find_weights, list_weights


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=200, description="Versions in one answer.")] = 50
    before: Annotated[int, Meta(ge=1, le=LATEST, description="Only versions below this one; for the next page.")] = LATEST


class DiffQuery(msgspec.Struct, frozen=True, kw_only=True):
    older: Annotated[int, Meta(ge=0, le=LATEST, description="A version; 0 are the defaults.")] = 0
    newer: Annotated[int, Meta(ge=0, le=LATEST, description="Another version.")] = 0


class WeightsChange(msgspec.Struct, frozen=True, kw_only=True):
    """`changes` against the version before."""

    version: int
    changed_by: str | None
    reason: str | None
    changed_at: datetime | None
    changes: tuple[DialChange, ...]


class WeightsHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first; `next_before` asks for the page after, null at the end."""

    versions: list[WeightsChange]
    next_before: int | None


class WeightsDiff(msgspec.Struct, frozen=True, kw_only=True):
    older: int
    newer: int
    changes: tuple[DialChange, ...]


class RestoreWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(max_length=500)] | None = None


@get(
    "/api/stores/{storeId:str}/weights/history",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(HistoryQuery)},
    opt={QUERY_OPTION: HistoryQuery},
    tags=["orders"],
    summary="Every version of a store's weights",
    operation_id="getWeightsHistory",
)
async def history(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[HistoryQuery],
) -> WeightsHistory:
    """Who changed which dial from what to what, when, and why."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        found = await list_weights(connection, store_id, asked.before, asked.limit + 1)
        first = await find_weights(connection, store_id, 0)
    older = [*found[1:], *([first] if first is not None else [])]
    shown = [_change(before, after) for after, before in zip(found, older, strict=False)][: asked.limit]
    more = len(found) > asked.limit
    return WeightsHistory(versions=shown, next_before=shown[-1].version if more else None)


def _change(before: WeightsVersion, after: WeightsVersion) -> WeightsChange:
    return WeightsChange(
        version=after.weights.version,
        changed_by=after.changed_by,
        reason=after.reason,
        changed_at=after.changed_at,
        changes=_diff(before, after),
    )


def _diff(before: WeightsVersion, after: WeightsVersion) -> tuple[DialChange, ...]:
    defaults = {signal.key: signal.points for signal in find_signals()}
    return weights_diff(before.weights, after.weights, defaults)


@get(
    "/api/stores/{storeId:str}/weights/diff",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(DiffQuery)},
    opt={QUERY_OPTION: DiffQuery},
    tags=["orders"],
    summary="What differs between two versions of the weights",
    operation_id="diffWeights",
)
async def diff(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[DiffQuery],
) -> WeightsDiff:
    store_id = (await named_store(database, caller, storeId)).id
    older = await _version(database, store_id, asked.older)
    newer = await _version(database, store_id, asked.newer)
    return WeightsDiff(older=asked.older, newer=asked.newer, changes=_diff(older, newer))


@get(
    "/api/stores/{storeId:str}/weights/{weights_version:int}",
    guards=[requires("decisions:read")],
    tags=["orders"],
    summary="One version of a store's weights",
    operation_id="getWeightsVersion",
)
async def show(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    weights_version: FromPath[int],
) -> WeightsAnswer:
    store_id = (await named_store(database, caller, storeId)).id
    return shown_weights(await _version(database, store_id, weights_version))


@post(
    "/api/stores/{storeId:str}/weights/{weights_version:int}/restore",
    guards=[requires("policy:write")],
    tags=["orders"],
    summary="Bring an earlier version of the weights back",
    operation_id="restoreWeights",
    status_code=200,
)
async def restore(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    weights_version: FromPath[int],
    data: JSONBody[RestoreWanted],
) -> WeightsAnswer:
    """As a new version, so that nothing of the history is lost. Version 0 brings the defaults back."""
    store_id = (await named_store(database, caller, storeId)).id
    wanted = (await _version(database, store_id, weights_version)).weights
    refuse_wrong(wanted)
    by = hand_of(caller, data.reason or f"version {weights_version} brought back")
    async with database.transaction() as connection:
        return shown_weights(await set_weights(connection, store_id, wanted, by))


async def _version(database: Database, store_id: StoreId, version: int) -> WeightsVersion:
    found = None
    if 0 <= version < LATEST:
        async with database.pool.acquire() as connection:
            found = await find_weights(connection, store_id, version)
    if found is None:
        raise RefuseError("There is no such version of the weights.", status=404, type="not-found")
    return found


HANDLERS = [history, diff, show, restore]
