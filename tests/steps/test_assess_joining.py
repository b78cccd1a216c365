"""An order finds its visitor by the surest clue it has, and by an address only when nobody else is on it."""

from __future__ import annotations

from typing import Any

import pytest

from shopwarden.store.joining import Clues, Joined, find_visitor
from tests.steps.shop_rows import DAY, HOUR, NOW, Shop

IP = "203.0.113.7"


async def find(shop: Shop, **clues: Any) -> Joined | None:
    return await find_visitor(shop.connection, shop.store_id, Clues(**clues), NOW)


async def test_each_clue_yields_to_a_surer_one(shop: Shop) -> None:
    names = ("by_session", "by_checkout", "by_cart", "by_id", "by_anonymous", "by_customer", "by_email", "by_ip")
    visitors = {name: await shop.visitor(name) for name in names}
    session = await shop.session(visitors["by_session"])
    await shop.token("t-checkout", "checkout", visitors["by_checkout"])
    await shop.token("t-cart", "cart", visitors["by_cart"])
    customer, other = await shop.customer("known@shop.test"), await shop.customer("mail@shop.test")
    await shop.connection.execute("UPDATE visitors SET customer_id = $1 WHERE id = $2", customer, visitors["by_customer"])
    await shop.connection.execute("UPDATE visitors SET customer_id = $1 WHERE id = $2", other, visitors["by_email"])
    await shop.seen_on(visitors["by_ip"], IP, NOW - HOUR, NOW)
    clues: dict[str, Any] = {
        "session_id": str(session),
        "checkout_token": "t-checkout",
        "cart_token": "t-cart",
        "visitor_id": str(visitors["by_id"]),
        "anonymous_id": "by_anonymous",
        "customer_id": customer,
        "email": "mail@shop.test",
        "ip": IP,
    }
    expected = ("session", "checkout", "checkout", "visitor", "visitor", "customer", "email", "ip")
    for (clue, name), joined_by in zip(zip(list(clues), names, strict=True), expected, strict=True):
        found = await find(shop, **clues)
        assert found is not None
        assert (found.visitor_id, found.joined_by) == (visitors[name], joined_by)
        del clues[clue]
    assert await find(shop) is None


async def test_a_session_token_of_the_storefront_finds_its_session(shop: Shop) -> None:
    visitor = await shop.visitor("a")
    session = await shop.session(visitor)
    await shop.token("storefront-session", "session", visitor, session)
    found = await find(shop, session_id="storefront-session")
    assert found is not None
    assert (found.session_id, found.joined_by) == (session, "session")


async def test_an_address_with_two_visitors_joins_nobody(shop: Shop) -> None:
    for name in ("a", "b"):
        await shop.seen_on(await shop.visitor(name), IP, NOW - HOUR, NOW - HOUR / 2)
    assert await find(shop, ip=IP) is None


@pytest.mark.parametrize(("last", "is_bot"), [(NOW - 3 * HOUR, False), (NOW, True)])
async def test_a_bot_or_a_visit_long_gone_is_not_joined_by_address(shop: Shop, last: Any, is_bot: bool) -> None:
    await shop.seen_on(await shop.visitor("a", is_bot=is_bot), IP, NOW - 4 * HOUR, last)
    assert await find(shop, ip=IP) is None


async def test_a_visitor_who_came_after_the_order_is_not_its_visitor(shop: Shop) -> None:
    customer = await shop.customer("c@shop.test")
    await shop.visitor("later", customer_id=customer, first_seen=NOW + HOUR, last_seen=NOW + HOUR)
    assert await find(shop, customer_id=customer) is None


async def test_an_old_visit_gives_its_visitor_but_not_its_session_or_device(shop: Shop) -> None:
    customer, device = await shop.customer("c@shop.test"), await shop.device("fp")
    times = {"first_seen": NOW - 9 * DAY, "last_seen": NOW - 8 * DAY}
    visitor = await shop.visitor("a", customer_id=customer, device_id=device, **times)
    await shop.session(visitor, started_at=NOW - 8 * DAY, ended_at=NOW - 8 * DAY, device_id=device)
    found = await find(shop, customer_id=customer)
    assert found == Joined(
        visitor_id=visitor, session_id=None, device_id=None, device_is_strong=False, joined_by="customer"
    )  # fmt: skip


async def test_another_store_is_never_reached(shop: Shop, database: Any) -> None:
    from shopwarden.store.stores import create_store

    await shop.token("t", "checkout", await shop.visitor("a"))
    other = Shop(shop.connection, await create_store(database, name="Other"))
    assert await find(other, checkout_token="t", anonymous_id="a") is None
