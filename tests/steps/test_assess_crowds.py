"""An office and a card tester, each on one address, judged by what the store knows: only the tester is told."""

from __future__ import annotations

from uuid import UUID

from shopwarden.steps.assess import assess_order
from shopwarden.steps.case import Judging
from shopwarden.steps.crowds import learn_crowds
from shopwarden.store.database import Database
from shopwarden.store.verdicts import StoredVerdict
from tests.steps.shop_rows import DAY, HOUR, NOW, Shop

OFFICE, FRESH = "203.0.113.7", "203.0.113.99"


async def judged(shop: Shop, order: UUID) -> StoredVerdict:
    async with shop.connection.transaction():
        how = Judging(now=NOW)
        return await assess_order(shop.connection, shop.store_id, order, trigger="webhook", event_key=str(order), how=how)


def by_ip(verdict: StoredVerdict) -> dict[str, float]:
    return {one.key: one.points for one in verdict.verdict.reasons if one.key.endswith("_by_ip")}


async def buys(shop: Shop, name: str, ip: str, visitor: UUID, **more: object) -> UUID:
    customer = await shop.customer(f"{name}@shop.test")
    await shop.connection.execute("UPDATE visitors SET customer_id = $1 WHERE id = $2", customer, visitor)
    await shop.token(f"tok-{name}", "checkout", visitor, await shop.session(visitor))
    order = {"email": f"{name}@shop.test", "customer_id": customer, "checkout_token": f"tok-{name}", "card_key": name}
    return await shop.order(name, browser_ip=ip, financial_status="paid", **order, **more)


async def office(shop: Shop) -> None:
    """Forty colleagues who come back day by day; five of them order within the hour, thirty within the day."""
    for n in range(40):
        first, last = NOW - (5 + n) * DAY, NOW - HOUR / 10
        visitor = await shop.visitor(f"colleague{n}", first_seen=first, last_seen=last, ip=OFFICE)
        await shop.seen_on(visitor, OFFICE, first, last)
        if n < 30:
            at = NOW - (n + 1) * HOUR / 6 if n < 5 else NOW - HOUR - n * HOUR / 2
            await buys(shop, f"colleague{n}", OFFICE, visitor, created_at=at)


async def test_an_office_of_forty_calm_customers_does_not_fire(shop: Shop, database: Database) -> None:
    await office(shop)
    assert await learn_crowds(database, NOW + HOUR) == 40
    newcomer = await shop.visitor("newcomer", ip=OFFICE)
    await shop.seen_on(newcomer, OFFICE, NOW - HOUR / 10, NOW)
    verdict = await judged(shop, await buys(shop, "newcomer", OFFICE, newcomer, created_at=NOW))
    assert by_ip(verdict) == {}
    row = await shop.one("visitors", newcomer)
    assert row["ip_crowd"] == 40


async def test_the_office_is_known_before_any_schedule_ran(shop: Shop) -> None:
    await office(shop)
    newcomer = await shop.visitor("newcomer", ip=OFFICE)
    assert by_ip(await judged(shop, await buys(shop, "newcomer", OFFICE, newcomer, created_at=NOW))) == {}


async def test_thirty_fresh_visitors_testing_cards_on_one_fresh_address_fire(shop: Shop, database: Database) -> None:
    await office(shop)
    for n in range(30):
        at = NOW - HOUR / 2 + n * HOUR / 100
        visitor = await shop.visitor(f"fake{n}", first_seen=at, last_seen=at, ip=FRESH)
        await shop.seen_on(visitor, FRESH, at, at)
        await shop.payment(f"try{n}", visitor_id=visitor, ip=FRESH, card_key=f"stolen{n}", at=at)
        if n % 5 == 0:
            await buys(shop, f"fake{n}", FRESH, visitor, created_at=at)
    await learn_crowds(database, NOW + HOUR)
    last = await shop.visitor("last", first_seen=NOW, last_seen=NOW, ip=FRESH)
    said = by_ip(await judged(shop, await buys(shop, "last", FRESH, last, created_at=NOW)))
    assert {"velocity.failed_payments_by_ip", "velocity.cards_by_ip", "velocity.customers_by_ip"} <= said.keys()
    assert said["velocity.failed_payments_by_ip"] + said["velocity.cards_by_ip"] > 30
    fakes = await shop.connection.fetch(
        "SELECT DISTINCT ip_crowd FROM visitors WHERE ip = $1 AND last_seen < $2", FRESH, NOW
    )
    assert [row["ip_crowd"] for row in fakes] == [1]
