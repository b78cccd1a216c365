"""What follows when a shop has given its tokens: a store, the tokens sealed, and the jobs that bring it up to date."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import structlog

from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.job import CUSTOMER_ENRICHMENT
from shopwarden.domain.ids import StoreId
from shopwarden.steps.shop_connection import ShopTools, ask_token, keep_tokens
from shopwarden.store.outbox import Job, put_many
from shopwarden.store.shop_installs import store_of_shop
from shopwarden.vendors.shopify_app import missing_scopes

log = structlog.get_logger(__name__)


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """`is_new`: the store was made for this shop. `missing`: scopes asked for and not granted. `made_up`: the shop is one
    of the sandbox's."""

    store_id: StoreId
    shop: str
    is_new: bool
    scopes: tuple[str, ...]
    missing: tuple[str, ...]
    expires_at: datetime | None = None
    made_up: bool = False


async def install(tools: ShopTools, shop: str, ask: Ask, address: str) -> Installed:
    """Gets the tokens and keeps them with the jobs that follow, all or nothing. `address`: where the shop reaches us.

    GrantRefused, VendorFault: there are no tokens. StopError: they could not be kept.
    """
    tokens = await ask_token(tools, shop, ask)
    async with tools.database.transaction() as connection:
        store_id, is_new = await store_of_shop(connection, shop, tools.shop_app.bootstrap_domain)
        await keep_tokens(tools, connection, store_id, shop, tokens, address)
        event = f"install:{datetime.now(UTC):%Y%m%d%H%M%S}"
        jobs = [Job(store_id, f"shop {what}", event, {"shop": what}) for what in ("repair", "define", "sync")]
        await put_many(connection, CUSTOMER_ENRICHMENT, jobs)
    log.info("shop connected", store_id=str(store_id), shop=shop, is_new=is_new)
    return Installed(
        store_id=store_id,
        shop=shop,
        is_new=is_new,
        scopes=tokens.scopes,
        missing=missing_scopes(tools.shop_app.scopes, tokens.scopes),
        expires_at=tokens.expires_at,
        made_up=bool(tools.shop_app.sandbox_url),
    )
