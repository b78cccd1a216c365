"""Entries of a store's lists reach every verdict they fit, by every way of writing the same thing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shopwarden.domain.facts import Facts
from shopwarden.domain.ids import StoreId
from shopwarden.domain.list_entry import NewEntry, normalise_value
from shopwarden.domain.order_check import CheckAddress, CheckPayment, OrderCheck
from shopwarden.domain.policy import ListKind, ListName
from shopwarden.steps.case import Judging
from shopwarden.steps.check_order import check_order
from shopwarden.store.database import Database
from shopwarden.store.list_entries import put_entries, remove_entries
from shopwarden.store.verdicts import StoredVerdict

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
ORDER = OrderCheck(
    order_id="1001",
    email="Ann.Smith+shop@gmail.com",
    phone="+49 151 12345678",
    ip="203.0.113.77",
    shipping_address=CheckAddress(address1="350 Fifth Avenue", city="New York", zip="10118", country_code="US"),
    payment=CheckPayment(bin="411111", last4="1111"),
)


async def put(database: Database, store_id: UUID, kind: ListKind, text: str, name: ListName = "block", **more: Any) -> UUID:
    value, shown = normalise_value(kind, text)
    async with database.transaction() as connection:
        entry = NewEntry(list=name, kind=kind, value=value, shown=shown, **more)
        return (await put_entries(connection, StoreId(store_id), [entry], "user:1"))[0].id


async def check(database: Database, store_id: UUID, order: OrderCheck = ORDER, at: datetime = NOW) -> StoredVerdict:
    async with database.pool.acquire() as connection:
        return await check_order(connection, StoreId(store_id), order, how=Judging(now=at))


def facts_of(stored: StoredVerdict) -> Facts:
    return stored.facts


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "annsmith@googlemail.com"),
        ("email", "a.n.n.smith@GMAIL.com"),
        ("domain", "@gmail.com"),
        ("phone", "0049 151 12345678"),
        ("ip", "203.0.113.77"),
        ("ip", "::ffff:203.0.113.77"),
        ("ip", "203.0.113.0/24"),
        ("ip", "203.0.0.0/8"),
        ("address", "US|10118|350 Fifth Ave"),
        ("card", "411111 **** 1111"),
    ],
)
async def test_what_is_on_the_block_list_is_declined_however_it_is_written(
    database: Database, store_id: UUID, kind: ListKind, text: str
) -> None:
    assert (await check(database, store_id)).verdict.advice == "approve"
    entry = await put(database, store_id, kind, text, reason="known fraud")
    stored = await check(database, store_id)
    assert stored.verdict.advice == "decline"
    (hit,) = facts_of(stored).lists or ()
    assert (hit.entry_id, hit.list, hit.kind, hit.reason) == (entry, "block", kind, "known fraud")
    async with database.transaction() as connection:
        await remove_entries(connection, StoreId(store_id), [entry])
    after = await check(database, store_id)
    assert (after.verdict.advice, facts_of(after).lists) == ("approve", ())
