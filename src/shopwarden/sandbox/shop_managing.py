"""Mutations on what an app sets up: webhook subscriptions, definitions, bulk operations, its pixel, its own leaving."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import msgspec

from shopwarden.sandbox import shop_bulk
from shopwarden.sandbox.shop_announce import tell_uninstalled
from shopwarden.sandbox.shop_office import app_record, bulk_record, subscription_record
from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_reading import Call, Reader, denied, own_space
from shopwarden.sandbox.shop_state import Subscription, number_of
from shopwarden.sandbox.shop_topics import PRIVACY, listed
from shopwarden.sandbox.shop_world import gid
from shopwarden.sandbox.shop_writing import wrong

_SCOPES = {
    **dict.fromkeys(("CUSTOMERS", "CUSTOMER"), "read_customers"),
    **dict.fromkeys(("ORDERS", "ORDER", "REFUNDS", "CHECKOUTS", "CARTS", "FULFILLMENTS"), "read_orders"),
}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
AT_ONCE = 5


def _unfit_uri(uri: str) -> str | None:
    """What is wrong with the address of a subscription. Only on this machine may it be plain http."""
    if uri.startswith(("arn:aws:events:", "pubsub://")):
        return None
    parts = urlsplit(uri)
    if parts.scheme == "https" and parts.hostname:
        return None
    if parts.scheme == "http" and (parts.hostname in _LOOPBACK):
        return None
    return "Address must be a valid https URL" if parts.scheme else "Address is invalid"


def _subscribe(call: Call, root: Record, asked: Record) -> object:
    topic, wish = str(asked["topic"]), asked["webhookSubscription"]
    given = wish if isinstance(wish, dict) else {}
    scope = _SCOPES.get(topic.partition("_")[0])
    if scope and not call.may(scope):
        raise denied("webhookSubscriptionCreate", scope)
    uri = str(given.get("uri") or given.get("callbackUrl") or "")
    problem = _unfit_uri(uri)
    if topic in {listed(one) for one in PRIVACY}:
        problem = "Privacy topics are set in the app's own settings"
    if any(
        one.topic == topic and one.uri == uri and one.client_id == call.client_id and one.filter == given.get("filter")
        for one in call.shop.subscriptions.values()
    ):
        problem = "Address for this topic has already been taken"
    if problem:
        return {"webhookSubscription": None, "userErrors": wrong(["webhookSubscription", "uri"], problem)}
    moment = time.time()
    one = Subscription(call.shop.next(), topic, uri, call.client_id, moment, moment, call.version)
    _fill(one, given)
    call.shop.subscriptions[one.number] = one
    return {"webhookSubscription": subscription_record(one), "userErrors": []}


def _fill(one: Subscription, given: Record) -> None:
    fields, spaces, name, words = (given.get(key) for key in ("includeFields", "metafieldNamespaces", "name", "filter"))
    one.fields = tuple(str(field) for field in fields) if isinstance(fields, list) else one.fields
    one.namespaces = tuple(str(space) for space in spaces) if isinstance(spaces, list) else one.namespaces
    one.name = str(name) if name is not None else one.name
    one.filter = str(words) if words is not None else one.filter
    one.form = str(given.get("format") or one.form)


def _own_subscription(call: Call, identifier: object) -> Subscription | None:
    number = number_of(identifier, "WebhookSubscription")
    found = call.shop.subscriptions.get(number) if number is not None else None
    return found if found and found.client_id == call.client_id else None


def _resubscribe(call: Call, root: Record, asked: Record) -> object:
    found, wish = _own_subscription(call, asked["id"]), asked["webhookSubscription"]
    if found is None or not isinstance(wish, dict):
        return {"webhookSubscription": None, "userErrors": wrong(["id"], "Webhook subscription does not exist")}
    uri = wish.get("uri") or wish.get("callbackUrl")
    if uri is not None and (problem := _unfit_uri(str(uri))):
        return {"webhookSubscription": None, "userErrors": wrong(["webhookSubscription", "uri"], problem)}
    found.uri, found.updated_at = str(uri or found.uri), time.time()
    _fill(found, wish)
    return {"webhookSubscription": subscription_record(found), "userErrors": []}


def _unsubscribe(call: Call, root: Record, asked: Record) -> object:
    found = _own_subscription(call, asked["id"])
    if found is None:
        problem = wrong(["id"], "Webhook subscription does not exist")
        return {"deletedWebhookSubscriptionId": None, "userErrors": problem}
    del call.shop.subscriptions[found.number]
    return {"deletedWebhookSubscriptionId": asked["id"], "userErrors": []}


def _define(call: Call, root: Record, asked: Record) -> object:
    wish = asked["definition"]
    given = wish if isinstance(wish, dict) else {}
    space, key = own_space(call, str(given.get("namespace") or "$app")), str(given["key"])
    place = str(given["ownerType"]), space, key
    if place in call.shop.definitions:
        problem = wrong(["definition", "key"], "Key is in use for this owner type and namespace.", "TAKEN")
        return {"createdDefinition": None, "userErrors": problem}
    definition: Record = {
        "id": gid("MetafieldDefinition", call.shop.next()),
        "name": given["name"],
        "namespace": space,
        "key": key,
        "description": given.get("description"),
        "ownerType": place[0],
        "type": {"name": given["type"], "category": str(given["type"]).partition("_")[0].upper()},
        "pinnedPosition": 1 if given.get("pin") else None,
    }
    call.shop.definitions[place] = definition
    call.shop.write("metafieldDefinitionCreate", str(definition["id"]), call.client_id, given)
    return {"createdDefinition": definition, "userErrors": []}


def _delete_metafields(call: Call, root: Record, asked: Record) -> object:
    given, gone = asked["metafields"], []
    for wish in given if isinstance(given, list) else []:
        held = call.shop.metafields.get(str(wish["ownerId"]), {})
        found = held.pop((own_space(call, str(wish["namespace"])), str(wish["key"])), None)
        gone.append(wish if found else None)
        call.shop.write("metafieldsDelete", str(wish["ownerId"]), call.client_id, wish)
    return {"deletedMetafields": gone, "userErrors": []}


def _run_bulk(call: Call, root: Record, asked: Record) -> object:
    running = [
        one
        for one in call.shop.bulks.values()
        if one.client_id == call.client_id and one.status in {"CREATED", "RUNNING", "CANCELING"}
    ]
    if len(running) >= AT_ONCE:
        message = "A bulk query operation for this app and shop is already in progress: " + str(running[0].number)
        return {"bulkOperation": None, "userErrors": wrong(None, message, "OPERATION_IN_PROGRESS")}
    plan = shop_bulk.read_plan(call, str(asked["query"]))
    if isinstance(plan, str):
        return {"bulkOperation": None, "userErrors": wrong(["query"], plan, "INVALID")}
    bulk = shop_bulk.start(call, str(asked["query"]), plan, grouped=bool(asked.get("groupObjects")))
    return {"bulkOperation": bulk_record(call, bulk), "userErrors": []}


def _cancel_bulk(call: Call, root: Record, asked: Record) -> object:
    number = number_of(asked["id"], "BulkOperation")
    bulk = call.shop.bulks.get(number) if number is not None else None
    if bulk is None:
        return {"bulkOperation": None, "userErrors": wrong(["id"], "Bulk operation does not exist")}
    if bulk.status not in {"CREATED", "RUNNING"}:
        message = f"A bulk operation cannot be canceled when it is {bulk.status.lower()}"
        return {"bulkOperation": bulk_record(call, bulk), "userErrors": wrong(["id"], message)}
    bulk.status = "CANCELING"
    return {"bulkOperation": bulk_record(call, bulk), "userErrors": []}


def _settings(wish: object) -> object | None:
    """Settings come as an object, or as JSON in a text."""
    given = wish.get("settings") if isinstance(wish, dict) else None
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given.encode())
        except msgspec.DecodeError:
            return None
    return given if isinstance(given, dict) else None


def _pixel(call: Call, asked: Record, known: bool) -> object:
    held, settings = call.shop.pixels.get(call.client_id), _settings(asked["webPixel"])
    if settings is None:
        return {"webPixel": None, "userErrors": wrong(["settings"], "Settings must be valid JSON.", "INVALID_SETTINGS")}
    if known and (held is None or held["id"] != asked["id"]):
        return {"webPixel": None, "userErrors": wrong(["id"], "Pixel not found", "NOT_FOUND")}
    if not known and held is not None:
        return {"webPixel": None, "userErrors": wrong(None, "Web pixel is taken.", "TAKEN")}
    pixel: Record = {"id": held["id"] if held else gid("WebPixel", call.shop.next()), "settings": settings}
    call.shop.pixels[call.client_id] = pixel
    return {"webPixel": pixel, "userErrors": []}


def _delete_pixel(call: Call, root: Record, asked: Record) -> object:
    held = call.shop.pixels.get(call.client_id)
    if held is None or held["id"] != asked["id"]:
        return {"deletedWebPixelId": None, "userErrors": wrong(["id"], "Pixel not found", "NOT_FOUND")}
    del call.shop.pixels[call.client_id]
    return {"deletedWebPixelId": asked["id"], "userErrors": []}


def _leave(call: Call, root: Record, asked: Record) -> object:
    tell_uninstalled(call.shop, call.client_id)
    return {"app": app_record(call), "userErrors": []}


def _give_back(call: Call, root: Record, asked: Record) -> object:
    given = asked["scopes"]
    back = {str(scope) for scope in given} if isinstance(given, list) else set()
    for token in call.shop.tokens.values():
        if token.client_id == call.client_id:
            token.scopes = tuple(scope for scope in token.scopes if scope not in back)
    revoked = [{"handle": scope, "description": scope} for scope in call.scopes if scope in back]
    return {"revoked": revoked, "userErrors": []}


WRITERS: dict[tuple[str, str], Reader] = {
    ("Mutation", "webhookSubscriptionCreate"): _subscribe,
    ("Mutation", "webhookSubscriptionUpdate"): _resubscribe,
    ("Mutation", "webhookSubscriptionDelete"): _unsubscribe,
    ("Mutation", "metafieldDefinitionCreate"): _define,
    ("Mutation", "metafieldsDelete"): _delete_metafields,
    ("Mutation", "bulkOperationRunQuery"): _run_bulk,
    ("Mutation", "bulkOperationCancel"): _cancel_bulk,
    ("Mutation", "webPixelCreate"): lambda call, root, asked: _pixel(call, asked, known=False),
    ("Mutation", "webPixelUpdate"): lambda call, root, asked: _pixel(call, asked, known=True),
    ("Mutation", "webPixelDelete"): _delete_pixel,
    ("Mutation", "appUninstall"): _leave,
    ("Mutation", "appRevokeAccessScopes"): _give_back,
}
