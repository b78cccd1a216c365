"""How a store's tracking script behaves: what the script asks for, and where a merchant sets it."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Request, Response, get, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from shopwarden.api.auth import Caller, address_of, requires
from shopwarden.api.changed import note_settings
from shopwarden.api.limits import Limiter, refuse_beyond
from shopwarden.api.named_store import named_store
from shopwarden.api.options import ApiOptions
from shopwarden.errors import RefuseError
from shopwarden.store.api_keys import find_write_key
from shopwarden.store.database import Database
from shopwarden.store.stores import Store
from shopwarden.store.tracker_settings import (
    Consent,
    TrackerSettings,
    keep_tracker_settings,
    settings_of_write_key,
    tracker_settings_of,
)

REMEMBERED_SECONDS, MOST_REMEMBERED = 10.0, 10_000
_ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::\d{1,5})?")
_OPEN = {"Access-Control-Allow-Origin": "*"}
_known: OrderedDict[str, tuple[float, TrackerSettings | None]] = OrderedDict()


class TrackerShown(msgspec.Struct, frozen=True, kw_only=True):
    """`snippet` goes into the theme; without the `write_key` parameter it has a placeholder for the key."""

    fingerprint: bool
    consent: Consent
    allowed_origins: list[str]
    snippet: str


class TrackerWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it: what is left out goes back to its default. No allowed origins: events are taken from everywhere."""

    fingerprint: bool = False
    consent: Consent = "shopify"
    allowed_origins: Annotated[
        list[Annotated[str, Meta(max_length=300)]], Meta(max_length=50, examples=[["https://shop.example"]])
    ] = []


@get(
    "/t/settings",
    tags=["collect"],
    summary="What the tracking script may do",
    operation_id="getScriptSettings",
    opt={"refuses": ("400", "404", "429", "503")},
)
async def for_script(
    request: Request[object, object, State],
    database: NamedDependency[Database],
    key: Annotated[str, QueryParameter(name="key", description="The store's public write key.", max_length=200)],
) -> Response[TrackerSettings]:
    """Asked by the script once in five minutes and browser. Open to every origin, as the script runs on the shop's pages."""
    limiter: Limiter = request.app.state.limiter
    options: ApiOptions = request.app.state.options
    refuse_beyond(
        await limiter.take(f"script:{address_of(request, options)}", options.rate_per_minute * options.ADDRESS_FACTOR)
    )
    found = await _settings_of(database, key)
    if found is None:
        raise RefuseError("This write key is unknown or revoked.", status=404, type="write-key-unknown", headers=_OPEN)
    return Response(found, headers={**_OPEN, "Cache-Control": "public, max-age=300"})


async def _settings_of(database: Database, key: str) -> TrackerSettings | None:
    now = time.monotonic()
    until, found = _known.get(key, (0.0, None))
    if until < now:
        found = await settings_of_write_key(database, key)
        _known[key] = (now + REMEMBERED_SECONDS, found)
        if len(_known) > MOST_REMEMBERED:
            _known.popitem(last=False)
    return found


@get(
    "/api/stores/{storeId:str}/tracker",
    guards=[requires("admin")],
    tags=["collect"],
    summary="How a store's tracking script behaves",
    operation_id="getTracker",
)
async def show(
    request: Request[object, object, State],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    write_key: Annotated[
        str | None,
        QueryParameter(name="write_key", description="A write key of the store, to put into the snippet.", max_length=200),
    ] = None,
) -> TrackerShown:
    """`storeId` is the store's id or its shop domain."""
    store = await named_store(database, caller, storeId)
    if write_key is not None and await find_write_key(database, write_key) != store.id:
        raise RefuseError("This write key is not one of the store's.", fields={"write_key": "is not one of the store's"})
    return _shown(request, store, write_key)


@put(
    "/api/stores/{storeId:str}/tracker",
    guards=[requires("admin")],
    tags=["collect"],
    summary="Set how a store's tracking script behaves",
    operation_id="putTracker",
)
async def change(
    request: Request[object, object, State],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[TrackerWanted],
) -> TrackerShown:
    """Scripts follow within five minutes, the check of origins within ten seconds."""
    store = await named_store(database, caller, storeId)
    origins = _origins(data.allowed_origins)
    wanted = TrackerSettings(fingerprint=data.fingerprint, consent=data.consent)
    async with database.transaction() as connection:
        await keep_tracker_settings(connection, store.id, wanted, origins)
        values = (_values(tracker_settings_of(store), store.allowed_origins), _values(wanted, origins))
        await note_settings(connection, caller, store.id, "tracker_settings", values)
    _known.clear()
    return _shown(request, await named_store(database, caller, storeId), None)


def _values(own: TrackerSettings, origins: Sequence[str]) -> dict[str, object]:
    return {**msgspec.structs.asdict(own), "allowed_origins": list(origins)}


def _origins(wanted: list[str]) -> list[str]:
    """The origins as browsers spell them; RefuseError naming each that is none."""
    spelled = [one.strip().lower().rstrip("/") for one in wanted]
    wrong = {
        f"allowed_origins[{place}]": "must be like https://shop.example, without a path"
        for place, one in enumerate(spelled)
        if not _ORIGIN.fullmatch(one)
    }
    if wrong:
        raise RefuseError("An origin is a scheme and a host.", type="invalid-input", fields=wrong)
    return list(dict.fromkeys(spelled))


def _shown(request: Request[object, object, State], store: Store, write_key: str | None) -> TrackerShown:
    own = tracker_settings_of(store)
    host = (request.app.state.settings.public_url or str(request.base_url)).rstrip("/")
    return TrackerShown(
        fingerprint=own.fingerprint,
        consent=own.consent,
        allowed_origins=list(store.allowed_origins),
        snippet=f'<script defer src="{host}/t.js" data-key="{write_key or "YOUR_WRITE_KEY"}"></script>',
    )


HANDLERS = [for_script, show, change]
