"""Webhook subscriptions of a shop: which there should be, which there are, and what makes the one the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

PRIVACY_TOPICS = ("customers/data_request", "customers/redact", "shop/redact")
"""Every app needs them, and no API makes them: they are set where the app is."""

LIST = """
query Subscriptions($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri format }
    pageInfo { hasNextPage endCursor }
  }
}
"""
CREATE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, format: JSON}) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""
UPDATE = """
mutation Redirect($id: ID!, $uri: String!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: {uri: $uri, format: JSON}) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""
DELETE = """
mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}
"""


class Subscription(msgspec.Struct, frozen=True):
    """`topic` as GraphQL writes it: ORDERS_CREATE."""

    id: str
    topic: str
    uri: str = ""
    format: str = "JSON"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Topics as webhooks name them (orders/create). `there`, `update`: topic -> id; `delete`: ids of leftovers of ours."""

    there: Mapping[str, str]
    update: Mapping[str, str]
    create: tuple[str, ...]
    delete: tuple[str, ...]


def graphql_topic(topic: str) -> str:
    return topic.upper().replace("/", "_").replace(".", "_")


def wanted_topics(understood: Iterable[str]) -> tuple[str, ...]:
    """Every topic that is understood here and that an API can subscribe to."""
    return tuple(sorted(set(understood) - set(PRIVACY_TOPICS)))


def plan(wanted: Iterable[str], found: Iterable[Subscription], uri: str) -> Plan:
    """Afterwards each wanted topic has exactly one subscription of ours, to `uri` and in JSON.

    Ours are those whose address ends as `uri` does: what the app sends elsewhere is left alone.
    """
    end = "/webhooks/shopify"
    by_topic: dict[str, list[Subscription]] = {}
    for each in found:
        if each.uri == uri or each.uri.rstrip("/").endswith(end):
            by_topic.setdefault(each.topic, []).append(each)
    there, update, create, delete = {}, {}, [], []
    for topic in sorted(set(wanted)):
        ours = by_topic.get(graphql_topic(topic), [])
        right = next((each for each in ours if each.uri == uri and each.format == "JSON"), None)
        # One that delivers to the right place in the wrong form can't be left beside a second one.
        kept = right or next((each for each in ours if each.uri == uri), None) or next(iter(ours), None)
        if right is not None:
            there[topic] = right.id
        elif kept is not None:
            update[topic] = kept.id
        else:
            create.append(topic)
        delete += [each.id for each in ours if each is not kept]
    return Plan(there=there, update=update, create=tuple(create), delete=tuple(delete))
