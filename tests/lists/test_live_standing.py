"""Who watches the store sees a block and a list entry on the visitor, the block without the visitor doing anything."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from shopwarden.store.database import Database
from shopwarden.web import Application
from tests.api.rows import add_customer
from tests.api.test_live import key_of, opened


async def test_a_block_is_seen_at_once_and_so_are_entries(
    application: Application, client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    write_key = await key_of(database, store_id, "ingest")
    transport = httpx.ASGITransport(application, client=("203.0.113.50", 40_000))  # type: ignore[arg-type]
    shop = httpx.AsyncClient(transport=transport, base_url="http://shopwarden.test", auth=(write_key, ""))
    body = {"list": "watch", "kind": "ip", "value": "203.0.113.0/24"}
    assert (await client.post(f"/api/stores/{store_id}/lists/entries", json=body)).status_code == 200
    customer = await add_customer(database, store_id, email="c@example.com")
    async with shop, opened(application, store_id, await key_of(database, store_id, "live:read")) as feed:
        assert (await feed.event()).name == "snapshot"

        async def visitor() -> dict[str, Any]:
            while True:
                event = await feed.event()
                if event.name == "visitors":
                    shown: dict[str, Any] = event.data["visitors"][0]
                    return shown

        await shop.post("/v1/page", json={"anonymousId": "a", "context": {"page": {"path": "/products/lamp"}}})
        seen = await visitor()
        assert (seen["isBlocked"], seen["listed"]) == (False, ["watch:ip"])
        await database.pool.execute("UPDATE visitors SET customer_id = $1", customer)
        blocked = await client.post(f"/api/customers/{customer}/block", json={"reason": "three chargebacks"})
        assert blocked.status_code == 200, blocked.text
        seen = await visitor()
        assert (seen["isBlocked"], seen["isCustomer"]) == (True, True)
        await shop.post("/v1/page", json={"anonymousId": "a", "context": {"page": {"path": "/cart"}}})
        assert (await visitor())["isBlocked"]
        assert (await client.post(f"/api/customers/{customer}/unblock")).status_code == 200
        assert not (await visitor())["isBlocked"]
