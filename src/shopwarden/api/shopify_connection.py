"""A store's connection to its Shopify shop: how it stands, put right, ended."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from litestar import delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.shopify_app import tools_of
from shopwarden.contracts.job import CUSTOMER_ENRICHMENT
from shopwarden.errors import RefuseError
from shopwarden.steps.shop_status import ShopConnection, connection_of
from shopwarden.store.database import Database
from shopwarden.store.outbox import put
from shopwarden.store.shop_tokens import forget_tokens, read_shop


class Queued(msgspec.Struct, frozen=True):
    """`queued` names what a job will do soon."""

    queued: str


@get(
    "/api/stores/{storeId:str}/shopify",
    guards=[requires("admin")],
    tags=["webhooks"],
    summary="How the connection to the Shopify shop stands",
    operation_id="getShopifyConnection",
)
async def show(
    state: State, caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> ShopConnection:
    """`storeId` is the store's id or its shop domain. Webhooks and rights are as the last daily round found them."""
    store = await named_store(database, caller, storeId)
    return await connection_of(tools_of(state), store.id)


@post(
    "/api/stores/{storeId:str}/shopify/repair",
    guards=[requires("admin")],
    status_code=202,
    tags=["webhooks"],
    summary="Put the shop's webhooks right now",
    operation_id="repairShopify",
    opt={"refuses": ("409",)},
)
async def repair(
    state: State, caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> Queued:
    """What the daily round does, at once: webhooks that are missing are made, the pixel is switched on, rights are read."""
    store = await named_store(database, caller, storeId)
    tools_of(state)
    row = await read_shop(database.pool, store.id)
    if row is None or row.state != "active":
        raise RefuseError("No shop is connected, or it has to be connected again first.", status=409, type="not-connected")
    async with database.transaction() as connection:
        await put(connection, store.id, CUSTOMER_ENRICHMENT, "shop", "repair", {"shop": "repair"})
    return Queued("repair")


@delete(
    "/api/stores/{storeId:str}/shopify",
    guards=[requires("admin")],
    tags=["webhooks"],
    summary="Forget the shop's tokens",
    operation_id="forgetShopify",
)
async def forget(caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]) -> None:
    """The shop is not asked any more; what is known of it stays. The app itself is taken out in the shop's admin."""
    store = await named_store(database, caller, storeId)
    async with database.transaction() as connection:
        await forget_tokens(connection, store.id, datetime.now(UTC))


HANDLERS = [show, repair, forget]
