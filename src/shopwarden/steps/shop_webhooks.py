"""Keeps a shop's webhooks as they should be: listed, compared, made, turned to the right address; daily and on demand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
import structlog

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, Payload
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.sources import find_sources
from shopwarden.steps.shop_client import ShopClient
from shopwarden.steps.shop_connection import ShopTools, move_to_expiring, open_held, shop_client
from shopwarden.steps.shop_pixel import keep_pixel
from shopwarden.store.database import Connection
from shopwarden.store.outbox import Job, put_many
from shopwarden.store.shop_subscriptions import SubscriptionRow, keep_subscriptions
from shopwarden.store.shop_tokens import connected_stores, note_error, note_shop, read_shop
from shopwarden.vendors.shopify_graphql import done
from shopwarden.vendors.shopify_webhooks import (
    CREATE,
    DELETE,
    LIST,
    PRIVACY_TOPICS,
    UPDATE,
    Plan,
    Subscription,
    graphql_topic,
    plan,
    wanted_topics,
)

DAY = 86_400.0
PATH = "/webhooks/shopify"
BY_HAND = "no API makes it: set it among the app's compliance webhooks, to the same address"
_SCOPES = "query Scopes { currentAppInstallation { accessScopes { handle } } }"

log = structlog.get_logger(__name__)
_T = TypeVar("_T")


class _Page(msgspec.Struct, frozen=True):
    nodes: list[Subscription]
    pageInfo: dict[str, object]


class _Scope(msgspec.Struct, frozen=True):
    handle: str


class _Installation(msgspec.Struct, frozen=True):
    accessScopes: list[_Scope]


async def repair(tools: ShopTools, connection: Connection, store_id: StoreId, payload: Payload) -> None:
    """Webhooks, pixel and granted scopes of one shop, as they are now and, where they were not, as they should be.

    What the shop refuses is kept with its reason and asked again only with the next round, and so is a shop that is frozen
    or locked. StopError: the shop is not connected. VendorFault: it could not be asked now.
    """
    await move_to_expiring(tools, store_id)
    row = await read_shop(connection, store_id)
    address = tools.shop_app.public_url or (open_held(tools.sealer, row).address if row else "")
    try:
        async with shop_client(tools, store_id) as shop:
            scopes = await granted_scopes(shop)
            rows = await subscriptions(shop, address)
            rows.append(await keep_pixel(tools, shop, store_id, address, scopes))
    except VendorFault as fault:
        if fault.kind != "auth":
            raise
        await note_error(connection, store_id, str(fault))
        log.warning("shop can't be looked after", store_id=str(store_id), reason=str(fault))
        return
    await keep_subscriptions(connection, store_id, rows)
    await note_shop(connection, store_id, scopes=scopes)
    refused = [row.topic for row in rows if row.state == "refused"]
    await note_error(connection, store_id, f"refused by the shop: {', '.join(refused)}" if refused else None)
    log.info("webhooks of a shop compared", store_id=str(store_id), there=len(rows) - len(refused), refused=refused)


async def granted_scopes(shop: ShopClient) -> tuple[str, ...]:
    """The rights the shop says the app has now."""
    data = await shop.run(_SCOPES)
    found = _read(data.get("currentAppInstallation"), _Installation)
    return tuple(scope.handle for scope in found.accessScopes)


async def subscriptions(shop: ShopClient, address: str) -> list[SubscriptionRow]:
    """Brings the shop's subscriptions in line; a row for each topic, those by hand too."""
    wanted = wanted_topics(find_sources()["shopify"].topics)
    by_hand = [SubscriptionRow(topic=topic, state="by_hand", last_error=BY_HAND) for topic in PRIVACY_TOPICS]
    if not address.startswith("https://") and not shop.app.sandbox_url:
        why = f"this installation is reached at {address or 'no address known'}: webhooks go to https:// only"
        return [SubscriptionRow(topic=topic, state="refused", last_error=why) for topic in wanted] + by_hand
    uri = address.rstrip("/") + PATH
    planned = plan(wanted, await _listed(shop), uri)
    rows = [SubscriptionRow(topic=topic, state="there", external_id=one) for topic, one in planned.there.items()]
    return rows + await _carried_out(shop, planned, uri) + by_hand


async def _listed(shop: ShopClient) -> list[Subscription]:
    found: list[Subscription] = []
    after: object = None
    while True:
        data = await shop.run(LIST, {"after": after})
        page = _read(data.get("webhookSubscriptions"), _Page)
        found += page.nodes
        after = page.pageInfo.get("endCursor")
        if not page.pageInfo.get("hasNextPage") or not after:
            return found


async def _carried_out(shop: ShopClient, planned: Plan, uri: str) -> list[SubscriptionRow]:
    rows = []
    for topic in planned.create:
        asked = {"topic": graphql_topic(topic), "uri": uri}
        rows.append(await _made(shop, topic, CREATE, "webhookSubscriptionCreate", asked))
    for topic, one in planned.update.items():
        rows.append(await _made(shop, topic, UPDATE, "webhookSubscriptionUpdate", {"id": one, "uri": uri}))
    for one in planned.delete:
        try:
            await shop.run(DELETE, {"id": one}, repeatable=True)
        except VendorFault as fault:
            if fault.kind not in ("auth", "invalid_input"):
                raise
    return rows


async def _made(shop: ShopClient, topic: str, mutation: str, field: str, asked: Mapping[str, object]) -> SubscriptionRow:
    try:
        part = done(await shop.run(mutation, asked), field)
    except VendorFault as fault:
        if fault.kind not in ("auth", "invalid_input"):
            raise
        return SubscriptionRow(topic=topic, state="refused", last_error=str(fault))
    return SubscriptionRow(topic=topic, state="there", external_id=_read(part.get("webhookSubscription"), _Made).id)


class _Made(msgspec.Struct, frozen=True):
    id: str


def _read(part: object, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(part, kind)
    except msgspec.ValidationError:
        raise VendorFault("contract_changed", "Shopify's answer about the app is not what it was") from None


async def plan_repairs(tools: ShopTools) -> int:
    """A job for every connected shop; how many."""
    stores = await connected_stores(tools.database)
    # A name of its own each day: yesterday's may have died and still be there.
    event = f"repair:{datetime.now(UTC):%Y-%m-%d}"
    async with tools.database.transaction() as connection:
        jobs = [Job(store_id, "shop", event, {"shop": "repair"}) for store_id in stores]
        await put_many(connection, CUSTOMER_ENRICHMENT, jobs)
    return len(stores)


JOBS = {"repair": repair}
PLANNED = (("webhooks of shops", DAY, plan_repairs),)
