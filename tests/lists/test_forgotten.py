"""Who asks to be forgotten is forgotten on lists too; who was blocked stays blocked, by what tells of nobody."""

from __future__ import annotations

from uuid import UUID

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.list_entry import FORGOTTEN
from shopwarden.domain.order_check import OrderCheck
from shopwarden.store.database import Database
from shopwarden.store.forgetting import forget
from shopwarden.store.privacy import Subject
from tests.api.rows import add_customer
from tests.lists.test_matching import check, put


async def forget_them(database: Database, store_id: UUID, customer: UUID) -> None:
    subject = Subject(
        customer_ids=(CustomerId(customer),),
        order_ids=(),
        texts=("ann.smith@gmail.com", "+4915112345678"),
        shopify_ids=("77",),
    )
    async with database.transaction() as connection:
        await forget(connection, StoreId(store_id), subject)


async def test_a_blocked_address_goes_on_being_declined_once_its_owner_is_forgotten(
    database: Database, store_id: UUID
) -> None:
    customer = await add_customer(database, store_id, email="ann.smith@gmail.com", shopify_id="77")
    for kind, text in (("email", "Ann.Smith@gmail.com"), ("phone", "+4915112345678"), ("customer", "77")):
        await put(database, store_id, kind, text, reason="Ann again")  # type: ignore[arg-type]
        await put(database, store_id, kind, text, name="watch")  # type: ignore[arg-type]
    await put(database, store_id, "email", "somebody.else@example.com")
    for _ in range(2):
        await forget_them(database, store_id, customer)
        rows = await database.pool.fetch("SELECT list, kind, value, shown, reason FROM list_entries ORDER BY kind, value")
        assert [(row["list"], row["kind"]) for row in rows] == [("block", "email"), ("block", "email"), ("block", "phone")]
        gone = [row for row in rows if FORGOTTEN.fullmatch(row["value"])]
        assert [(row["kind"], row["shown"], row["reason"]) for row in gone] == [("email", None, None), ("phone", None, None)]
        stored = await check(database, store_id, OrderCheck(order_id="2", email="annsmith+2@googlemail.com"))
        assert stored.verdict.advice == "decline"
        await put(database, store_id, "email", "annsmith@gmail.com")
