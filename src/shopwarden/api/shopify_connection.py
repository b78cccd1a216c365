"""A store's connection to its Shopify shop: how it stands, put right, ended."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import Request, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.shopify_requests import address_here, tools_of
from shopwarden.contracts.job import CUSTOMER_ENRICHMENT
from shopwarden.contracts.vendor import VendorFault
from shopwarden.errors import RefuseError, RetryError
from shopwarden.steps.shop_by_hand import connect_by_hand
from shopwarden.steps.shop_status import ShopConnection, connection_of
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Database
from shopwarden.store.outbox import Job, put_many
from shopwarden.store.shop_tokens import forget_tokens, read_shop
from shopwarden.vendors.shopify_app import shop_name

_TOKEN = re.compile(r"[\x21-\x7e]+")


class ByHand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`access_token` left out: the app asks for one by its own credentials, in a shop of its maker's organisation."""

    shop_domain: Annotated[str, Meta(max_length=100, examples=["your-shop.myshopify.com"])]
    access_token: Annotated[str, Meta(min_length=1, max_length=255)] | None = None


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


@put(
    "/api/stores/{storeId:str}/shopify",
    guards=[requires("admin")],
    status_code=200,
    tags=["webhooks"],
    summary="Connect a shop without installing the app",
    operation_id="connectShopify",
    opt={"refuses": ("409",)},
)
async def connect(
    request: Request[object, object, State],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[ByHand],
) -> ShopConnection:
    """By the token of an app made in the shop's admin, or by this app's credentials. The shop is asked who it is first."""
    store = await named_store(database, caller, storeId)
    tools = tools_of(request.app.state)
    shop = shop_name(data.shop_domain)
    if shop is None:
        raise RefuseError("This is no shop.", fields={"shop_domain": "must be like your-shop.myshopify.com"})
    if data.access_token is not None and not _TOKEN.fullmatch(data.access_token):
        raise RefuseError("This is no token.", fields={"access_token": "must be printable, without spaces"})
    try:
        await connect_by_hand(tools, store.id, shop, data.access_token, address_here(request, tools), caller.actor)
    except VendorFault as fault:
        raise RetryError(str(fault), fault.after) from None
    return await connection_of(tools, store.id)


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
        # Once a minute: an earlier one may have died and still be there.
        event = f"repair:{datetime.now(UTC):%Y-%m-%dT%H:%M}"
        await put_many(connection, CUSTOMER_ENRICHMENT, [Job(store.id, "shop", event, {"shop": "repair"})])
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
        await note(connection, store.id, Change(actor=caller.actor, action="shop.forgotten", subject="shop"))


HANDLERS = [show, connect, repair, forget]
