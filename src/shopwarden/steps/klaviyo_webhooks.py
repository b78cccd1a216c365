"""Makes Klaviyo's webhooks where the account may have them; where it may not, polling alone does the work."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.steps.accounts import Connected
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.klaviyo import SOURCE
from shopwarden.store.sync_cursors import Cursor, save_cursor
from shopwarden.vendors import klaviyo_api as api
from shopwarden.vendors.klaviyo_people import DEEDS

STREAM = "webhooks"
SHORTEST_SECRET = 16

log = structlog.get_logger(__name__)


async def settle_webhooks(tools: VendorTools, store_id: StoreId, account: Connected) -> str:
    """What there is now, in words; kept beside the cursors, where the store's status shows it."""
    try:
        told = await _settle(tools, store_id, account)
    except VendorFault as fault:
        if fault.kind != "auth":
            raise
        told = "this account has no webhooks (the plan or the key's rights do not include them); it is polled"
    async with tools.database.pool.acquire() as connection:
        await save_cursor(connection, store_id, SOURCE, Cursor(stream=STREAM, detail={"told": told}))
    return told


async def _settle(tools: VendorTools, store_id: StoreId, account: Connected) -> str:
    secret, public = account.account.value("webhook_secret"), tools.public_url
    if len(secret) < SHORTEST_SECRET or not public.startswith("https://"):
        return "no webhooks: they need a webhook_secret of 16 characters and a public https address; it is polled"
    url = f"{public.rstrip('/')}/webhooks/klaviyo/{store_id}"
    there = await _all(tools, store_id, account, api.ask_webhooks)
    if any(_attribute(item, "endpoint_url") == url for item in there):
        return "webhooks are there"
    topics = [str(item.get("id")) for item in await _all(tools, store_id, account, api.ask_webhook_topics)]
    wanted = [topic for topic in topics if topic.removeprefix("event:klaviyo.").replace("_", " ") in DEEDS]
    if not wanted:
        return "this account offers no topics that are wanted; it is polled"
    api.refuse_faults(await _ask(tools, store_id, account, api.make_webhook(account.account, url, secret, wanted)))
    log.info("klaviyo_webhooks_made", store_id=str(store_id), topics=len(wanted))
    return f"webhooks were made for {len(wanted)} topics"


async def _all(
    tools: VendorTools, store_id: StoreId, account: Connected, ask: Callable[[Account, str | None], Ask]
) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    cursor: str | None = None
    for _ in range(20):
        page = api.read_page(await _ask(tools, store_id, account, ask(account.account, cursor)))
        items += page.items
        cursor = page.next
        if cursor is None:
            break
    return items


async def _ask(tools: VendorTools, store_id: StoreId, account: Connected, ask: Ask) -> Reply:
    return await tools.outbound.ask(ask, limits=account.vendor.limits, hosts=account.hosts(), lane=f"{store_id}:klaviyo")


def _attribute(item: dict[str, object], name: str) -> object:
    attributes = item.get("attributes")
    return attributes.get(name) if isinstance(attributes, dict) else None
