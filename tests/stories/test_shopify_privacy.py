"""People and shops are forgotten without a trace, and told what is known of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shopwarden.domain.answers import PersonAnswer
from shopwarden.domain.ids import CustomerId, StoreId, VisitorId, new_id
from shopwarden.steps.assess import assess_order
from shopwarden.steps.describe import describe
from shopwarden.store.database import Connection, Database
from shopwarden.store.links import VisitorLink, link_visitors
from shopwarden.store.stores import create_store
from shopwarden.store.tables import metadata
from shopwarden.store.vendor_answers import KeptAnswer, Question, claim, keep_answers, link_customer
from tests.stories.shopify_shop import one, rows, send
from tests.stories.test_shopify_rows import ANN, order

TRACES = ("ann@example.com", "+16135550142", "1 Main St", "8.8.8.8", "Annabella")
PERSON = {**ANN, "first_name": "Annabella", "phone": "+16135550142"}
REQUEST = {"shop_id": 1, "customer": {"id": 1, "email": "Ann@Example.com", "phone": "+16135550142"}}


async def found(database: Database, text: str) -> list[str]:
    """Every table with a row in which the text stands, raw bodies included."""
    return [
        table.name
        for table in metadata.sorted_tables
        if await database.pool.fetchval(
            f"SELECT EXISTS (SELECT 1 FROM {table.name} t WHERE position($1 IN lower(to_jsonb(t)::text)) > 0)", text.lower()
        )
        or (
            table.name == "inbox"
            and any(text.encode() in row["body"] for row in await database.pool.fetch("SELECT body FROM inbox"))
        )
    ]


async def live(database: Database, store_id: StoreId) -> Any:
    """A customer with an order that was judged, a checkout, a payment, a visitor and a request to see it all."""
    await send(database, store_id, "customers/create", PERSON)
    await send(database, store_id, "orders/create", order(3, customer=PERSON, note="for Annabella"))
    await send(database, store_id, "checkouts/create", {"token": "t", "customer": PERSON, "email": "ann@example.com"})
    await send(
        database, store_id, "order_transactions/create", {"id": 1, "kind": "sale", "status": "failure", "order_id": 1003}
    )
    customer = await one(database, store_id, "customers")
    visitor_id = VisitorId(new_id())
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO visitors (store_id, id, anonymous_id, first_seen, last_seen, ip, traits)"
            " VALUES ($1, $2, 'browser', now(), now(), '8.8.8.8', $3)",
            store_id, visitor_id, {"email": "ann@example.com"},
        )  # fmt: skip
        link = VisitorLink(visitor_id, customer["id"], "identify", customer["created_at"])
        await link_visitors(connection, store_id, [link], describe)
        placed = await one(database, store_id, "orders")
        await assess_order(connection, store_id, placed["id"], trigger="webhook", event_key="k")
        await _vendor_said(connection, store_id, customer["id"])
    await send(database, store_id, "customers/data_request", {**REQUEST, "data_request": {"id": 77}})
    return customer


async def _vendor_said(connection: Connection, store_id: StoreId, customer_id: CustomerId) -> None:
    question = Question("acme.person", b"1" * 32)
    number = await claim(connection, store_id, question, timedelta(1), repeatable=False, force=False)
    said = PersonAnswer(full_name="Annabella", email="ann@example.com")
    now = datetime.now(UTC)
    kept = KeptAnswer(state="answered", answers=(said,), asked_at=now, answered_at=now)
    assert await keep_answers(connection, store_id, question, number or 0, kept)
    await link_customer(connection, store_id, [question], customer_id)


async def test_a_forgotten_person_leaves_no_trace_and_the_shop_its_accounts(database: Database, store_id: StoreId) -> None:
    await live(database, store_id)
    for trace in TRACES:
        assert await found(database, trace), f"{trace} was never there: the test proves nothing"
    await send(database, store_id, "customers/create", {"id": 2, "email": "bob@example.com", "first_name": "Bob"})
    await send(database, store_id, "customers/redact", {**REQUEST, "orders_to_redact": [1003]})
    for trace in TRACES:
        assert await found(database, trace) == []
    assert [row["email"] for row in await rows(database, store_id, "customers")] == ["bob@example.com"]
    kept = await one(database, store_id, "orders")
    assert (str(kept["total"]), kept["customer_id"], kept["email"]) == ("50.00", None, None)
    receipt = await one(database, store_id, "privacy_receipts", request="customer_redact")
    assert receipt["counts"]["customers"] == 1


async def test_a_late_telling_of_somebody_else_is_not_lost_with_them(database: Database, store_id: StoreId) -> None:
    await live(database, store_id)
    await send(
        database, store_id, "customers/create", {"id": 2, "email": "bob@example.com", "updated_at": "2026-01-01T00:00:00Z"}
    )
    await send(database, store_id, "customers/redact", REQUEST)
    bodies = [row["body"] for row in await rows(database, store_id, "inbox") if row["body"]]
    assert len(bodies) == 1
    assert b"bob@example.com" in bodies[0]


async def test_a_guest_is_found_by_address(database: Database, store_id: StoreId) -> None:
    await send(database, store_id, "orders/create", order(3, customer=None))
    await send(database, store_id, "customers/redact", {"customer": {"email": "ann@example.com"}})
    assert await rows(database, store_id, "customers") == []
    assert await found(database, "ann@example.com") == []


async def test_an_address_that_is_another_customers_by_now_is_left_to_them(database: Database, store_id: StoreId) -> None:
    await send(database, store_id, "customers/create", ANN)
    await send(database, store_id, "customers/create", {**ANN, "id": 2, "updated_at": "2026-01-08T00:00:00Z"})
    await send(database, store_id, "customers/redact", {"customer": {"id": 1, "email": "ann@example.com"}})
    row = await one(database, store_id, "customers")
    assert (row["shopify_id"], row["email"]) == ("2", "ann@example.com")


async def test_a_person_is_told_what_is_known(database: Database, store_id: StoreId) -> None:
    await live(database, store_id)
    task = await one(database, store_id, "tasks", kind="data_request")
    assert task["result"]["customers"][0]["email"] == "ann@example.com"
    assert task["result"]["orders"][0]["external_id"] == "1003"
    assert (await one(database, store_id, "privacy_receipts"))["request_reference"] == "77"


async def test_a_forgotten_shop_leaves_its_receipt_and_other_shops_alone(database: Database, store_id: StoreId) -> None:
    other = await create_store(database, "Another shop")
    for store in (store_id, other):
        await live(database, store)
    await send(database, store_id, "shop/redact", {"shop_id": 1})
    left = {
        table.name
        for table in metadata.sorted_tables
        if "store_id" in table.columns and await rows(database, store_id, table.name)
    }
    assert left <= {"privacy_receipts", "outbox"}
    assert await rows(database, other, "customers")


async def test_an_uninstalled_app_is_noted(database: Database, store_id: StoreId) -> None:
    await send(database, store_id, "app/uninstalled", {"id": 1})
    row = await database.pool.fetchrow("SELECT uninstalled_at FROM stores WHERE id = $1", store_id)
    assert row["uninstalled_at"] is not None


async def test_a_delivery_from_before_does_not_bring_a_forgotten_person_back(database: Database, store_id: StoreId) -> None:
    await live(database, store_id)
    await send(database, store_id, "customers/redact", REQUEST)
    await send(database, store_id, "customers/update", {**PERSON, "tags": "late"})
    await send(database, store_id, "orders/updated", order(5, customer=PERSON, note="for Annabella"), "late order")
    for trace in TRACES:
        assert await found(database, trace) == []
    assert await rows(database, store_id, "customers") == []
    kept = await one(database, store_id, "orders", external_id="1005")
    assert (str(kept["total"]), kept["customer_id"], kept["email"], kept["browser_ip"]) == ("50.00", None, None, None)


async def test_somebody_forgotten_who_comes_back_is_a_new_customer(database: Database, store_id: StoreId) -> None:
    await live(database, store_id)
    await send(database, store_id, "customers/redact", REQUEST)
    await database.pool.execute("UPDATE forgotten SET at = at - interval '1 second' WHERE store_id = $1", store_id)
    await send(database, store_id, "customers/create", {**PERSON, "tags": "back"})
    assert (await one(database, store_id, "customers"))["email"] == "ann@example.com"
