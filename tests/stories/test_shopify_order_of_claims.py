"""Contested addresses, guests, shared devices and phones: who is who in the end does not depend on what came first."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shopwarden.domain.identity import identifiers_of
from shopwarden.domain.ids import StoreId, VisitorId, stable_id
from shopwarden.domain.observation import CustomerObservation
from shopwarden.steps.describe import describe
from shopwarden.steps.identify import identify_customers
from shopwarden.store.database import Database
from shopwarden.store.links import VisitorLink, link_visitors
from shopwarden.store.stores import create_store
from tests.stories.shopify_shop import comparable, send

START = datetime(2026, 1, 1, tzinfo=UTC)
EMAILS = ["ann@example.com", "bob@example.com", "cy@example.com", None]
PHONES = ["+16135550101", "+16135550102", None]
IPS = ["203.0.113.7", "8.8.8.8", "2001:4860:4860::8888", None]
FIRST = ["Ann", "Bob", None]


def made_up(chance: random.Random, number: int) -> tuple[str, dict[str, Any]]:
    """A webhook of a small shop in which few names, addresses and numbers are used by many."""
    at = (START + timedelta(hours=chance.randrange(400))).isoformat()
    person = {"email": chance.choice(EMAILS), "phone": chance.choice(PHONES), "first_name": chance.choice(FIRST)}
    customer = {"id": chance.randrange(1, 5), "updated_at": at, "created_at": START.isoformat(), **person}
    kind = chance.choice(["customers/update", "orders/create", "checkouts/update", "carts/update", "refunds/create"])
    # An order is made of one checkout and that of one cart, for good.
    which = chance.randrange(5)
    cart, token, order = f"cart-{which}", f"token-{which}", f"order-{which}"
    if kind == "customers/update":
        return kind, customer
    if kind == "carts/update":
        return kind, {"token": cart, "updated_at": at, "line_items": [{"price": "5.00", "quantity": number}]}
    if kind == "refunds/create":
        paid = [{"kind": "refund", "status": "success", "amount": f"{number}.00"}]
        return kind, {"id": f"refund-{which}", "order_id": order, "created_at": at, "transactions": paid}
    told = {
        "email": chance.choice(EMAILS),
        "phone": chance.choice(PHONES),
        "customer": chance.choice([customer, None]),
        "created_at": (START + timedelta(days=which)).isoformat(),
        "updated_at": at,
        "cart_token": cart,
        "total_price": f"{number}.50",
        "currency": chance.choice(["USD", "EUR"]),
        "shipping_address": {"address1": f"{chance.randrange(3)} Main St", "city": "Ottawa", "country_code": "CA"},
    }
    if kind == "checkouts/update":
        return kind, {**told, "token": token}
    more = {"browser_ip": chance.choice(IPS), "checkout_token": token, "financial_status": "paid"}
    return kind, {**told, **more, "id": order}


def tracked(chance: random.Random) -> tuple[CustomerObservation, str, str]:
    """Somebody tells the storefront who they are: the observation, the browser, and how they did."""
    at = START + timedelta(hours=chance.randrange(400))
    observation = CustomerObservation(
        version=f"{at.isoformat()}|{chance.random()}",
        at=at,
        source="segment",
        user_id=chance.choice(["u1", "u2", "u3"]),
        email=chance.choice(EMAILS[:3]),
        first_name=chance.choice(["Ann", "Bob", "Cy"]),
    )
    return observation, chance.choice(["browser-1", "browser-2"]), chance.choice(["identify", "checkout"])


async def visit(database: Database, store_id: StoreId, told: tuple[CustomerObservation, str, Any]) -> None:
    observation, browser, kind = told
    named = str(identifiers_of(observation)[0])
    visitor_id = VisitorId(stable_id(str(store_id), browser))
    async with database.transaction() as connection:
        [customer_id] = await identify_customers(connection, store_id, [observation])
        await connection.execute(
            "INSERT INTO visitors (store_id, id, anonymous_id, first_seen, last_seen) VALUES ($1, $2, $3, $4, $4)"
            " ON CONFLICT DO NOTHING",
            store_id,
            visitor_id,
            browser,
            START,
        )
        await link_visitors(
            connection, store_id, [VisitorLink(visitor_id, customer_id, kind, observation.at, named)], describe
        )


@pytest.mark.parametrize("seed", range(8))
async def test_who_is_who_does_not_depend_on_what_came_first(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    happened: list[Any] = [made_up(chance, number) for number in range(1, 26)]
    happened += [tracked(chance) for _ in range(6)]
    outcomes = []
    for turn in range(4):
        store_id = await create_store(database, f"shop {turn}")
        for event in happened:
            if isinstance(event[0], str):
                await send(database, store_id, *event)
            else:
                await visit(database, store_id, event)
        outcomes.append(await comparable(database, store_id))
        chance.shuffle(happened)
    for other in outcomes[1:]:
        for table, rows in outcomes[0].items():
            assert sorted(set(other[table]) ^ set(rows)) == []


async def invariants(database: Database, store_id: UUID) -> None:
    rows = await database.pool.fetch("SELECT id, email, shopify_id, person_id FROM customers WHERE store_id = $1", store_id)
    ids = {row["id"] for row in rows}
    for table in ("orders", "checkouts", "carts", "customer_activities", "identities", "customer_identifiers", "visitors"):
        lost = await database.pool.fetch(
            f"SELECT customer_id FROM {table} WHERE store_id = $1 AND customer_id IS NOT NULL", store_id
        )
        assert {row["customer_id"] for row in lost} <= ids, f"{table} points at a customer who is gone"
    assert {row["person_id"] for row in rows} <= ids


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_ever_points_at_a_row_that_was_merged_away(database: Database, store_id: StoreId, seed: int) -> None:
    chance = random.Random(100 + seed)
    for number in range(40):
        await send(database, store_id, *made_up(chance, number + 1))
        await visit(database, store_id, tracked(chance))
    await invariants(database, store_id)
