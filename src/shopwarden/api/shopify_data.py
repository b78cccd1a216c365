"""What was read of a store's Shopify shop, what comparisons with it found, and both at once by hand."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError
from shopwarden.steps.shop_reconcile import put_reconcile
from shopwarden.steps.shop_sync import begin
from shopwarden.store.database import Connection, Database
from shopwarden.store.shop_checks import Check, recent_checks
from shopwarden.store.shop_syncs import State, latest_syncs
from shopwarden.store.shop_tokens import read_shop

DAYS = 30


class SyncShown(msgspec.Struct, frozen=True, kw_only=True):
    """`read` of `total` records are taken over; `collected` is how many objects the shop has gathered for it so far."""

    kind: str
    state: State
    task_id: UUID | None
    collected: int | None
    read: int
    total: int | None
    last_error: str | None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class ShopData(msgspec.Struct, frozen=True, kw_only=True):
    """The newest reading of customers and of orders, and the comparisons of the last 30 days, newest first."""

    syncs: list[SyncShown]
    checks: list[Check]


class ReadingBegun(msgspec.Struct, frozen=True):
    task_id: UUID


class Comparing(msgspec.Struct, frozen=True):
    """`queued` names what a job will do soon."""

    queued: str = "reconcile"


@get(
    "/api/stores/{storeId:str}/shopify/sync",
    guards=[requires("admin")],
    tags=["webhooks"],
    summary="What was read of the Shopify shop, and what was found lost",
    operation_id="getShopifySync",
)
async def show(caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]) -> ShopData:
    """A check's `theirs` and `ours` are counts before anything was fetched, `found` is what was fetched that day. Kinds:
    `customers` and `orders` compare all there are, `customers_changed` and `orders_changed` what was changed lately."""
    store = await named_store(database, caller, storeId)
    async with database.pool.acquire() as connection:
        syncs = await latest_syncs(connection, store.id)
        checks = await recent_checks(connection, store.id, DAYS)
    shown = [
        SyncShown(
            kind=one.kind, state=one.state, task_id=one.task_id, collected=one.objects, read=one.lines,
            total=one.total_lines, last_error=one.last_error, created_at=one.created_at, updated_at=one.updated_at,
            finished_at=one.finished_at,
        )
        for one in syncs
    ]  # fmt: skip
    return ShopData(syncs=shown, checks=checks)


@post(
    "/api/stores/{storeId:str}/shopify/sync",
    status_code=202,
    guards=[requires("admin")],
    tags=["webhooks"],
    summary="Read the whole Shopify shop",
    operation_id="readShopify",
    opt={"refuses": ("409",)},
)
async def read(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> Response[ReadingBegun]:
    """All customers and orders, as after an installation. The task in `Location` tells the progress; while a shop is being
    read the same task is answered. RefuseError 409: no shop is connected."""
    store = await named_store(database, caller, storeId)
    async with database.pool.acquire() as connection:
        await _must_be_connected(connection, store.id)
    task_id = await begin(database, store.id)
    return Response(ReadingBegun(task_id), status_code=202, headers={"Location": f"/api/tasks/{task_id}"})


@post(
    "/api/stores/{storeId:str}/shopify/reconcile",
    status_code=202,
    guards=[requires("admin")],
    tags=["webhooks"],
    summary="Look for lost webhooks now",
    operation_id="reconcileShopify",
    opt={"refuses": ("409",)},
)
async def compare(caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]) -> Comparing:
    """What happens once a day anyway. What it found is told by the sync endpoint. RefuseError 409: no shop is connected."""
    store = await named_store(database, caller, storeId)
    async with database.transaction() as connection:
        await _must_be_connected(connection, store.id)
        await put_reconcile(connection, store.id)
    return Comparing()


async def _must_be_connected(connection: Connection, store_id: StoreId) -> None:
    row = await read_shop(connection, store_id)
    if row is None or row.state == "uninstalled":
        raise RefuseError("No Shopify shop is connected to this store.", status=409, type="not-connected")


HANDLERS = [show, read, compare]
