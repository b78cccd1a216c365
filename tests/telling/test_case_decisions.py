"""What an analyst decided is told to vendors that learn: once, each in the one way it takes, and only when it stands."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, RISK_ANALYSIS, Payload
from shopwarden.domain.case import Decision, ReviewCase
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.sources import find_sources
from shopwarden.steps import tell
from shopwarden.steps.remember import remember
from shopwarden.steps.settle_case import run_settle
from shopwarden.store.cases import put_case
from shopwarden.store.database import Connection, Database
from shopwarden.work import drain
from tests.sandbox.running import Sandbox
from tests.sources.shopify_bodies import CAPTURED
from tests.telling.stage import tools_of

ORDER = CAPTURED["orders/create"][0]


@pytest.mark.parametrize(
    ("decision", "code", "heard"),
    [
        ("approve", "verified", {"maxmind", "riskified", "sift"}),
        ("decline", "stolen_card", {"maxmind", "riskified", "sift"}),
        # Says nothing of fraud: who learns labels only hears nothing.
        ("decline", "unreachable", {"riskified", "sift"}),
    ],
)
async def test_each_vendor_hears_a_decision_once(
    database: Database, store_id: UUID, sandbox: Sandbox, decision: Decision, code: str, heard: set[str]
) -> None:
    store, at = StoreId(store_id), datetime.now(UTC)
    async with tools_of(database, sandbox.url) as (tools, recorder):

        async def run(connection: Connection, store_id: StoreId, payload: Payload) -> None:
            if "tell" in payload:
                await tell.run(tools, connection, store_id, payload)

        async def nothing(connection: Connection, store_id: StoreId, payload: Payload) -> None:
            pass

        async with database.transaction() as connection:
            placed = find_sources()["shopify"].translate("orders/create", json.dumps(ORDER).encode(), at)
            await remember(connection, store, placed)
            row = await connection.fetchrow("SELECT id, customer_id FROM orders WHERE store_id = $1", store)
            case = ReviewCase(
                id=new_id(), subject="order", subject_id=row["id"], customer_id=row["customer_id"],
                order_external_id=str(ORDER["id"]), opened_by="advice", opened_at=at, updated_at=at, state="decided",
                decision=decision, reason_code=code, decided_by="user:x", decided_at=at,
            )  # fmt: skip
            await put_case(connection, store, case)
        for version in (2, 1, 1):
            async with database.transaction() as connection:
                await run_settle(tools, connection, store, {"settle": str(case.id), "version": version})
        await drain(database, {CUSTOMER_ENRICHMENT: run, RISK_ANALYSIS: nothing})
        await asyncio.gather(*tools.running)
        told = [ask.url.partition("//")[2].split("/")[1] for ask, status in recorder.sent if status in (200, 204, 404)]
    assert sorted(told) == sorted(heard), [(ask.name, ask.url, status) for ask, status in recorder.sent]
