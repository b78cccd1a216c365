"""Channels a store's alerts leave by: made, changed, tried, their log read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.domain.alert import ALERT_KINDS, AlertKind, Severity
from shopwarden.domain.alert_channel import Channel, ChannelKind
from shopwarden.domain.quiet_hours import QuietHours
from shopwarden.domain.sealing import Sealer
from shopwarden.domain.text import clean_text
from shopwarden.errors import RefuseError
from shopwarden.steps import alert_channels as steps
from shopwarden.store.alert_channels import find_channel, list_channels
from shopwarden.store.alert_log import waiting_counts
from shopwarden.store.database import Database

AnyRequest = Request[object, object, State]
ChannelName = Annotated[str, Meta(min_length=1, max_length=120, examples=["Fraud desk"])]
ChannelUrl = Annotated[str, Meta(min_length=3, max_length=2_000, examples=["https://shop.example/hooks/alerts"])]
Kinds = Annotated[list[AlertKind], Meta(max_length=len(ALERT_KINDS))]
Secret = Annotated[str, Meta(max_length=200)]


class NewChannel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url` of a `webhook`: where the signed JSON is posted to; of `apprise`: an address as apprise writes them (`slack://`,
    `mailtos://`, `tgram://` ...). `secret`: of a webhook, `whsec_...`; one is made where it is left out. `kinds` empty: all
    kinds. In hours of `quiet` only what is critical leaves; the rest follows in its order when they end. A channel
    `for_escalation` hears only of critical alerts that nobody acknowledged in time."""

    name: ChannelName
    kind: ChannelKind
    url: ChannelUrl
    secret: Secret | None = None
    least_severity: Severity = "warning"
    kinds: Kinds = []
    quiet: QuietHours | None = None
    for_escalation: bool = False
    enabled: bool = True


class ChannelChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is left out stays. What waits is tried again at once."""

    name: ChannelName | UnsetType = UNSET
    url: ChannelUrl | UnsetType = UNSET
    least_severity: Severity | UnsetType = UNSET
    kinds: Kinds | UnsetType = UNSET
    quiet: QuietHours | UnsetType | None = UNSET
    for_escalation: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class ChannelShown(msgspec.Struct, frozen=True, kw_only=True):
    """`waiting`: messages that have not left yet."""

    channel: Channel
    waiting: int


class ChannelList(msgspec.Struct, frozen=True, kw_only=True):
    channels: list[ChannelShown]


class ChannelMade(msgspec.Struct, frozen=True, kw_only=True):
    """`secret`: what a webhook's messages are signed with. It is never shown again."""

    channel: Channel
    secret: str | None


class SecretWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`secret`: one of your own; one is made where it is left out."""

    secret: Secret | None = None


class SecretMade(msgspec.Struct, frozen=True, kw_only=True):
    """Until `former_until` messages carry two signatures, also that of the secret before."""

    secret: str
    former_until: datetime


class TrialPut(msgspec.Struct, frozen=True, kw_only=True):
    """`message_id` names it in the channel's log of deliveries."""

    message_id: str


def sealer_of(request: AnyRequest) -> Sealer:
    sealer: Sealer = request.app.state.vendor_tools.sealer
    return sealer


def _name(text: str) -> str:
    name = clean_text(text, 120)
    if not name:
        raise RefuseError("name: is empty.", type="invalid-input", fields={"name": "is empty"})
    return name


