"""Alerts over HTTP as they happen: server-sent events, a snapshot first."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from litestar import Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.types import ASGIApp

from shopwarden.api.auth import Caller, may_still, requires
from shopwarden.api.live_connection import Feed
from shopwarden.api.named_store import named_store
from shopwarden.steps.alert_feed import AlertsLive
from shopwarden.store.database import Database

_DESCRIPTION = (
    "Server-sent events: `snapshot` first (its data has this schema), then `alerts` (`at`, `open` and the `alerts` that"
    " changed, each in its newest state; one may come twice) and every ten seconds `now` (`at`, `open`). With"
    " `Last-Event-ID` of the last day what was missed comes instead of the snapshot."
)


@get(
    "/api/stores/{storeId:str}/alerts/live",
    guards=[requires("decisions:read")],
    tags=["alerts"],
    summary="A store's alerts, live",
    operation_id="liveAlerts",
    responses={
        200: ResponseSpec(AlertsLive, media_type="text/event-stream", description=_DESCRIPTION, generate_examples=False)
    },
)
async def live(
    request: Request[object, object, State],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    state: State,
    storeId: FromPath[str],
    last_event: Annotated[
        str, HeaderParameter(name="Last-Event-ID", description="The id of the last event received.", max_length=64)
    ] = "",
) -> ASGIApp:
    """`storeId` is the store's id or its shop domain. The answer goes on until either side closes it."""
    store_id = (await named_store(database, caller, storeId)).id
    return Feed(
        hub=state.alert_hub,
        feeds=state.open_feeds,
        key_id=caller.key_id,
        may_still=partial(may_still, request, store_id),
        store_id=store_id,
        last_event=last_event,
    )


HANDLERS = [live]
