"""What is decided at Sift about a user holds for the order they are judged with, which is what is asked about."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT, RISK_ANALYSIS, Payload
from shopwarden.domain.ids import StoreId
from shopwarden.sources import find_sources
from shopwarden.steps import tell
from shopwarden.steps.remember import remember
from shopwarden.store.database import Connection, Database
from shopwarden.work import drain
from tests.sandbox.running import Sandbox
from tests.sources.shopify_bodies import CAPTURED
from tests.telling.stage import tools_of


async def test_a_blocked_user_is_judged_anew_with_their_order(database: Database, store_id: UUID, sandbox: Sandbox) -> None:
    at, store = datetime.now(UTC), StoreId(store_id)
    order = {**CAPTURED["orders/create"][0], "created_at": at.isoformat(), "processed_at": at.isoformat()}
    user = str(order["customer"]["id"])
    decided = {"entity": {"type": "user", "id": user}, "decision": {"id": "block_user"}, "time": int(at.timestamp() * 1000)}
    judged: set[str] = set()

    async with tools_of(database, sandbox.url) as (tools, _):

        async def hear(connection: Connection, store_id: StoreId, payload: Payload) -> None:
            if "heard" in payload:
                await tell.run(tools, connection, store_id, payload)

        async def note(connection: Connection, store_id: StoreId, payload: Payload) -> None:
            judged.add(str(payload["subject"]))

        async with database.transaction() as connection:
            for source, topic, body in (("shopify", "orders/create", order), ("sift", "decision", decided)):
                await remember(connection, store, find_sources()[source].translate(topic, json.dumps(body).encode(), at))
        await drain(database, {CUSTOMER_ENRICHMENT: hear, RISK_ANALYSIS: note})
        await drain(database, {CUSTOMER_ENRICHMENT: hear, RISK_ANALYSIS: note})
    assert judged == {"customer", "order"}
    rows = await database.pool.fetch("SELECT answers FROM vendor_answers WHERE store_id = $1", store_id)
    opinions = [each.get("opinion") for row in rows for each in row["answers"]]
    assert opinions == ["decline", "decline"]
