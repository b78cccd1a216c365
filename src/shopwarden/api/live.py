"""The live feed over HTTP: server-sent events of who is in a store, a snapshot first."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from litestar import Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.types import ASGIApp

from shopwarden.api.auth import Caller, Requires, may_still
from shopwarden.api.live_connection import Feed
from shopwarden.api.named_store import named_store
from shopwarden.contracts.live import LiveSnapshot
from shopwarden.store.database import Database

_DESCRIPTION = (
    "Server-sent events: `snapshot` first (its data has this schema), then `visitors` (`at` and the `visitors` that changed,"
    " each in its newest state) and every ten seconds `now` (`at`, `total`). With `Last-Event-ID` what was missed comes"
    " instead of the snapshot, where it is still held. A visitor is gone `window_seconds` after its `lastSeen`."
)


@get(
    "/api/stores/{storeId:str}/live",
    guards=[Requires("live:read", also=("visitors:read",))],
    tags=["visitors"],
    summary="Who is in the store now, live",
    operation_id="liveVisitors",
    responses={200: ResponseSpec(LiveSnapshot, media_type="text/event-stream", description=_DESCRIPTION)},
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
    """`storeId` is the store's id or its shop domain. The answer goes on until either side closes it.

    Who may read visitors may also see them live. Any web page may open it: the key guards it, not the page's origin.
    """
    store_id = (await named_store(database, caller, storeId)).id
    return Feed(
        hub=state.live,
        feeds=state.open_feeds,
        key_id=caller.key_id,
        may_still=partial(may_still, request, store_id),
        store_id=store_id,
        last_event=last_event,
    )


HANDLERS = [live]
