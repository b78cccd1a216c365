"""A worker of its own process for the tests, which reads events and tells of every page; it is killed on the way."""

from __future__ import annotations

import asyncio
import sys
from uuid import UUID

from shopwarden.domain.ids import StoreId
from shopwarden.steps.vendor_tools import open_tools
from shopwarden.store.database import Database
from tests.klaviyo.conftest import Shop


async def work(database_url: str, store_id: str, sandbox_url: str) -> None:
    tools = open_tools(
        await Database.connect(database_url),
        redis_url="",
        encryption_keys="",
        environment={},
        sandbox_url=sandbox_url,
        internal_hosts=(),
    )
    shop = Shop(tools, StoreId(UUID(store_id)))
    while not await shop.read_some("events", 0.0):
        print("page", flush=True)


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:4]))
