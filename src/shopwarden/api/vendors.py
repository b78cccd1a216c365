"""A store's accounts with vendors: listed, set, tested and forgotten."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from litestar import Request, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.vendor_shown import Shelf, VendorShown
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError
from shopwarden.steps.account_changes import Change, change_account, vendor_named
from shopwarden.steps.accounts import connected
from shopwarden.steps.prove_account import Proved, prove_account
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store import audit
from shopwarden.store.database import Connection, Database
from shopwarden.store.vendor_accounts import Policy, read_accounts, remove_account
from shopwarden.store.vendor_usage import read_spent
from shopwarden.vendors import find_vendors

AnyRequest = Request[object, object, State]


class VendorList(msgspec.Struct, frozen=True, kw_only=True):
    """`made_up`: this server asks its sandbox in place of all vendors."""

    vendors: list[VendorShown]
    made_up: bool


class VendorWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is; a value of null is forgotten, a budget of null has no limit.

    policy: `always` asks whenever an answer is missing, `worthwhile` only where it can change the advice and is worth its
    price, `by_hand` only when a person asks. Money in US dollars.
    """

    values: Annotated[dict[str, str | None], Meta(max_length=50, examples=[{"api_key": "..."}])] = {}
    is_on: bool | UnsetType = UNSET
    policy: Policy | UnsetType = UNSET
    prices: dict[str, Decimal] | UnsetType = UNSET
    daily_budget: Decimal | UnsetType | None = UNSET
    monthly_budget: Decimal | UnsetType | None = UNSET


def tools_of(request: AnyRequest) -> VendorTools:
    tools: VendorTools = request.app.state.vendor_tools
    return tools


async def _shelf(tools: VendorTools, connection: Connection, store_id: StoreId) -> Shelf:
    kept = await read_accounts(connection, store_id)
    spent = await read_spent(connection, store_id, datetime.now(UTC).date())
    return Shelf(tools, store_id, kept, spent)


@get(
    "/api/stores/{storeId:str}/vendors",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="All vendors and the store's accounts with them",
    operation_id="listVendors",
)
async def show_all(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> VendorList:
    """`storeId` is the store's id or its shop domain. Secrets are never shown."""
    store_id = (await named_store(database, caller, storeId)).id
    tools = tools_of(request)
    async with database.pool.acquire() as connection:
        shelf = await _shelf(tools, connection, store_id)
    return VendorList(vendors=[shelf.show(each) for each in find_vendors().values()], made_up=bool(tools.sandbox_url))


@get(
    "/api/stores/{storeId:str}/vendors/{vendor:str}",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="One vendor and the store's account with it",
    operation_id="getVendor",
)
async def show(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    vendor: FromPath[str],
) -> VendorShown:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        return (await _shelf(tools_of(request), connection, store_id)).show(vendor_named(vendor))


@put(
    "/api/stores/{storeId:str}/vendors/{vendor:str}",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="Set a store's account with a vendor",
    operation_id="putVendor",
    opt={"refuses": ("409",)},
)
async def change(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    vendor: FromPath[str],
    data: JSONBody[VendorWanted],
) -> VendorShown:
    """Values are encrypted before they are kept and never shown again; a changed account begins with a closed breaker."""
    store_id = (await named_store(database, caller, storeId)).id
    tools, known = tools_of(request), vendor_named(vendor)
    wanted = Change(**{name: getattr(data, name) for name in data.__struct_fields__})
    async with database.transaction() as connection:
        await change_account(tools, connection, store_id, known, wanted, caller.actor)
        return (await _shelf(tools, connection, store_id)).show(known)


@delete(
    "/api/stores/{storeId:str}/vendors/{vendor:str}",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="Forget a store's account with a vendor",
    operation_id="deleteVendor",
)
async def forget(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], vendor: FromPath[str]
) -> None:
    """Its values are gone at once. What the vendor has answered stays with the store."""
    store_id = (await named_store(database, caller, storeId)).id
    known = vendor_named(vendor)
    async with database.transaction() as connection:
        if not await remove_account(connection, store_id, known.name):
            raise RefuseError(f"The store has no account of its own with {known.title}.", status=404, type="not-found")
        gone = audit.Change(actor=caller.actor, action="vendor.forgotten", subject="vendor", subject_id=known.name)
        await audit.note(connection, store_id, gone)


@post(
    "/api/stores/{storeId:str}/vendors/{vendor:str}/test",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="Test the connection to a vendor",
    operation_id="testVendor",
    opt={"refuses": ("409",)},
    status_code=200,
)
async def test(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    vendor: FromPath[str],
) -> Proved:
    """Asks the vendor something that costs nothing, and says in words what came of it. `ok` null: it can't be tested so."""
    store_id = (await named_store(database, caller, storeId)).id
    tools, known = tools_of(request), vendor_named(vendor)
    async with database.pool.acquire() as connection:
        account = (await connected(tools, connection, store_id)).get(known.name)
    if account is None:
        raise RefuseError(
            f"{known.title} is not connected: set its values first, and switch it on.", status=409, type="not-connected"
        )
    return await prove_account(tools, store_id, account)


HANDLERS = [show_all, show, change, forget, test]
