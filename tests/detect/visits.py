"""Visits as a browser would tell of them, each one suspicious in one way, and the alerts that came of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from shopwarden.store.database import Database
from shopwarden.work import drain
from tests.ingest.sending import CHROME, page, track

Message = dict[str, Any]


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def calm(anonymous: str, ip: str | None = None) -> list[Message]:
    """Reads, looks at a product, fills the basket, goes to the checkout; a person's pauses in between."""
    where = {} if ip is None else {"context": {"ip": ip, "userAgent": CHROME}}
    return [
        page(anonymous, "/", timestamp=ago(300), **where),
        page(anonymous, "/collections/all", timestamp=ago(270), **where),
        track("Product Viewed", anonymous, timestamp=ago(240), properties={"product_id": "p-1", "price": 39}, **where),
        page(anonymous, "/products/lamp", timestamp=ago(238), **where),
        track("Product Added", anonymous, timestamp=ago(170), properties={"product_id": "p-1", "price": 39}, **where),
        track("Checkout Started", anonymous, timestamp=ago(90), properties={"value": 39}, **where),
    ]


def from_several_networks(anonymous: str) -> list[Message]:
    return [
        page(anonymous, f"/{place}", timestamp=ago(200 - 40 * place), context={"ip": ip, "userAgent": CHROME})
        for place, ip in enumerate(("81.2.69.142", "89.160.20.112", "175.16.199.37"))
    ]


def at_machine_pace(anonymous: str, pages: int = 12) -> list[Message]:
    return [page(anonymous, f"/products/{place}", timestamp=ago(60 - place * 0.4)) for place in range(pages)]


def straight_to_checkout(anonymous: str) -> list[Message]:
    return [
        page(anonymous, "/checkout", timestamp=ago(20)),
        track("Checkout Started", anonymous, timestamp=ago(18), properties={"value": 900}),
    ]


def with_refused_cards(anonymous: str, cards: int = 3, **more: Any) -> list[Message]:
    return calm(anonymous, **more) + [
        track("Payment Failed", anonymous, timestamp=ago(60 - 9 * place), properties={"amount": 1.0, "error": "declined"})
        for place in range(cards)
    ]


async def alerts(database: Database, store_id: UUID, **where: str) -> list[asyncpg.Record]:
    """After every waiting job is done."""
    await drain(database)
    rows = await database.pool.fetch("SELECT * FROM alerts WHERE store_id = $1 ORDER BY first_at, group_key", store_id)
    return [row for row in rows if all(row[name] == value for name, value in where.items())]
