"""Honest people whose orders look odd, from raw events and webhooks to the advice they deserve, and why in words."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from shopwarden.demo.catalogue import SOUGHT_AFTER, Line
from shopwarden.demo.names import name_of
from shopwarden.demo.places import COUNTRIES, address_in
from shopwarden.demo.purchase import Plan
from shopwarden.store.database import Database
from tests.stories.staged import DAY, staged


async def test_a_traveller_buys_for_home(database: Database, store_id: UUID) -> None:
    """A customer of a year orders from a hotel in Spain, on the own phone, to the own address."""
    async with staged("traveller", database, store_id) as story:
        person = story.known(story.someone("US"), 4)
        sale = story.purchase(
            replace(person, ip=story.casting.networks.home(story.dice, "ES")), story.now, (Line(story.ordinary()),)
        )
        await story.play()
        judged = await story.judged(sale)
        assert (judged.advice, judged.is_in_queue) == ("approve", False), judged
        assert judged.said["ip.billing_country"] == "The visit came from ES, the billing address is in US."
        assert judged.said["trust.known_device"] == "The customer has used this device before."
        assert judged.said["trust.known_address"] == "Earlier orders of the customer went to this address."
        assert await story.alerts("behaviour") == []


async def test_a_traveller_on_the_way_changes_networks(database: Database, store_id: UUID) -> None:
    """Airport, train, hotel within an afternoon: the alert is no more than a line, the order goes through."""
    async with staged("on the way", database, store_id) as story:
        person = story.known(story.someone("US", is_registered=True), 5)
        for minutes, country in ((50, "US"), (30, "ES"), (10, "ES")):
            line = replace(person, ip=story.casting.networks.home(story.dice, country))
            at = story.now - timedelta(minutes=minutes)
            sale = story.purchase(line, at, (Line(story.ordinary()),), Plan(is_completed=minutes == 10), pages=2)
        await story.play()
        judged = await story.judged(sale)
        assert judged.advice == "approve", judged


async def test_colleagues_behind_one_corporate_vpn_are_approved(database: Database, store_id: UUID) -> None:
    """Six employees order in their lunch break over the company's exit in another state: own homes, own cards."""
    async with staged("corporate", database, store_id) as story:
        exit_address = story.casting.networks.hosting(story.dice, "US")
        for _ in range(3):
            colleague = replace(story.someone("US"), ip=exit_address, home_ip=exit_address)
            story.purchase(colleague, story.now - 9 * DAY, (Line(story.ordinary()),), pages=4)
        sales = []
        for number in range(6):
            colleague = replace(story.someone("US"), ip=exit_address)
            at = story.now - timedelta(minutes=8 * (6 - number))
            sales.append(story.purchase(colleague, at, (Line(story.ordinary()),), pages=5))
        await story.play()
        judged = [await story.judged(sale) for sale in sales]
        assert {one.advice for one in judged} == {"approve"}, [(one.score, one.points) for one in judged]
        assert judged[-1].said["ip.hosting"].startswith("The IP address belongs to"), judged[-1].said


async def test_a_first_order_over_a_private_vpn_is_approved(database: Database, store_id: UUID) -> None:
    async with staged("private vpn", database, store_id) as story:
        person = story.someone("DE")
        sale = story.purchase(
            replace(person, ip=story.casting.networks.vpn(story.dice, "DE")), story.now, (Line(story.ordinary()),), pages=6
        )
        await story.play()
        judged = await story.judged(sale)
        assert judged.advice == "approve", judged
        assert "ip.vpn" in judged.said


async def test_a_shared_student_house_is_approved(database: Database, store_id: UUID) -> None:
    """Eight students, one line, one street address, a delivery each within two days."""
    async with staged("student house", database, store_id) as story:
        line, house = story.casting.networks.campus(story.dice, "US"), address_in(story.dice, "US")
        sales = []
        for number in range(8):
            student = replace(story.someone("US"), ip=line, home_ip=line, home=house, timezone=house.city.timezone)
            at = story.now - timedelta(hours=5 * (8 - number))
            sales.append(story.purchase(student, at, (Line(story.ordinary()),), pages=5))
        await story.play()
        judged = [await story.judged(sale) for sale in sales]
        assert {one.advice for one in judged} == {"approve"}, [(one.score, one.points) for one in judged]
        assert judged[-1].said["velocity.customers_by_address"].startswith("To this shipping address"), judged[-1].said


async def test_a_gift_to_another_country_is_approved(database: Database, store_id: UUID) -> None:
    """A first order, sent to a friend abroad; a known customer's, in a hurry, likewise."""
    async with staged("gift", database, store_id) as story:
        there = Plan(ship_to=address_in(story.dice, "GB"), recipient=name_of(story.dice, COUNTRIES["GB"].names))
        first = story.purchase(story.someone("US"), story.now, (Line(story.ordinary()),), there, pages=7)
        known = story.known(story.someone("US"), 3)
        hurry = replace(there, is_express=True)
        second = story.purchase(known, story.now, (Line(SOUGHT_AFTER[2]),), hurry, pages=5)
        await story.play()
        newcomer, returning = await story.judged(first), await story.judged(second)
        assert newcomer.advice == "approve", newcomer
        assert newcomer.said["order.country_mismatch"] == "Billed to US, but shipped to GB.", newcomer.said
        assert returning.advice == "approve", returning
        assert [newcomer.is_in_queue, returning.is_in_queue] == [False, False]
