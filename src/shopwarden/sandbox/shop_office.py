"""Fields of the Admin API about the shop itself, the app, its webhooks, bulk operations and definitions."""

from __future__ import annotations

from shopwarden.sandbox.shop_pages import cut
from shopwarden.sandbox.shop_people import CURRENCY, Record
from shopwarden.sandbox.shop_reading import Call, Reader, find_order, fulfillment_order, own_space
from shopwarden.sandbox.shop_state import Bulk, Subscription, number_of
from shopwarden.sandbox.shop_versions import CANDIDATE, SUPPORTED
from shopwarden.sandbox.shop_world import DAY, gid, iso

PLANS = {"standard": "Basic", "advanced": "Advanced", "plus": "Shopify Plus", "enterprise": "Enterprise"}


def shop_record(call: Call) -> Record:
    shop = call.shop
    number = int.from_bytes(shop.world.draw("shop", 0)[:4])
    opened = iso(shop.world.until.timestamp() - 1100 * DAY)
    return {
        "id": gid("Shop", number),
        "name": shop.name,
        "email": f"owner@{shop.domain}",
        "contactEmail": f"hello@{shop.domain}",
        "shopOwnerName": "Sam Shopkeeper",
        "myshopifyDomain": shop.domain,
        "primaryDomain": {"host": shop.domain, "url": f"https://{shop.domain}", "sslEnabled": True},
        "url": f"https://{shop.domain}",
        "currencyCode": CURRENCY,
        "enabledPresentmentCurrencies": [CURRENCY],
        "ianaTimezone": "America/New_York",
        "timezoneAbbreviation": "EST",
        "timezoneOffset": "-0500",
        "weightUnit": "KILOGRAMS",
        "plan": {"partnerDevelopment": True, "publicDisplayName": PLANS[shop.plan], "shopifyPlus": shop.plan == "plus"},
        "billingAddress": {"address1": "1 Dock Lane", "city": "Portland", "country": "United States",
                           "countryCodeV2": "US", "zip": "97205"},
        "createdAt": opened,
        "updatedAt": opened,
        "taxesIncluded": False,
        "setupRequired": False,
    }  # fmt: skip


def app_record(call: Call) -> Record:
    app = call.shop.apps[call.client_id]
    handle = app.name.lower().replace(" ", "-")
    return {"id": gid("App", app.number), "title": app.name, "apiKey": app.client_id, "handle": handle}


def subscription_record(one: Subscription) -> Record:
    if one.uri.startswith("arn:"):
        endpoint: Record = {"__typename": "WebhookEventBridgeEndpoint", "arn": one.uri}
    elif one.uri.startswith("pubsub://"):
        project, _, topic = one.uri.removeprefix("pubsub://").partition(":")
        endpoint = {"__typename": "WebhookPubSubEndpoint", "pubSubProject": project, "pubSubTopic": topic}
    else:
        endpoint = {"__typename": "WebhookHttpEndpoint", "callbackUrl": one.uri}
    return {
        "id": gid("WebhookSubscription", one.number),
        "legacyResourceId": str(one.number),
        "topic": one.topic,
        "uri": one.uri,
        "endpoint": endpoint,
        "format": one.form,
        "name": one.name,
        "filter": one.filter,
        "includeFields": list(one.fields),
        "metafieldNamespaces": list(one.namespaces),
        "apiVersion": version_record(one.version),
        "createdAt": iso(one.created_at),
        "updatedAt": iso(one.updated_at),
    }


def version_record(handle: str) -> Record:
    return {"displayName": handle, "handle": handle, "supported": handle in SUPPORTED}


def bulk_record(call: Call, one: Bulk) -> Record:
    there = one.status == "COMPLETED" and one.roots
    url = f"{call.base}/bulk/{one.number}.jsonl?ticket={one.ticket}"
    return {
        "id": gid("BulkOperation", one.number),
        "type": "QUERY",
        "status": one.status,
        "errorCode": one.error,
        "query": one.query,
        "createdAt": iso(one.created_at),
        "completedAt": iso(one.done_at) if one.done_at and one.status == "COMPLETED" else None,
        "objectCount": str(one.objects),
        "rootObjectCount": str(one.roots),
        "fileSize": str(one.size) if there else None,
        "url": url if there else None,
        "partialDataUrl": url if one.status in {"FAILED", "CANCELED"} and one.objects else None,
    }


def _subscriptions(call: Call, root: Record, asked: Record) -> object:
    topics, uri, form = asked.get("topics"), asked.get("uri"), asked.get("format")
    own = [one for one in call.shop.subscriptions.values() if one.client_id == call.client_id]
    own = [one for one in own if not isinstance(topics, list) or not topics or one.topic in topics]
    return cut([subscription_record(one) for one in own if uri in {None, one.uri} and form in {None, one.form}], asked)


