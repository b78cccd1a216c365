"""Fraud as shops meet it, from raw events and webhooks to the advice a good analyst would give, and why in words."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from shopwarden.demo.bodies import dispute_body
from shopwarden.demo.catalogue import GIFT_CARDS, ORDINARY, SOUGHT_AFTER, Line
from shopwarden.demo.devices import THIEVES_USE, device_of
from shopwarden.demo.history import earlier_order
from shopwarden.demo.names import made_up_email, name_of
from shopwarden.demo.people import stolen_card
from shopwarden.demo.places import COUNTRIES, address_in
from shopwarden.demo.purchase import Plan
from shopwarden.demo.walk import HASTY
from shopwarden.store.database import Database
from tests.stories.staged import DAY, staged

HEADPHONES, WATCH, SNEAKER, HANDBAG, CAMERA = SOUGHT_AFTER


async def test_card_testing_is_refused_and_told_before_the_order(database: Database, store_id: UUID) -> None:
    """Eleven stolen cards are tried on the cheapest thing until one goes through."""
    async with staged("card testing", database, store_id) as story:
        dice = story.dice
        thief = story.casting.thief(dice, 0.1)
        plan = Plan(refused=tuple(stolen_card(dice) for _ in range(11)), seconds_between_tries=6, seconds_in_checkout=20)
        sale = story.purchase(thief, story.now, (Line(ORDINARY[14]),), plan, pages=0, pace=HASTY)
        await story.play()
        judged = await story.judged(sale)
        assert judged.advice == "decline", judged
        assert judged.said["behaviour.failed_payments"] == "11 payments failed within the last hour."
        assert judged.said["order.cards_tried"].startswith("12 different cards were tried"), judged.said
        (title,) = await story.alerts("behaviour")
        assert title.startswith("Suspicious visitor before the checkout is finished"), title
        assert "several failed payments" in title


async def test_an_account_taken_over_is_stopped(database: Database, store_id: UUID) -> None:
    """Two years a good customer; today in from Vietnam on another machine: headphones and a watch, express, abroad."""
    async with staged("takeover", database, store_id) as story:
        dice = story.dice
        owner = story.known(story.someone("US"), 6, days=600, is_registered=True)
        hijacked = replace(
            owner, device=device_of(dice, THIEVES_USE, 1.0), anonymous_id=dice.hexadecimal(32),
            ip=story.casting.networks.home(dice, "VN"), timezone="Asia/Ho_Chi_Minh",
        )  # fmt: skip
        plan = Plan(
            ship_to=address_in(dice, "BR"), recipient=name_of(dice, COUNTRIES["BR"].names), is_express=True,
            seconds_in_checkout=45,
        )  # fmt: skip
        sale = story.purchase(hijacked, story.now, (Line(HEADPHONES), Line(WATCH)), plan, pages=0, pace=HASTY)
        await story.play()
        judged = await story.judged(sale)
        assert judged.advice == "decline", judged
        assert judged.said["order.takeover_pattern"] == (
            "A customer of 6 orders suddenly uses a new device, a new network and a new shipping address:"
            " the account may be in other hands."
        )


async def test_a_careful_takeover_is_looked_at(database: Database, store_id: UUID) -> None:
    """The same account, a line in the same country, an ordinary pace: only the device, the line and the address are new."""
    async with staged("careful takeover", database, store_id) as story:
        dice = story.dice
        owner = story.known(story.someone("US"), 6, days=600, is_registered=True)
        hijacked = replace(
            owner, device=device_of(dice, THIEVES_USE, 1.0), anonymous_id=dice.hexadecimal(32),
            ip=story.casting.networks.home(dice, "US"),
        )  # fmt: skip
        plan = Plan(ship_to=address_in(dice, "US"), recipient=name_of(dice, COUNTRIES["US"].names), is_express=True)
        sale = story.purchase(hijacked, story.now, (Line(HANDBAG),), plan, pages=4)
        await story.play()
        judged = await story.judged(sale)
        assert judged.advice == "review", judged
        assert "order.takeover_pattern" in judged.said
        assert judged.said["order.express_new_address"] == (
            "A returning customer wants express shipping to an address never used before."
        )


async def test_a_ring_is_seen_through_by_its_flat_and_its_machine(database: Database, store_id: UUID) -> None:
    """Five names with new cards and throwaway addresses, one flat, one machine, one afternoon."""
    async with staged("ring", database, store_id) as story:
        dice = story.dice
        drop, machine = address_in(dice, "US"), device_of(dice, THIEVES_USE, 1.0)
        line = story.casting.networks.home(dice, "US")
        sales = []
        for number in range(5):
            member = story.casting.thief(dice, 0.8)
            email = made_up_email(dice, member.first, member.last, 0.3)
            member = replace(member, home=drop, device=machine, ip=line, email=email, timezone=drop.city.timezone)
            at = story.now - timedelta(minutes=25 * (5 - number))
            sales.append(story.purchase(member, at, (Line(CAMERA),), Plan(is_express=True), pages=3, pace=HASTY))
        await story.play()
        judged = [await story.judged(sale) for sale in sales]
        advice = [one.advice for one in judged]
        assert "approve" not in advice[2:], judged
        assert advice[-1] == "decline", judged[-1]
        assert judged[-1].said["velocity.customers_by_address"].startswith("To this shipping address"), judged[-1].said
        assert "device.many_customers" in judged[-1].said


async def test_a_reseller_is_looked_at_and_not_refused(database: Database, store_id: UUID) -> None:
    """Fifteen limited sneakers at once, paid with a good card, to a freight forwarder: a question of policy, not a crime."""
    async with staged("reseller", database, store_id) as story:
        buyer = story.someone("US")
        depot = replace(address_in(story.dice, "US"), line1="8600 NW 25th St", line2="Suite DHL-44121")
        plan = Plan(ship_to=depot, recipient=(buyer.first, buyer.last), is_express=True)
        sale = story.purchase(buyer, story.now, (Line(SNEAKER, 15),), plan, pages=2)
        await story.play()
        judged = await story.judged(sale)
        assert judged.advice == "review", judged
        assert judged.said["order.many_of_one"] == "15 pieces of one item."
        assert judged.is_in_queue


async def test_friendly_fraud_is_looked_at_before_the_next_parcel(database: Database, store_id: UUID) -> None:
    """An own device, an own address, an own card; and two of the last four orders were charged back."""
    async with staged("friendly fraud", database, store_id) as story:
        buyer = replace(story.someone("US"), since=story.now - 200 * DAY, is_registered=True)
        for place in range(4):
            sale = earlier_order(story.stage, story.dice, buyer, story.now - (40 + 40 * place) * DAY)
            if place < 2:
                lost = sale.at + 12 * DAY
                story.stage.webhook(lost, "disputes/create", dispute_body(sale, story.stage.numbers.next(), lost))
        last = story.purchase(buyer, story.now, (Line(HEADPHONES), Line(GIFT_CARDS[3])), pages=3)
        await story.play()
        judged = await story.judged(last)
        assert judged.advice in ("review", "decline"), judged.points
        assert judged.said["order.past_disputes"] == "2 earlier payments were disputed, of 4 orders.", judged.said
        assert not {"trust.known_device", "trust.known_address", "behaviour.calm_history"} & judged.said.keys(), (
            "being known is no comfort where the known did this"
        )
        assert judged.is_in_queue
