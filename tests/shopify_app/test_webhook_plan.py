"""Carrying out the plan leaves exactly the wanted subscriptions, and nothing more to do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.sources import find_sources
from shopwarden.vendors.shopify_webhooks import PRIVACY_TOPICS, Subscription, graphql_topic, plan, wanted_topics

URI = "https://app.example/webhooks/shopify"
TOPICS = ("orders/create", "customers/update", "customer.tags_added", "app/uninstalled")
addresses = st.sampled_from(
    [URI, "https://old.example/webhooks/shopify", "https://elsewhere.example/hook", "arn:aws:events"]
)
found_ones = st.lists(
    st.builds(
        Subscription,
        id=st.uuids().map(str),
        topic=st.sampled_from([*map(graphql_topic, TOPICS), "SHOP_UPDATE"]),
        uri=addresses,
        format=st.sampled_from(["JSON", "XML"]),
    ),
    max_size=12,
    unique_by=lambda each: each.id,
)


def carried_out(found: list[Subscription]) -> list[Subscription]:
    made = plan(TOPICS, found, URI)
    turned = set(made.update.values())
    kept = [
        Subscription(each.id, each.topic, URI, "JSON") if each.id in turned else each
        for each in found
        if each.id not in made.delete
    ]
    return kept + [Subscription(f"new {topic}", graphql_topic(topic), URI, "JSON") for topic in made.create]


@given(found=found_ones)
def test_afterwards_each_wanted_topic_is_there_once(found: list[Subscription]) -> None:
    after = carried_out(found)
    for topic in TOPICS:
        ours = [each for each in after if each.topic == graphql_topic(topic) and each.uri == URI]
        assert [each.format for each in ours] == ["JSON"]
    again = plan(TOPICS, after, URI)
    assert [*again.create, *again.update, *again.delete] == []
    assert set(again.there) == set(TOPICS)


@given(found=found_ones)
def test_what_the_app_sends_elsewhere_is_left_alone(found: list[Subscription]) -> None:
    foreign = [each for each in found if not each.uri.endswith("/webhooks/shopify")]
    after = carried_out(found)
    assert all(each in after for each in foreign)


def test_every_topic_understood_is_wanted_but_those_no_api_makes() -> None:
    understood = find_sources()["shopify"].topics
    wanted = set(wanted_topics(understood))
    first_nine = {
        "customers/create", "customers/update", "customers/delete", "orders/create", "orders/updated", "checkouts/create",
        "checkouts/update", "carts/create", "carts/update",
    }  # fmt: skip
    assert first_nine | {"app/uninstalled", "refunds/create", "customer.tags_added"} <= wanted
    assert wanted | set(PRIVACY_TOPICS) == understood
    assert graphql_topic("customer.tags_added") == "CUSTOMER_TAGS_ADDED"
