"""A store's Klaviyo: how far reading it has come, what is wanted of it, and what a customer agreed to and reacted on."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Request, Response, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from shopwarden.api.auth import Caller, requires
from shopwarden.api.changed import note_settings
from shopwarden.api.customers import no_such_customer
from shopwarden.api.named_store import named_store
from shopwarden.domain.engagement import Engagement, click_rate, open_rate
from shopwarden.domain.ids import CustomerId
from shopwarden.errors import RefuseError
from shopwarden.steps.accounts import connected
from shopwarden.steps.klaviyo_jobs import put_due, regular_work
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.customer_reads import customer_exists
from shopwarden.store.database import Database
from shopwarden.store.klaviyo import SOURCE, ConsentRow, consents_of, engagement_of_customers, list_audiences
from shopwarden.store.klaviyo_settings import KlaviyoSettings, keep_klaviyo_settings, klaviyo_settings
from shopwarden.store.stores import Store
from shopwarden.store.sync_cursors import Cursor, list_cursors

AnyRequest = Request[object, object, State]


class StreamShown(msgspec.Struct, frozen=True, kw_only=True):
    """`read` counts things since the beginning, repeated ones too. `under_way`: a reading has begun and not ended."""

    stream: str
    read: int
    newest: datetime | None
    under_way: bool
    finished_at: datetime | None
    last_error: str | None


class KlaviyoShown(msgspec.Struct, frozen=True, kw_only=True):
    connected: bool
    made_up: bool
    push: bool
    forget: bool
    webhooks: str
    streams: list[StreamShown]


class KlaviyoWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out goes back to its default. `push`: risk and predictions are written into Klaviyo's profiles, named
    `shopwarden_...`. `forget`: who is to be forgotten here is deleted at Klaviyo too."""

    push: bool = False
    forget: bool = False


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What was put to be done; the store's `klaviyo` shows how far it is."""

    work: list[str]


class EngagementShown(msgspec.Struct, frozen=True, kw_only=True):
    """Rates are opens by people, and clicks, for each message received (0..1); null where none was received."""

    channel: str
    open_rate: float | None
    click_rate: float | None
    counts: Engagement


class EngagementAnswer(msgspec.Struct, frozen=True, kw_only=True):
    consents: list[ConsentRow]
    engagement: list[EngagementShown]


class AudienceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    audiences: list[dict[str, object]]


@get(
    "/api/stores/{storeId:str}/klaviyo",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="How far reading Klaviyo has come",
    operation_id="getKlaviyo",
)
async def show(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> KlaviyoShown:
    """`storeId` is the store's id or its shop domain."""
    return await _shown(request, database, await named_store(database, caller, storeId))


async def _shown(request: AnyRequest, database: Database, store: Store) -> KlaviyoShown:
    tools: VendorTools = request.app.state.vendor_tools
    async with database.pool.acquire() as connection:
        account = (await connected(tools, connection, store.id)).get("klaviyo")
        cursors = {cursor.stream: cursor for cursor in await list_cursors(connection, store.id, SOURCE)}
    webhooks = cursors.pop("webhooks", Cursor(stream="webhooks"))
    wanted = klaviyo_settings(store)
    return KlaviyoShown(
        connected=account is not None,
        made_up=account is not None and account.account.made_up,
        push=wanted.push,
        forget=wanted.forget,
        webhooks=str(webhooks.last_error or webhooks.detail.get("told") or "not looked into yet"),
        streams=[_stream(cursor) for cursor in cursors.values()],
    )


def _stream(cursor: Cursor) -> StreamShown:
    return StreamShown(
        stream=cursor.stream,
        read=cursor.read,
        newest=datetime.fromisoformat(cursor.cursor) if cursor.cursor else None,
        under_way=bool(cursor.detail),
        finished_at=cursor.finished_at,
        last_error=cursor.last_error,
    )


@put(
    "/api/stores/{storeId:str}/klaviyo",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="Set what is wanted of Klaviyo",
    operation_id="putKlaviyo",
)
async def change(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[KlaviyoWanted],
) -> KlaviyoShown:
    store = await named_store(database, caller, storeId)
    wanted = KlaviyoSettings(push=data.push, forget=data.forget)
    async with database.transaction() as connection:
        await keep_klaviyo_settings(connection, store.id, wanted)
        await note_settings(connection, caller, store.id, "klaviyo_settings", (klaviyo_settings(store), wanted))
    return await _shown(request, database, await named_store(database, caller, storeId))


@post(
    "/api/stores/{storeId:str}/klaviyo/sync",
    guards=[requires("admin")],
    tags=["vendors"],
    summary="Read Klaviyo now",
    operation_id="syncKlaviyo",
    opt={"refuses": ("409",)},
    status_code=202,
)
async def sync(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> Response[Begun]:
    """What happens every five minutes anyway, at once. RefuseError 409 where Klaviyo is not connected."""
    store = await named_store(database, caller, storeId)
    tools: VendorTools = request.app.state.vendor_tools
    async with database.transaction() as connection:
        if "klaviyo" not in await connected(tools, connection, store.id):
            raise RefuseError("Klaviyo is not connected: set its private key first.", status=409, type="not-connected")
        work = regular_work(klaviyo_settings(store).push)
        await put_due(connection, store.id, work)
    names = [str(each.get("stream") or each["klaviyo"]) for each in work]
    return Response(Begun(work=names), status_code=202, headers={"Location": f"/api/stores/{store.id}/klaviyo"})


@get(
    "/api/stores/{storeId:str}/audiences",
    guards=[requires("customers:read")],
    tags=["vendors"],
    summary="Lists, segments and metrics of Klaviyo",
    operation_id="listAudiences",
)
async def audiences(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> AudienceAnswer:
    store = await named_store(database, caller, storeId)
    async with database.pool.acquire() as connection:
        return AudienceAnswer(audiences=await list_audiences(connection, store.id))


@get(
    "/api/customers/{customer_id:uuid}/engagement",
    guards=[requires("customers:read")],
    tags=["customers"],
    summary="What a customer agreed to, and how they deal with messages",
    operation_id="getEngagement",
)
async def engagement(
    caller: NamedDependency[Caller], database: NamedDependency[Database], customer_id: FromPath[CustomerId]
) -> EngagementAnswer:
    """By channel: email, sms, push. Opens by mail programs that open everything are counted apart."""
    store_id = caller.one_store()
    if not await customer_exists(database, store_id, customer_id):
        raise no_such_customer()
    async with database.pool.acquire() as connection:
        consents = await consents_of(connection, store_id, customer_id)
        found = (await engagement_of_customers(connection, store_id, [customer_id])).get(customer_id, {})
    shown = [
        EngagementShown(channel=channel, open_rate=open_rate(counts), click_rate=click_rate(counts), counts=counts)
        for channel, counts in sorted(found.items())
    ]
    return EngagementAnswer(consents=consents, engagement=shown)


HANDLERS = [show, change, sync, audiences, engagement]
