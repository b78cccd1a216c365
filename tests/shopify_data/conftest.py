"""A made-up shop over real HTTP and a store connected to it; `seeing_all` may see orders of any age."""

from __future__ import annotations

from uuid import UUID

import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.steps.shop_connection import keep_tokens
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.vendors.shopify_auth import Tokens
from shopwarden.vendors.shopify_reconcile import ALL_ORDERS
from tests.sandbox.running import running_sandbox, sandbox
from tests.shopify_app.conftest import ADDRESS, SHOP, Shop, connected, shop, tools

__all__ = ["connected", "running_sandbox", "sandbox", "shop", "tools"]


@pytest.fixture
async def seeing_all(tools: VendorTools, shop: Shop, store_id: UUID) -> StoreId:
    scopes = (*tools.shop_app.scopes, ALL_ORDERS)
    token = (await shop.ask("POST", "/token", scope=",".join(scopes)))["access_token"]
    async with tools.database.transaction() as connection:
        await keep_tokens(tools, connection, StoreId(store_id), SHOP, Tokens(access_token=token, scopes=scopes), ADDRESS)
    return StoreId(store_id)
