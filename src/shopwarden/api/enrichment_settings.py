"""What a store wants of vendors: the sensitive groups it keeps of a person, and how long an order check waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.changed import note_settings
from shopwarden.api.named_store import named_store
from shopwarden.domain.answers import SENSITIVE
from shopwarden.steps.vendor_columns import wanted_fields
from shopwarden.steps.vendor_view import CHECK_MILLISECONDS, check_seconds
from shopwarden.store.database import Database
from shopwarden.store.enrichment_settings import EnrichmentSettings, keep_enrichment_settings

PersonField = Literal[
    "income_range", "education_level", "marital_status", "has_children", "home_owner", "affluence", "interests"
]


class EnrichmentShown(msgspec.Struct, frozen=True, kw_only=True):
    """`person_fields_there_are`: what may be asked for."""

    person_fields: tuple[str, ...]
    person_fields_there_are: tuple[str, ...]
    check_deadline_ms: int


class EnrichmentWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out goes back to its default.

    person_fields: sensitive groups kept of what vendors say about a person; the others are dropped unread.
    check_deadline_ms: so many milliseconds an order check waits for vendors; what comes later serves the next one.
    """

    person_fields: Annotated[list[PersonField], Meta(max_length=50)] = []
    check_deadline_ms: Annotated[int, Meta(ge=50, le=5000)] = CHECK_MILLISECONDS


@get(
    "/api/stores/{storeId:str}/enrichment",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="What a store wants of vendors",
    operation_id="getEnrichment",
)
async def show(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> EnrichmentShown:
    """`storeId` is the store's id or its shop domain."""
    store = await named_store(database, caller, storeId)
    return _shown(store.settings)


@put(
    "/api/stores/{storeId:str}/enrichment",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="Set what a store wants of vendors",
    operation_id="putEnrichment",
)
async def change(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[EnrichmentWanted],
) -> EnrichmentShown:
    """Holds from the next enrichment and order check on; what is kept of a person already stays."""
    store = await named_store(database, caller, storeId)
    wanted = EnrichmentSettings(
        person_fields=tuple(each for each in SENSITIVE if each in data.person_fields),
        check_deadline_ms=data.check_deadline_ms,
    )
    before = {"person_fields": wanted_fields(store.settings), "check_deadline_ms": _milliseconds(store.settings)}
    async with database.transaction() as connection:
        await keep_enrichment_settings(connection, store.id, wanted)
        await note_settings(connection, caller, store.id, "enrichment_settings", (before, wanted))
    return _shown(msgspec.to_builtins(wanted))


def _shown(settings: Mapping[str, object]) -> EnrichmentShown:
    asked_for = wanted_fields(settings)
    return EnrichmentShown(
        person_fields=tuple(each for each in SENSITIVE if each in asked_for),
        person_fields_there_are=SENSITIVE,
        check_deadline_ms=_milliseconds(settings),
    )


def _milliseconds(settings: Mapping[str, object]) -> int:
    return round(check_seconds(settings) * 1000)


HANDLERS = [show, change]
