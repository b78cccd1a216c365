"""A made-up Klaviyo account over real HTTP, a store connected to it, and what asking it takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.steps.accounts import connected
from shopwarden.steps.klaviyo_jobs import run
from shopwarden.steps.klaviyo_streams import STREAMS
from shopwarden.steps.klaviyo_sync import Reading, read_stream
from shopwarden.steps.vendor_tools import VendorTools, open_tools
from shopwarden.store.database import Database
from shopwarden.store.klaviyo import SOURCE
from shopwarden.store.sync_cursors import read_cursor
from tests.sandbox.running import Sandbox, running_sandbox, sandbox

__all__ = ["running_sandbox", "sandbox"]
PROFILES = 12


@dataclass
class Account:
    """The switches of the sandbox's account."""

    sandbox: Sandbox

    async def ask(self, method: str, what: str = "", **body: object) -> dict[str, Any]:
        path = f"{self.sandbox.url}/klaviyo/_sandbox/klaviyo{what}"
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.request(method, path, json=body if method != "GET" else None)
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def profile(self, identity: str = "", **attributes: object) -> str:
        """Makes one, or changes it; its id."""
        named = {"id": identity} if identity else {}
        return str((await self.ask("POST", "/profiles", attributes=attributes, **named))["profile"]["id"])

    async def event(self, metric: str, profile: str, **more: object) -> str:
        return str((await self.ask("POST", "/events", metric=metric, profile=profile, **more))["event"]["id"])

    async def shown(self, identity: str) -> dict[str, Any]:
        """A profile's attributes, as the API has them."""
        headers = {"authorization": "Klaviyo-API-Key sandbox", "revision": "2026-10-15"}
        path = f"{self.sandbox.url}/klaviyo/api/profiles/{identity}"
        params = {"additional-fields[profile]": "subscriptions,predictive_analytics"}
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(path, headers=headers, params=params)
        found: dict[str, Any] = answer.json()["data"]["attributes"]
        return found

    async def calls(self, part: str, method: str = "GET") -> list[dict[str, Any]]:
        found = await self.sandbox.log("klaviyo")
        return [call for call in found if part in call["path"] and call["method"] == method]


@dataclass
class Shop:
    """One store with Klaviyo connected."""

    tools: VendorTools
    store_id: StoreId

    @property
    def database(self) -> Database:
        return self.tools.database

    async def run(self, what: str, **more: object) -> None:
        """One job, in a transaction of its own as workers have it."""
        async with self.database.transaction() as connection:
            await run(self.tools, connection, self.store_id, {"klaviyo": what, **more})

    async def read(self, *streams: str) -> None:
        """Reads these streams to their ends."""
        for stream in streams or STREAMS:
            while not await self.read_some(stream, 30.0):
                pass

    async def read_some(self, stream: str, seconds: float) -> bool:
        async with self.database.pool.acquire() as connection:
            account = (await connected(self.tools, connection, self.store_id))["klaviyo"]
            cursor = await read_cursor(connection, self.store_id, SOURCE, stream)
        return await read_stream(Reading(self.tools, self.store_id, account, cursor), STREAMS[stream], seconds)

    async def rows(self, statement: str, *more: object) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.database.pool.fetch(statement, self.store_id, *more)]

    async def engagements(self) -> list[dict[str, Any]]:
        return await self.rows(
            "SELECT profile_id, channel, received, opened, opened_by_machine, clicked, bounced, spam_reports, unsubscribes,"
            " last_received_at, last_opened_at, last_clicked_at FROM engagements WHERE store_id = $1 ORDER BY 1, 2"
        )


@pytest.fixture
async def account(sandbox: Sandbox) -> Account:
    made = Account(sandbox)
    await made.ask("POST", profiles=PROFILES, seed="klaviyo-tests", limits=False)
    return made


@pytest.fixture
async def tools(database: Database, sandbox: Sandbox) -> AsyncIterator[VendorTools]:
    opened = open_tools(
        database,
        redis_url="",
        encryption_keys="a key of the tests that is long enough no. 1",
        environment={},
        sandbox_url=sandbox.url,
        internal_hosts=(),
    )
    yield opened
    await opened.close()


@pytest.fixture
async def shop(account: Account, tools: VendorTools, store_id: UUID) -> Shop:
    return Shop(tools, StoreId(store_id))
