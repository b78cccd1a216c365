"""Metrics, the account itself, webhooks and their topics."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from shopwarden.sandbox import klaviyo_world as begun
from shopwarden.sandbox.klaviyo_documents import (
    KIND,
    Asked,
    Document,
    Wrong,
    error,
    invalid,
    missing,
    narrowed,
    page,
    time_text,
)
from shopwarden.sandbox.klaviyo_profiles import part
from shopwarden.sandbox.klaviyo_state import Account, Webhook
from shopwarden.sandbox.stand_in import Heard, Said

SHORTEST_SECRET = 16
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def accounts(account: Account, heard: Heard, one: str) -> Said:
    attributes = {
        "test_account": True,
        "contact_information": {
            "default_sender_name": "Sandbox Shop",
            "default_sender_email": "hello@demo.myshopify.com",
            "website_url": "https://demo.myshopify.com",
            "organization_name": "Sandbox Shop",
            "street_address": {
                "address1": None,
                "address2": None,
                "city": None,
                "region": None,
                "country": "US",
                "zip": None,
            },
        },
        "industry": "Retail",
        "timezone": "America/New_York",
        "preferred_currency": "USD",
        "public_api_key": "SANDBX",
        "locale": "en-US",
    }
    own = f"{heard.base}/api/accounts/SANDBX/"
    data = [{"type": "account", "id": "SANDBX", "attributes": attributes, "links": {"self": own}}]
    return Said.of({"data": data, "links": {"self": f"{heard.base}{heard.path}", "next": None, "prev": None}}, kind=KIND)


def metric_resource(account: Account, heard: Heard, place: int) -> Document:
    name, one = account.metrics[place], begun.metric_id(place)
    source = "Shopify" if name in {"Placed Order", "Viewed Product"} else "Klaviyo" if place < len(begun.METRICS) else "API"
    category = {"Shopify": "eCommerce", "Klaviyo": "Internal"}.get(source, "API")
    made = begun.created(account.world, 0)
    return {
        "type": "metric",
        "id": one,
        "attributes": narrowed(
            heard,
            "metric",
            {
                "name": name,
                "created": time_text(made),
                "updated": time_text(made),
                "integration": {
                    "object": "integration",
                    "id": source[:6],
                    "key": source.lower(),
                    "name": source,
                    "category": category,
                },
            },
        ),
        "relationships": {},
        "links": {"self": f"{heard.base}/api/metrics/{one}/"},
    }


def metrics(account: Account, heard: Heard, one: str) -> Said:
    asked = Asked(200, "id", False, Asked.of(heard, 200, 200, ("id",)).cursor)
    keys: list[tuple[float | str, str]] = [
        (begun.metric_id(place), begun.metric_id(place)) for place in range(len(account.metrics))
    ]
    found, links = page(heard, asked, keys)
    data = [metric_resource(account, heard, int(one.removeprefix("MTR"))) for one in found]
    return Said.of({"data": data, "links": links}, kind=KIND)


def metric(account: Account, heard: Heard, one: str) -> Said:
    digits = one.removeprefix("MTR")
    if not digits.isdigit() or int(digits) >= len(account.metrics):
        raise missing("metric", one)
    data = metric_resource(account, heard, int(digits))
    return Said.of({"data": data, "links": {"self": f"{heard.base}{heard.path}"}}, kind=KIND)


def _allowed(account: Account) -> None:
    if not account.has_webhooks:
        raise Wrong(error(403, "permission_denied", "Webhooks are not part of this account's plan."))


def _shown(heard: Heard, one: Webhook) -> Document:
    own = f"{heard.base}/api/webhooks/{one.id}"
    return {
        "type": "webhook",
        "id": one.id,
        "attributes": {
            "name": one.name,
            "description": one.description,
            "endpoint_url": one.url,
            "enabled": one.enabled,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        },
        "relationships": {
            "webhook-topics": {
                "data": [{"type": "webhook-topic", "id": topic} for topic in one.topics],
                "links": {"self": f"{own}/relationships/webhook-topics/", "related": f"{own}/webhook-topics/"},
            }
        },
        "links": {"self": f"{own}/"},
    }


def webhooks(account: Account, heard: Heard, one: str) -> Said:
    _allowed(account)
    data = [_shown(heard, held) for held in account.webhooks.values()]
    return Said.of({"data": data, "links": {"self": f"{heard.base}{heard.path}", "next": None, "prev": None}}, kind=KIND)


def _found(account: Account, one: str) -> Webhook:
    _allowed(account)
    found = account.webhooks.get(one)
    if found is None:
        raise missing("webhook", one)
    return found


def webhook(account: Account, heard: Heard, one: str) -> Said:
    data = _shown(heard, _found(account, one))
    return Said.of({"data": data, "links": {"self": f"{heard.base}{heard.path}"}}, kind=KIND)


def _fill(held: Webhook, data: Document) -> Webhook:
    """Takes over what the body names. Wrong (400) names the member that won't do."""
    given = part(data, "attributes")
    url, secret = str(given.get("endpoint_url") or held.url), str(given.get("secret_key") or held.secret)
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise invalid("The endpoint must be an https address.", "/data/attributes/endpoint_url")
    if len(secret) < SHORTEST_SECRET:
        raise invalid(f"The secret must have {SHORTEST_SECRET} characters or more.", "/data/attributes/secret_key")
    named = part(part(data, "relationships"), "webhook-topics").get("data")
    topics = tuple(str(part({"one": one}, "one").get("id")) for one in named) if isinstance(named, list) else held.topics
    unknown = [topic for topic in topics if topic not in begun.TOPICS]
    if unknown or not topics:
        raise invalid(f"Unknown webhook topic: {', '.join(unknown) or 'none named'}", "/data/relationships/webhook-topics")
    held.name, held.url, held.secret, held.topics = str(given.get("name") or held.name), url, secret, topics
    held.description = str(given["description"]) if given.get("description") else held.description
    held.enabled = given.get("enabled", held.enabled) is True
    held.updated_at = time_text(time.time())
    return held


def create_webhook(account: Account, heard: Heard, one: str) -> Said:
    _allowed(account)
    moment = time_text(time.time())
    new = _fill(Webhook(f"WH{account.next():024d}", "", None, "", "", (), True, moment, moment), part(heard.json(), "data"))
    account.webhooks[new.id] = new
    return Said.of({"data": _shown(heard, new), "links": {"self": f"{heard.base}/api/webhooks/{new.id}/"}}, 201, kind=KIND)


def change_webhook(account: Account, heard: Heard, one: str) -> Said:
    data = _shown(heard, _fill(_found(account, one), part(heard.json(), "data")))
    return Said.of({"data": data, "links": {"self": f"{heard.base}{heard.path}"}}, kind=KIND)


def delete_webhook(account: Account, heard: Heard, one: str) -> Said:
    del account.webhooks[_found(account, one).id]
    return Said(204)


def _topic(heard: Heard, one: str) -> Document:
    return {"type": "webhook-topic", "id": one, "links": {"self": f"{heard.base}/api/webhook-topics/{one}/"}}


def topics(account: Account, heard: Heard, one: str) -> Said:
    _allowed(account)
    links = {"self": f"{heard.base}{heard.path}", "next": None, "prev": None}
    return Said.of({"data": [_topic(heard, name) for name in begun.TOPICS], "links": links}, kind=KIND)


def topic(account: Account, heard: Heard, one: str) -> Said:
    _allowed(account)
    if one not in begun.TOPICS:
        raise missing("webhook-topic", one)
    return Said.of({"data": _topic(heard, one), "links": {"self": f"{heard.base}{heard.path}"}}, kind=KIND)
