"""What a store lets the product write into its shop, and what the shop refused."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from shopwarden.api.auth import Caller, requires
from shopwarden.api.changed import note_settings
from shopwarden.api.named_store import named_store
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.shop_writes import Holds, WriteBack, keep_wanted, recent_failures, wanted_in


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Something the shop would not take; it is told again when it changes."""

    subject: str
    subject_id: UUID
    what: str
    last_error: str
    written_at: datetime


class WriteBackShown(msgspec.Struct, frozen=True, kw_only=True):
    metafields: bool
    assessment: bool
    tags: bool
    hold: Holds
    cancel: bool
    refused: list[Refused]


class WriteBackWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out goes back to its default.

    metafields: risk score, analysis and lifetime value of customers. assessment: the risk card of an order. tags:
    `shopwarden: review`, `shopwarden: decline`, `shopwarden: high risk`. hold: fulfilment of orders to be declined, or of
    those to be reviewed as well, waits. cancel: orders to be declined are cancelled and their money is given back.
    """

    metafields: bool = True
    assessment: bool = True
    tags: bool = True
    hold: Holds = "never"
    cancel: bool = False


@get(
    "/api/stores/{storeId:str}/shopify/write-back",
    guards=[requires("admin")],
    tags=["webhooks"],
    summary="What is written into the shop",
    operation_id="getWriteBack",
)
async def show(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> WriteBackShown:
    """`refused`: the newest 20 things the shop would not take, each with its reason."""
    store = await named_store(database, caller, storeId)
    return await _shown(database, store.id, wanted_in(store.settings))


@put(
    "/api/stores/{storeId:str}/shopify/write-back",
    guards=[requires("admin")],
    tags=["webhooks"],
    summary="Set what is written into the shop",
    operation_id="putWriteBack",
)
async def change(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[WriteBackWanted],
) -> WriteBackShown:
    """Holds from the next verdict on; what is written already stays."""
    store = await named_store(database, caller, storeId)
    wanted = WriteBack(**msgspec.structs.asdict(data))
    async with database.transaction() as connection:
        await keep_wanted(connection, store.id, wanted)
        await note_settings(connection, caller, store.id, "shop_write_back", (wanted_in(store.settings), wanted))
    return await _shown(database, store.id, wanted)


async def _shown(database: Database, store_id: StoreId, wanted: WriteBack) -> WriteBackShown:
    async with database.pool.acquire() as connection:
        failures = await recent_failures(connection, store_id)
    refused = msgspec.convert(failures, list[Refused])
    return WriteBackShown(**msgspec.structs.asdict(wanted), refused=refused)


HANDLERS = [show, change]
