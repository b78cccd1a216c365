"""The simulated day is the same for the same seed, in the order of time, and as messy as it claims to be."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from shopwarden.demo.actions import Day
from shopwarden.demo.day import Size, simulate
from shopwarden.demo.post import message_of
from shopwarden.domain.ip import is_public
from shopwarden.sources.segment.messages import Arrival, read_message
from shopwarden.sources.shopify import SOURCE, translate
from shopwarden.vendors.offline.ip import IpLookup

ENDS = datetime(2026, 3, 14, 18, tzinfo=UTC)
SIZE = Size(visitors=240, order_share=0.25)


@pytest.fixture(scope="module")
def lookup() -> IpLookup:
    return IpLookup(())


@pytest.fixture(scope="module")
def day(lookup: IpLookup) -> Day:
    return simulate("3", SIZE, ENDS, lookup.lookup)


def test_the_same_seed_gives_the_same_day(day: Day, lookup: IpLookup) -> None:
    again = simulate("3", SIZE, ENDS, lookup.lookup)
    assert msgspec.json.encode(again) == msgspec.json.encode(day)


def test_another_seed_gives_other_people_and_other_ids(day: Day, lookup: IpLookup) -> None:
    other = simulate("4", SIZE, ENDS, lookup.lookup)
    assert not {action.id for action in day.actions} & {action.id for action in other.actions}
    assert not {truth.order_id for truth in day.truths} & {truth.order_id for truth in other.truths}


def test_everything_happens_in_order_and_before_the_end(day: Day) -> None:
    times = [action.at for action in day.actions]
    assert times == sorted(times)
    assert times[-1] <= ENDS
    assert day.started == ENDS - timedelta(days=1)
    assert len({action.id for action in day.actions}) == len(day.actions)


def test_every_order_of_the_truth_is_told_once_and_paid(day: Day) -> None:
    told = Counter(str(action.body["id"]) for action in day.actions if action.topic == "orders/create")
    assert told == Counter(truth.order_id for truth in day.truths)
    present = [truth for truth in day.truths if not truth.is_history]
    paid = {str(action.body["id"]) for action in day.actions if action.topic == "orders/paid"}
    assert paid == {truth.order_id for truth in present}
    assert all(truth.at >= day.started for truth in present)


def test_fraud_has_the_share_it_was_given_and_comes_in_every_kind(lookup: IpLookup) -> None:
    big = simulate("5", Size(visitors=600, order_share=0.5), ENDS, lookup.lookup)
    present = [truth for truth in big.truths if not truth.is_history]
    kinds = {truth.character for truth in present if truth.is_fraud}
    assert kinds == {
        "account takeover", "bot checkout", "card testing", "ring", "stolen card", "stolen card, careful",
    }  # fmt: skip
    # A campaign may bring a few orders more than were asked for.
    assert 24 <= sum(truth.is_fraud for truth in present) <= 30
    honest = {truth.character for truth in present if not truth.is_fraud}
    assert {"VPN user", "first-time buyer", "returning customer", "traveller", "gift sender"} <= honest


def test_the_server_understands_every_message(day: Day) -> None:
    arrival = Arrival(received=ENDS.timestamp() + 3600, sent=ENDS.timestamp() + 3600)
    for action in day.actions:
        body = msgspec.json.encode(message_of(action) if action.channel == "tracker" else action.body)
        if action.channel == "webhook":
            assert action.topic in SOURCE.topics
            assert translate(action.topic, body, action.at)
            continue
        event = read_message(body, None, arrival)
        assert abs(event.at - action.at.timestamp()) < 0.01
        assert b"unknown_event" not in event.data
        assert event.ip is not None
        assert is_public(event.ip)
