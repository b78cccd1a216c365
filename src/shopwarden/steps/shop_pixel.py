"""The shop's web pixel: switched on with a write key of the store, so that visits are told from the checkout too."""

from __future__ import annotations

import msgspec

from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.steps.shop_client import ShopClient
from shopwarden.steps.shop_connection import ShopTools
from shopwarden.store.api_keys import create_key, list_keys, revoke_key
from shopwarden.store.shop_subscriptions import SubscriptionRow
from shopwarden.vendors.shopify_app import missing_scopes
from shopwarden.vendors.shopify_graphql import done

TOPIC = "web_pixel"
"""Kept beside the webhooks: it is one more thing the shop sends."""
KEY_NAME = "Web pixel of the shop"
NEEDED = ("write_pixels", "read_customer_events")
_READ = "query Pixel { webPixel { id settings } }"
_CREATE = """
mutation SwitchOnPixel($settings: JSON!) {
  webPixelCreate(webPixel: {settings: $settings}) { webPixel { id } userErrors { field message code } }
}
"""
_UPDATE = """
mutation SetPixel($id: ID!, $settings: JSON!) {
  webPixelUpdate(id: $id, webPixel: {settings: $settings}) { webPixel { id } userErrors { field message code } }
}
"""


class _Pixel(msgspec.Struct, frozen=True):
    id: str
    settings: object = None


async def keep_pixel(
    tools: ShopTools, shop: ShopClient, store_id: StoreId, address: str, scopes: tuple[str, ...]
) -> SubscriptionRow:
    """Switches the pixel on where it is off or sends elsewhere. A shop's refusal is told in the row."""
    missing = missing_scopes(NEEDED, scopes)
    if missing:
        return SubscriptionRow(topic=TOPIC, state="refused", last_error=f"the scope {', '.join(missing)} is not granted")
    try:
        return await _kept(tools, shop, store_id, address)
    except VendorFault as fault:
        if fault.kind not in ("auth", "invalid_input"):
            raise
        return SubscriptionRow(topic=TOPIC, state="refused", last_error=str(fault))


async def _kept(tools: ShopTools, shop: ShopClient, store_id: StoreId, address: str) -> SubscriptionRow:
    pixel = await _found(shop)
    known = [key for key in await list_keys(tools.database, store_id) if key.name == KEY_NAME and key.revoked_at is None]
    if pixel is not None and known and _host(pixel) == address:
        return SubscriptionRow(topic=TOPIC, state="there", external_id=pixel.id)
    # The keys are kept as digests: one that is to be told anew is made anew.
    made = await create_key(tools.database, name=KEY_NAME, scopes=("ingest",), store_id=store_id)
    settings = msgspec.json.encode({"writeKey": made.secret, "host": address}).decode()
    try:
        field = "webPixelCreate" if pixel is None else "webPixelUpdate"
        asked = {"settings": settings} if pixel is None else {"id": pixel.id, "settings": settings}
        part = done(await shop.run(_CREATE if pixel is None else _UPDATE, asked), field)
    except VendorFault:
        await revoke_key(tools.database, made.key.id)
        raise
    for key in known:
        await revoke_key(tools.database, key.id)
    return SubscriptionRow(topic=TOPIC, state="there", external_id=msgspec.convert(part.get("webPixel"), _Pixel).id)


async def _found(shop: ShopClient) -> _Pixel | None:
    try:
        data = await shop.run(_READ)
    except VendorFault as fault:
        if fault.kind != "invalid_input":
            raise
        return None  # the shop answers with an error where the app has no pixel yet
    return msgspec.convert(data["webPixel"], _Pixel) if data.get("webPixel") else None


def _host(pixel: _Pixel) -> str | None:
    settings = pixel.settings
    if isinstance(settings, str):
        try:
            settings = msgspec.json.decode(settings)
        except msgspec.DecodeError:
            return None
    host = settings.get("host") if isinstance(settings, dict) else None
    return host if isinstance(host, str) else None
