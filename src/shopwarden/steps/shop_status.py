"""How a store's connection to its shop stands: token, rights, versions, webhooks, and what is to be done by hand."""

from __future__ import annotations

from datetime import datetime

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.errors import StopError
from shopwarden.steps.shop_connection import ShopTools, open_held
from shopwarden.steps.shop_pixel import TOPIC as PIXEL
from shopwarden.steps.shop_webhooks import PATH
from shopwarden.store.shop_subscriptions import SubscriptionRow, read_subscriptions
from shopwarden.store.shop_tokens import ShopRow, read_shop, shop_of_domain
from shopwarden.vendors.shopify_app import missing_scopes


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """`expires_at` null: it has no end. `renews`: it is renewed by itself until `refresh_expires_at`."""

    expires_at: datetime | None
    refresh_expires_at: datetime | None
    renews: bool


class ShopConnection(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: not_connected, active, needs_reauth or uninstalled. `advice` says what a person has to do, if anything."""

    state: str
    shop_domain: str | None = None
    advice: list[str] = []
    scopes_asked: list[str] = []
    scopes_granted: list[str] = []
    scopes_missing: list[str] = []
    token: Token | None = None
    api_version_asked: str | None = None
    api_version_answered: str | None = None
    webhook_address: str | None = None
    webhooks: list[SubscriptionRow] = []
    web_pixel: SubscriptionRow | None = None
    last_error: str | None = None
    installed_at: datetime | None = None
    made_up: bool = False
    """The shop is one of the sandbox's."""


async def connected_shop(tools: ShopTools, shop: str) -> ShopRow | None:
    """The shop's connection, if its tokens work as far as is known and cover what the app asks for now."""
    row = await shop_of_domain(tools.database, shop)
    if row is None or row.state != "active" or missing_scopes(tools.shop_app.scopes, tuple(row.scopes)):
        return None
    return row


async def connection_of(tools: ShopTools, store_id: StoreId) -> ShopConnection:
    """Everything the status page shows; never a token."""
    app = tools.shop_app
    row = await read_shop(tools.database.pool, store_id)
    asked = list(app.scopes)
    if row is None:
        advice = ["Open /shopify/install?shop=your-shop.myshopify.com to connect the shop."]
        return ShopConnection(state="not_connected", advice=advice, scopes_asked=asked, api_version_asked=app.version)
    rows = await read_subscriptions(tools.database.pool, store_id)
    token, address, broken = _token(tools, row)
    missing = list(missing_scopes(app.scopes, tuple(row.scopes)))
    return ShopConnection(
        state=row.state,
        shop_domain=row.shop_domain,
        advice=_advice(row, missing, broken, app.version),
        scopes_asked=asked,
        scopes_granted=row.scopes,
        scopes_missing=missing,
        token=token,
        api_version_asked=app.version,
        api_version_answered=row.api_version,
        webhook_address=f"{(app.public_url or address).rstrip('/')}{PATH}" if app.public_url or address else None,
        webhooks=[each for each in rows if each.topic != PIXEL],
        web_pixel=next((each for each in rows if each.topic == PIXEL), None),
        last_error=broken or row.last_error,
        installed_at=row.installed_at,
        made_up=bool(app.sandbox_url),
    )


def _token(tools: ShopTools, row: ShopRow) -> tuple[Token | None, str, str | None]:
    try:
        held = open_held(tools.sealer, row)
    except StopError as stop:
        return None, "", None if row.state != "active" else str(stop)
    renews = held.by_credentials or held.refresh_token is not None
    return Token(expires_at=row.expires_at, refresh_expires_at=row.refresh_expires_at, renews=renews), held.address, None


def _advice(row: ShopRow, missing: list[str], broken: str | None, version: str) -> list[str]:
    again = f"Open /shopify/install?shop={row.shop_domain}"
    told = []
    if row.state == "uninstalled":
        told.append(f"The app was taken out of the shop. {again} to install it again.")
    elif row.state == "needs_reauth" or broken:
        told.append(f"The shop's token can't be used any more. {again} to connect it again.")
    elif missing:
        told.append(f"Some rights are not granted. {again} to ask for them again, or set SHOPIFY_SCOPES to what is needed.")
    if row.state == "active" and row.api_version not in (None, version):
        told.append(f"The shop answers in version {row.api_version}: set SHOPIFY_API_VERSION to one that is supported.")
    return told
