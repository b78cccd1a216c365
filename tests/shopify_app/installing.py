"""A merchant who agrees at the shop, without a browser."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx

from shopwarden.domain.ids import StoreId
from shopwarden.steps.shop_install import install
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.vendors.shopify_auth import ask_by_code, authorize_url
from tests.shopify_app.conftest import ADDRESS, Shop


async def agree(address: str, answer: str = "install") -> str:
    """Presses a button on the shop's page; the address the browser is sent to."""
    async with httpx.AsyncClient(trust_env=False) as client:
        page = await client.get(address)
        assert page.status_code == 200, page.text
        pressed = await client.post(address, data={"answer": answer})
    assert pressed.status_code == 302, pressed.text
    return str(pressed.headers["location"])


async def install_shop(tools: VendorTools, shop: Shop) -> StoreId:
    """The store of a shop whose merchant agreed, with tokens that expire."""
    address = authorize_url(tools.shop_app, shop.domain, f"{ADDRESS}/shopify/callback", "s1")
    back = parse_qs(urlsplit(await agree(address)).query)
    done = await install(tools, shop.domain, ask_by_code(tools.shop_app, shop.domain, back["code"][0]), ADDRESS)
    return done.store_id
