"""What a store wants of its alerts: kinds told to nobody, thresholds, how long to wait."""

from __future__ import annotations

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.domain.alert_settings import AlertSettings
from shopwarden.store.alert_settings import keep_alert_settings, read_alert_settings
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Database


@get(
    "/api/stores/{storeId:str}/alert-settings",
    guards=[requires("decisions:read")],
    tags=["alerts"],
    summary="What a store wants of its alerts",
    operation_id="getAlertSettings",
)
async def show(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> AlertSettings:
    """`storeId` is the store's id or its shop domain."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        return await read_alert_settings(connection, store_id)


@put(
    "/api/stores/{storeId:str}/alert-settings",
    guards=[requires("policy:write")],
    tags=["alerts"],
    summary="Set what a store wants of its alerts",
    operation_id="putAlertSettings",
)
async def change(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[AlertSettings],
) -> AlertSettings:
    """What is left out goes back to its default."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        before = await read_alert_settings(connection, store_id, lock=True)
        await keep_alert_settings(connection, store_id, data)
        changed = Change(
            actor=caller.actor, action="alert_settings.changed", subject="store", subject_id=str(store_id),
            before=msgspec.to_builtins(before), after=msgspec.to_builtins(data),
        )  # fmt: skip
        await note(connection, store_id, changed)
    return data


HANDLERS = [show, change]
