"""Makes Klaviyo's webhooks where the account may have them; where it may not, polling alone does the work."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account
from shopwarden.domain.ids import StoreId
from shopwarden.domain.signing import hmac_hex
from shopwarden.steps.accounts import Connected
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.klaviyo import SOURCE
from shopwarden.store.sync_cursors import Cursor, read_cursor, save_cursor
from shopwarden.vendors import klaviyo_api as api
from shopwarden.vendors.fields import Fields
from shopwarden.vendors.klaviyo_people import DEEDS

STREAM = "webhooks"
SHORTEST_SECRET = 16

log = structlog.get_logger(__name__)


async def settle_webhooks(tools: VendorTools, store_id: StoreId, account: Connected) -> str:
    """What there is now, in words; kept beside the cursors, where the store's status shows it."""
    async with tools.database.pool.acquire() as connection:
        before = (await read_cursor(connection, store_id, SOURCE, STREAM)).detail.get("as")
    try:
        told, made_as = await _settle(tools, store_id, account, before)
    except api.LackingRight:
        told, made_as = "this account has no webhooks: the plan or the key's rights do not include them; it is polled", None
    async with tools.database.pool.acquire() as connection:
        await save_cursor(connection, store_id, SOURCE, Cursor(stream=STREAM, detail={"told": told, "as": made_as}))
    return told


async def _settle(tools: VendorTools, store_id: StoreId, account: Connected, before: object) -> tuple[str, str | None]:
    """What there is now, and a digest of how it was made; `before`: that of the last time."""
    secret, public = account.account.value("webhook_secret"), tools.public_url
    if len(secret) < SHORTEST_SECRET or not public.startswith("https://"):
        return "no webhooks: they need a webhook_secret of 16 characters and a public https address; it is polled", None
    url = f"{public.rstrip('/')}/webhooks/klaviyo/{store_id}"
    there = next((each for each in await _all(tools, store_id, account, api.ask_webhooks) if _leads_to(each, url)), None)
    topics = [item.text("id", 100) or "" for item in await _all(tools, store_id, account, api.ask_webhook_topics)]
    wanted = sorted(topic for topic in topics if topic.removeprefix("event:klaviyo.").replace("_", " ") in DEEDS)
    if not wanted:
        return "this account offers no topics that are wanted; it is polled", None
    # Klaviyo never tells the secret: a digest says whether it is still the one the webhook was made with.
    made_as = hmac_hex(secret, "|".join((url, *wanted)).encode())
    if there is None:
        await _send(tools, store_id, account, api.make_webhook(account.account, url, secret, wanted))
        return f"webhooks were made for {len(wanted)} topics", made_as
    if made_as != before or there.inside("attributes").flag("enabled") is False:
        identity = there.text("id", 100) or ""
        await _send(tools, store_id, account, api.change_webhook(account.account, identity, url, secret, wanted))
        return f"webhooks were put right for {len(wanted)} topics", made_as
    return f"webhooks are there for {len(wanted)} topics", made_as


def _leads_to(webhook: Fields, url: str) -> bool:
    return webhook.inside("attributes").text("endpoint_url", len(url) + 1) == url


async def _send(tools: VendorTools, store_id: StoreId, account: Connected, ask: Ask) -> None:
    api.refuse_faults(await _ask(tools, store_id, account, ask))
    log.info("klaviyo_webhooks_settled", store_id=str(store_id), method=ask.method)


async def _all(
    tools: VendorTools, store_id: StoreId, account: Connected, ask: Callable[[Account, str | None], Ask]
) -> list[Fields]:
    items: list[Fields] = []
    cursor: str | None = None
    for _ in range(20):
        page = api.read_page(await _ask(tools, store_id, account, ask(account.account, cursor)))
        items += map(Fields, page.items)
        cursor = page.next
        if cursor is None:
            break
    return items


async def _ask(tools: VendorTools, store_id: StoreId, account: Connected, ask: Ask) -> Reply:
    limits = account.vendor.limits
    lane = f"{store_id}:klaviyo"
    return await tools.outbound.ask(ask, limits=limits, hosts=account.hosts(), lane=lane, deadline=limits.total * 2)