@get(
    "/api/stores/{storeId:str}/alert-channels",
    guards=[requires("decisions:read")],
    tags=["alerts"],
    summary="Channels alerts leave by",
    operation_id="listAlertChannels",
)
async def list_them(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str]
) -> ChannelList:
    """`storeId` is the store's id or its shop domain. Addresses are shown without what is secret in them."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        waiting = await waiting_counts(connection, store_id)
        channels = await list_channels(connection, store_id)
    return ChannelList(channels=[ChannelShown(channel=each, waiting=waiting.get(each.id, 0)) for each in channels])


@post(
    "/api/stores/{storeId:str}/alert-channels",
    guards=[requires("policy:write")],
    opt={"refuses": ("409",)},
    tags=["alerts"],
    summary="Make a channel",
    operation_id="createAlertChannel",
)
async def create(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    data: JSONBody[NewChannel],
) -> ChannelMade:
    """RefuseError 409 where the installation has no key to encrypt addresses with, or the store has too many channels."""
    store_id = (await named_store(database, caller, storeId)).id
    same = {name: getattr(data, name) for name in steps.Wanted.__struct_fields__}
    wanted = steps.Wanted(**same | {"name": _name(data.name), "kinds": tuple(dict.fromkeys(data.kinds))})
    async with database.transaction() as connection:
        channel, secret = await steps.create(connection, sealer_of(request), store_id, wanted, caller.actor)
    return ChannelMade(channel=channel, secret=secret)


@get(
    "/api/stores/{storeId:str}/alert-channels/{channel_id:uuid}",
    guards=[requires("decisions:read")],
    tags=["alerts"],
    summary="One channel and how it fares",
    operation_id="getAlertChannel",
)
async def show(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], channel_id: FromPath[UUID]
) -> ChannelShown:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.pool.acquire() as connection:
        found = await find_channel(connection, store_id, channel_id)
        if found is None:
            raise steps.no_such_channel()
        return ChannelShown(channel=found[0], waiting=(await waiting_counts(connection, store_id)).get(channel_id, 0))


@patch(
    "/api/stores/{storeId:str}/alert-channels/{channel_id:uuid}",
    guards=[requires("policy:write")],
    opt={"refuses": ("409",)},
    tags=["alerts"],
    summary="Change a channel",
    operation_id="changeAlertChannel",
)
async def change(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    channel_id: FromPath[UUID],
    data: JSONBody[ChannelChange],
) -> Channel:
    store_id = (await named_store(database, caller, storeId)).id
    values = {name: value for name in ChannelChange.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
    if isinstance(data.name, str):
        values["name"] = _name(data.name)
    async with database.transaction() as connection:
        return await steps.change(connection, sealer_of(request), (store_id, channel_id), values, caller.actor)


@delete(
    "/api/stores/{storeId:str}/alert-channels/{channel_id:uuid}",
    guards=[requires("policy:write")],
    status_code=204,
    tags=["alerts"],
    summary="Remove a channel with its log and all that waits for it",
    operation_id="deleteAlertChannel",
)
async def remove(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], channel_id: FromPath[UUID]
) -> None:
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        await steps.remove(connection, store_id, channel_id, caller.actor)


@post(
    "/api/stores/{storeId:str}/alert-channels/{channel_id:uuid}/secret",
    guards=[requires("policy:write")],
    status_code=200,
    opt={"refuses": ("409",)},
    tags=["alerts"],
    summary="Give a webhook a new secret",
    operation_id="rotateAlertChannelSecret",
)
async def rotate(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    channel_id: FromPath[UUID],
    data: JSONBody[SecretWanted],
) -> SecretMade:
    """The one before signs beside it for another day, so that nobody misses a message while both sides change."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        secret, until = await steps.rotate(connection, sealer_of(request), (store_id, channel_id), data.secret, caller.actor)
    return SecretMade(secret=secret, former_until=until)


@post(
    "/api/stores/{storeId:str}/alert-channels/{channel_id:uuid}/test",
    guards=[requires("policy:write")],
    status_code=202,
    tags=["alerts"],
    summary="Send a test message",
    operation_id="testAlertChannel",
)
async def try_out(
    caller: NamedDependency[Caller], database: NamedDependency[Database], storeId: FromPath[str], channel_id: FromPath[UUID]
) -> TrialPut:
    """The channel's deliveries tell what became of it. It leaves after what waits already."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        return TrialPut(message_id=await steps.put_trial(connection, store_id, channel_id))


HANDLERS = [list_them, create, show, change, remove, rotate, try_out]
