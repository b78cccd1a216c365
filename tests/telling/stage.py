"""Vendors' stand-ins as a process would use them, and a record of what went to them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Limits
from shopwarden.outbound.call import Outbound
from shopwarden.steps.sinks import close_sinks, open_sinks
from shopwarden.steps.vendor_tools import VendorTools, open_tools
from shopwarden.store.database import Database
from tests.ingest.sending import Sender, collecting


class Recorder(Outbound):
    """Sends as ever; `sent` has every request with the status it was answered with."""

    def __init__(self) -> None:
        super().__init__(internal_hosts=("127.0.0.1",))
        self.sent: list[tuple[Ask, int]] = []

    async def ask(
        self,
        ask: Ask,
        *,
        limits: Limits,
        hosts: Sequence[str],
        lane: str,
        deadline: float | None = None,
        repeatable: bool = True,
    ) -> Reply:
        reply = await super().ask(ask, limits=limits, hosts=hosts, lane=lane, deadline=deadline, repeatable=repeatable)
        self.sent.append((ask, reply.status))
        return reply

    def bodies(self) -> list[dict[str, Any]]:
        """What was taken."""
        return [json.loads(ask.body or b"{}") for ask, status in self.sent if status == 200]


@asynccontextmanager
async def tools_of(
    database: Database, sandbox_url: str = "", environment: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[VendorTools, Recorder]]:
    tools = open_tools(
        database,
        redis_url="",
        encryption_keys="",
        environment=environment or {},
        sandbox_url=sandbox_url,
        internal_hosts=(),
    )
    await tools.outbound.close()
    tools.outbound = recorder = Recorder()
    yield tools, recorder
    await tools.close()


@asynccontextmanager
async def collector(database: Database, store_id: UUID, url: str) -> AsyncIterator[tuple[Sender, VendorTools, Recorder]]:
    """A collector whose only store has Segment connected: the stand-in."""
    async with tools_of(database, url) as (tools, recorder):
        sinks = await open_sinks(tools)
        try:
            async with collecting(database, store_id) as sender:
                yield sender, tools, recorder
        finally:
            await close_sinks(sinks)