def _bulks(call: Call) -> list[Bulk]:
    return [one for one in call.shop.bulks.values() if one.client_id == call.client_id]


def _current_bulk(call: Call, root: Record, asked: Record) -> object:
    own = _bulks(call)
    return bulk_record(call, own[-1]) if own and asked.get("type") == "QUERY" else None


def _bulk_list(call: Call, root: Record, asked: Record) -> object:
    query = str(asked.get("query") or "").lower()
    own = [one for one in _bulks(call) if "status:" not in query or f"status:{one.status.lower()}" in query]
    return cut([bulk_record(call, one) for one in own], asked)


def _definitions(call: Call, root: Record, asked: Record) -> object:
    space = asked.get("namespace")
    found = [
        one
        for (kind, name, key), one in call.shop.definitions.items()
        if kind == asked["ownerType"]
        and (space is None or name == own_space(call, str(space)))
        and asked.get("key") in {None, key}
    ]
    return cut(found, asked)


def _pixel(call: Call, root: Record, asked: Record) -> object:
    pixel = call.shop.pixels.get(call.client_id)
    return pixel if pixel and asked.get("id") in {None, pixel["id"]} else None


def _installation(call: Call, root: Record, asked: Record) -> object:
    scopes = [{"handle": scope, "description": scope.replace("_", " ")} for scope in call.scopes]
    app = app_record(call)
    launch = f"{call.base}/admin/apps/{call.client_id}"
    return {"id": gid("AppInstallation", 1), "app": app, "accessScopes": scopes, "launchUrl": launch}


def find_node(call: Call, identifier: object) -> Record | None:
    """Any object by its id, with its type in `__typename`; None where there is none, or it is another app's."""
    kind = str(identifier).removeprefix("gid://shopify/").partition("/")[0]
    number = number_of(identifier, kind)
    if number is None:
        return None
    found: Record | None = None
    if kind == "Customer":
        found = call.shop.customer(number)
    elif kind in {"Order", "FulfillmentOrder"}:
        order = find_order(call, number)
        found = fulfillment_order(call.shop, order) if order and kind == "FulfillmentOrder" else order
    elif kind == "BulkOperation":
        bulk = call.shop.bulks.get(number)
        found = bulk_record(call, bulk) if bulk and bulk.client_id == call.client_id else None
    elif kind == "WebhookSubscription":
        subscription = call.shop.subscriptions.get(number)
        found = subscription_record(subscription) if subscription and subscription.client_id == call.client_id else None
    elif kind == "Shop":
        found = shop_record(call)
    elif kind == "AbandonedCheckout":
        found = call.shop.checkouts.get(number)
    return None if found is None else found | {"__typename": kind}


def _found(kind: str) -> Reader:
    def read(call: Call, root: Record, asked: Record) -> object:
        found = find_node(call, asked["id"])
        return found if found and found["__typename"] == kind else None

    return read


def _nodes(call: Call, root: Record, asked: Record) -> object:
    wanted = asked["ids"]
    return [find_node(call, one) for one in wanted] if isinstance(wanted, list) else []


READERS: dict[tuple[str, str], Reader] = {
    ("QueryRoot", "shop"): lambda call, root, asked: shop_record(call),
    ("QueryRoot", "app"): lambda call, root, asked: app_record(call),
    ("QueryRoot", "currentAppInstallation"): _installation,
    ("QueryRoot", "node"): lambda call, root, asked: find_node(call, asked["id"]),
    ("QueryRoot", "nodes"): _nodes,
    ("QueryRoot", "webhookSubscription"): _found("WebhookSubscription"),
    ("QueryRoot", "webhookSubscriptions"): _subscriptions,
    ("QueryRoot", "webhookSubscriptionsCount"): lambda call, root, asked: {
        "count": sum(1 for one in call.shop.subscriptions.values() if one.client_id == call.client_id),
        "precision": "EXACT",
    },
    ("QueryRoot", "currentBulkOperation"): _current_bulk,
    ("QueryRoot", "bulkOperation"): _found("BulkOperation"),
    ("QueryRoot", "bulkOperations"): _bulk_list,
    ("QueryRoot", "fulfillmentOrder"): _found("FulfillmentOrder"),
    ("QueryRoot", "metafieldDefinitions"): _definitions,
    ("QueryRoot", "webPixel"): _pixel,
    ("QueryRoot", "job"): lambda call, root, asked: {"id": asked["id"], "done": True},
    ("QueryRoot", "locations"): lambda call, root, asked: cut(
        [{"id": gid("Location", 1), "name": "Warehouse", "isActive": True}], asked
    ),
    ("QueryRoot", "publicApiVersions"): lambda call, root, asked: [
        version_record(one) for one in (*SUPPORTED, CANDIDATE, "unstable")
    ],
}
