"""An order a shop tells of, with everything vendors are asked by: address, e-mail, phone and a public IP address."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shopwarden.pipeline import process_webhook
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Database
from shopwarden.store.inbox import Delivery, keep
from shopwarden.work import drain, functions

ADDRESS = {
    "first_name": "Mary", "last_name": "Stone", "address1": "1 Mill Road", "city": "Portland", "province": "Oregon",
    "province_code": "OR", "country": "United States", "country_code": "US", "zip": "97201", "phone": "+15035550142",
}  # fmt: skip


def order_body(order_id: int = 7001, total: str | None = "740.00", email: str = "mary.stone@example.com") -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    customer = {
        "id": 9001, "email": email, "first_name": "Mary", "last_name": "Stone", "created_at": now, "updated_at": now,
        "phone": "+15035550142", "orders_count": 1, "total_spent": total, "default_address": ADDRESS,
    }  # fmt: skip
    return {
        "id": order_id, "name": f"#{order_id}", "email": email, "created_at": now, "updated_at": now,
        "total_price": total, "subtotal_price": total, "currency": "USD", "financial_status": "paid",
        "browser_ip": "81.2.69.142", "customer": customer, "billing_address": ADDRESS, "shipping_address": ADDRESS,
        "client_details": {"browser_ip": "81.2.69.142", "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"},
        "line_items": [{"id": 1, "title": "Camera", "quantity": 1, "price": total, "sku": "C-1", "requires_shipping": True}],
        "shipping_lines": [{"title": "Standard", "price": "5.00"}],
        "checkout_token": f"checkout-{order_id}", "token": f"order-{order_id}",
    }  # fmt: skip


async def place(database: Database, store_id: UUID, body: dict[str, Any]) -> None:
    """The shop tells of the order just now; nothing is judged or asked yet."""
    raw = json.dumps(body).encode()
    now = datetime.now(UTC)
    told = Delivery(
        source="shopify",
        topic="orders/create",
        delivery_id=f"order-{body['id']}-{now.isoformat()}",
        event_id=None,
        triggered_at=now,
        api_version="2026-10",
        body=raw,
    )
    async with database.transaction() as connection:
        kept = await keep(connection, store_id, told)
        assert kept.inbox_id is not None
        await process_webhook(connection, store_id, kept.inbox_id)


async def judge_first(database: Database, tools: VendorTools) -> None:
    """Does the judgements that are due, and lets the enrichments wait until the next time."""
    later = "UPDATE outbox SET run_after = run_after + $1 WHERE queue = 'customer-enrichment'"
    await database.pool.execute(later, timedelta(hours=1))
    await drain(database, functions(tools))
    await database.pool.execute(later, -timedelta(hours=1))


async def settle(database: Database, tools: VendorTools) -> list[str]:
    """Does everything that is due, and what follows from it."""
    endings: list[str] = []
    while ended := await drain(database, functions(tools)):
        endings += ended
    return endings
