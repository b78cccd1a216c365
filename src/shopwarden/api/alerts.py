"""A store's alerts: listed, read with their causes, acknowledged and resolved, one or many at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.domain.alert import ALERT_KINDS, ALERT_STATES, SEVERITIES, Alert, AlertState
from shopwarden.domain.ids import StoreId
from shopwarden.domain.paging import Position, read_choices, read_cursor, read_moment, write_cursor
from shopwarden.errors import RefuseError
from shopwarden.store.alert_changes import acknowledge, resolve
from shopwarden.store.alert_log import Delivery, deliveries_of_alert
from shopwarden.store.alert_reads import (
    AlertCause,
    AlertFilter,
    OpenCounts,
    causes_of,
    find_alert,
    list_alerts,
    open_counts,
    states_of,
)
from shopwarden.store.database import Connection, Database

ORDER = "-last_at"
MOST_AT_ONCE = 200


class AlertQuery(msgspec.Struct, frozen=True, kw_only=True):
    state: Annotated[str, Meta(max_length=300, description="Comma list of open, acknowledged, resolved.")] = ""
    severity: Annotated[str, Meta(max_length=300, description="Comma list of info, warning, critical.")] = ""
    kind: Annotated[str, Meta(max_length=300, description="Comma list of kinds of alert.")] = ""
    subject_id: Annotated[str, Meta(max_length=200, description="Alerts about this order, customer, visitor ...")] = ""
    since: Annotated[str, Meta(max_length=40, description="Last seen at or after this time.")] = ""
    until: Annotated[str, Meta(max_length=40, description="Last seen before this time; a plain date is included.")] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=400, description="`next_cursor` of the answer before.")] = ""


class AlertList(msgspec.Struct, frozen=True, kw_only=True):
    """The last seen first; `next_cursor` is null at the end. `open`: alerts nobody has acknowledged, whatever was asked."""

    alerts: list[Alert]
    next_cursor: str | None
    open: OpenCounts


class AlertWhole(msgspec.Struct, frozen=True, kw_only=True):
    """`causes`: the latest hundred that were counted. `deliveries`: where it was told, the newest first."""

    alert: Alert
    causes: list[AlertCause]
    deliveries: list[Delivery]


class AlertsChosen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    alerts: Annotated[list[UUID], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class AlertOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """`unchanged`: it was so before, or is resolved and so can't be acknowledged; `state` says how it stands."""

    alert_id: UUID
    outcome: Literal["changed", "unchanged", "not_found"]
    state: AlertState | None


class AlertOutcomes(msgspec.Struct, frozen=True, kw_only=True):
    """In the order they were named in."""

    results: list[AlertOutcome]


def no_such_alert() -> RefuseError:
    return RefuseError("There is no such alert in this store.", status=404, type="not-found")


@get(
    "/api/stores/{storeId:str}/alerts",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(AlertQuery)},
    opt={QUERY_OPTION: AlertQuery},
    tags=["alerts"],
    summary="A store's alerts",
    operation_id="listAlerts",
)
async def list_them(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    asked: NamedDependency[AlertQuery],
) -> AlertList:
    """`storeId` is the store's id or its shop domain."""
    store_id = (await named_store(database, caller, storeId)).id
    wanted = AlertFilter(
        states=tuple(state for state in ALERT_STATES if state in read_choices("state", asked.state, ALERT_STATES)),
        severities=tuple(each for each in SEVERITIES if each in read_choices("severity", asked.severity, SEVERITIES)),
        kinds=tuple(kind for kind in ALERT_KINDS if kind in read_choices("kind", asked.kind, ALERT_KINDS)),
        subject_id=asked.subject_id or None,
        since=read_moment("since", asked.since),
        until=read_moment("until", asked.until, end=True),
    )
    after = read_cursor(asked.cursor, ORDER) if asked.cursor else None
    if after is not None and not isinstance(after.value, datetime):
        raise RefuseError("This cursor is not one of this list.", fields={"cursor": "is not valid"})
    async with database.pool.acquire() as connection:
        rows = await list_alerts(connection, store_id, wanted, asked.limit + 1, after)
        counts = await open_counts(connection, store_id)
    more, rows = len(rows) > asked.limit, rows[: asked.limit]
    cursor = write_cursor(Position(ORDER, rows[-1].last_at, rows[-1].id)) if more else None
    return AlertList(alerts=rows, next_cursor=cursor, open=counts)


@get(
    "/api/stores/{storeId:str}/alerts/{alert_id:uuid}",
    guards=[requires("decisions:read")],
    tags=["alerts"],
    summary="One alert, its causes and where it was told",
    operation_id="getAlert",
)
async def show(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], alert_id: FromPath[UUID]
) -> AlertWhole:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        alert = await find_alert(connection, store_id, alert_id)
        if alert is None:
            raise no_such_alert()
        causes = await causes_of(connection, store_id, alert_id)
        return AlertWhole(alert=alert, causes=causes, deliveries=await deliveries_of_alert(connection, store_id, alert_id))


@post(
    "/api/stores/{storeId:str}/alerts/acknowledge",
    guards=[requires("decisions:write")],
    status_code=200,
    tags=["alerts"],
    summary="Look after alerts",
    operation_id="acknowledgeAlerts",
)
async def acknowledge_them(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[AlertsChosen],
) -> AlertOutcomes:
    """They are told no more, and not escalated, unless they get worse."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        changed = await acknowledge(connection, store_id, data.alerts, caller.actor)
        return await _outcomes(connection, store_id, data.alerts, changed)


@post(
    "/api/stores/{storeId:str}/alerts/resolve",
    guards=[requires("decisions:write")],
    status_code=200,
    tags=["alerts"],
    summary="Say that alerts are over",
    operation_id="resolveAlerts",
)
async def resolve_them(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[AlertsChosen],
) -> AlertOutcomes:
    """The same trouble raises a new alert from now on. Channels that heard of them are told."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        changed = await resolve(connection, store_id, data.alerts, caller.actor)
        return await _outcomes(connection, store_id, data.alerts, changed)


async def _outcomes(connection: Connection, store_id: StoreId, named: list[UUID], changed: list[Alert]) -> AlertOutcomes:
    ids = {alert.id for alert in changed}
    states = await states_of(connection, store_id, named)
    results = []
    for alert_id in dict.fromkeys(named):
        state = states.get(alert_id)
        outcome: Literal["changed", "unchanged", "not_found"] = "not_found"
        if state is not None:
            outcome = "changed" if alert_id in ids else "unchanged"
        results.append(AlertOutcome(alert_id=alert_id, outcome=outcome, state=state))
    return AlertOutcomes(results=results)


HANDLERS = [list_them, show, acknowledge_them, resolve_them]
