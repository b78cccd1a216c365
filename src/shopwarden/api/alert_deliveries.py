"""The log of a channel's deliveries, and messages sent once more by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from shopwarden.api.auth import Caller, requires
from shopwarden.api.named_store import named_store
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.errors import RefuseError
from shopwarden.steps.alert_channels import no_such_channel
from shopwarden.store.alert_channels import find_channel
from shopwarden.store.alert_log import Delivery, deliveries_of_channel, send_again
from shopwarden.store.alert_messages import ring
from shopwarden.store.database import Database

LARGEST_ID = 2**63 - 1


class DeliveryQuery(msgspec.Struct, frozen=True, kw_only=True):
    before: Annotated[int | None, Meta(description="`next_before` of the answer before.")] = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class DeliveryList(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first; `next_before` is null at the end."""

    deliveries: list[Delivery]
    next_before: int | None


@get(
    "/api/stores/{storeId:str}/alert-channels/{channel_id:uuid}/deliveries",
    guards=[requires("decisions:read")],
    dependencies={"asked": query_of(DeliveryQuery)},
    opt={QUERY_OPTION: DeliveryQuery},
    tags=["alerts"],
    summary="What was sent to a channel",
    operation_id="listAlertDeliveries",
)
async def list_them(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    channel_id: FromPath[UUID],
    asked: NamedDependency[DeliveryQuery],
) -> DeliveryList:
    """`storeId` is the store's id or its shop domain."""
    store_id = (await named_store(database, caller, storeId)).id
    before = None if asked.before is None else max(0, min(asked.before, LARGEST_ID))
    async with database.pool.acquire() as connection:
        if await find_channel(connection, store_id, channel_id) is None:
            raise no_such_channel()
        rows = await deliveries_of_channel(connection, store_id, channel_id, before, asked.limit + 1)
    more, rows = len(rows) > asked.limit, rows[: asked.limit]
    return DeliveryList(deliveries=rows, next_before=rows[-1].id if more else None)


@post(
    "/api/stores/{storeId:str}/alert-channels/{channel_id:uuid}/deliveries/{delivery_id:int}/again",
    guards=[requires("policy:write")],
    status_code=202,
    tags=["alerts"],
    summary="Send a message once more",
    operation_id="repeatAlertDelivery",
)
async def again(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    storeId: FromPath[str],
    channel_id: FromPath[UUID],
    delivery_id: FromPath[int],
) -> Delivery:
    """With the id it had: a webhook that took it already may leave it out."""
    store_id = (await named_store(database, caller, storeId)).id
    async with database.transaction() as connection:
        known = 0 <= delivery_id <= LARGEST_ID
        now = datetime.now(UTC)
        delivery = await send_again(connection, store_id, channel_id, delivery_id, now) if known else None
        if delivery is None:
            raise RefuseError("There is no such delivery of this channel.", status=404, type="not-found")
        await ring(connection, store_id)
    return delivery


HANDLERS = [list_them, again]
