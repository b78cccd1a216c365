"""Mutations on customers and orders: tags, metafields, risk, holds, cancelling. Each is kept among the shop's writes."""

from __future__ import annotations

import hashlib
import re

import msgspec

from shopwarden.sandbox.shop_announce import tell_order, tell_risk, tell_tags
from shopwarden.sandbox.shop_office import app_record, find_node
from shopwarden.sandbox.shop_people import Record
from shopwarden.sandbox.shop_reading import Call, Reader, denied, find_order, fulfillment_order, own_space
from shopwarden.sandbox.shop_state import now, number_of
from shopwarden.sandbox.shop_world import gid

MOST_FACTS, MOST_METAFIELDS, MOST_TAGS = 20, 25, 250
_OWNERS = {"Customer": "CUSTOMER", "Order": "ORDER", "Shop": "SHOP"}
_VALUES = {
    "number_integer": re.compile(r"-?\d{1,16}"),
    "number_decimal": re.compile(r"-?\d{1,13}(\.\d{1,9})?"),
    "boolean": re.compile("true|false"),
}


def wrong(field: list[str] | None, message: str, code: str | None = None) -> list[Record]:
    """One user error."""
    return [{"field": field, "message": message, "code": code}]


def _tags(call: Call, asked: Record, adding: bool) -> object:
    found = find_node(call, asked["id"])
    kind = str(found["__typename"]) if found else ""
    if found is None or kind not in {"Customer", "Order"}:
        return {"node": None, "userErrors": wrong(["id"], "Node does not exist")}
    scope = "write_customers" if kind == "Customer" else "write_orders"
    if not call.may(scope):
        raise denied("tagsAdd" if adding else "tagsRemove", scope)
    before = _texts(found["tags"])
    given = list({tag.strip().lower(): tag.strip() for tag in reversed(_texts(asked["tags"])) if tag.strip()}.values())[::-1]
    if any(len(tag) > (40 if kind == "Order" else 255) for tag in given):
        return {"node": None, "userErrors": wrong(["tags"], "Tag is too long")}
    held = {tag.lower() for tag in (before if adding else given)}
    after = before + [tag for tag in given if tag.lower() not in held] if adding else [
        tag for tag in before if tag.lower() not in held
    ]  # fmt: skip
    if len(after) > MOST_TAGS:
        return {"node": None, "userErrors": wrong(["tags"], f"No more than {MOST_TAGS} tags")}
    number = int(str(found["legacyResourceId"]))
    call.shop.write("tagsAdd" if adding else "tagsRemove", str(found["id"]), call.client_id, {"tags": given})
    if after != before:
        change = call.shop.change_customer if kind == "Customer" else call.shop.change_order
        found = change(number, {"tags": after}) | {"__typename": kind}
        if kind == "Customer":
            tell_tags(call.shop, number, [one for one in after if one not in before], "added")
            tell_tags(call.shop, number, [one for one in before if one not in after], "removed")
        else:
            tell_order(call.shop, found, "orders/updated")
    return {"node": found, "userErrors": []}


def _metafields_set(call: Call, root: Record, asked: Record) -> object:
    given = asked["metafields"]
    wishes = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    if len(wishes) > MOST_METAFIELDS:
        problem = wrong(["metafields"], f"Exceeded the maximum metafields input limit of {MOST_METAFIELDS}.", "LESS_THAN")
        return {"metafields": None, "userErrors": problem}
    problems: list[Record] = []
    for place, wish in enumerate(wishes):
        problems += [{**one, "elementIndex": place} for one in _unfit(call, wish, place)]
    if problems:
        return {"metafields": None, "userErrors": problems}
    return {"metafields": [_keep(call, wish) for wish in wishes], "userErrors": []}


def _unfit(call: Call, wish: Record, place: int) -> list[Record]:
    """What is wrong with one metafield; all of a request are kept or none."""
    at = ["metafields", str(place)]
    owner = find_node(call, wish["ownerId"])
    kind = str(owner["__typename"]) if owner else ""
    if kind not in _OWNERS:
        return wrong([*at, "ownerId"], "Owner does not exist.", "INVALID")
    scope = {"Customer": "write_customers", "Order": "write_orders"}.get(kind)
    if scope and not call.may(scope):
        raise denied("metafieldsSet", scope)
    space, key = own_space(call, str(wish.get("namespace") or "$app")), str(wish["key"])
    if not 3 <= len(space) <= 255:
        return wrong([*at, "namespace"], "Namespace must be 3 to 255 characters", "TOO_SHORT")
    if not 2 <= len(key) <= 64:
        return wrong([*at, "key"], "Key must be 2 to 64 characters", "TOO_SHORT" if len(key) < 2 else "TOO_LONG")
    definition = call.shop.definitions.get((_OWNERS[kind], space, key))
    told = definition["type"] if definition else None
    sort = str(wish.get("type") or (told["name"] if isinstance(told, dict) else ""))
    if not sort:
        return wrong([*at, "type"], "Type can't be blank", "BLANK")
    if isinstance(told, dict) and told["name"] != sort:
        return wrong([*at, "type"], f"Type must be consistent with the definition's type {told['name']}", "INVALID_TYPE")
    value = str(wish["value"])
    if not _fits(sort, value):
        return wrong([*at, "value"], f"Value must be of type {sort}.", "INVALID_VALUE")
    held = call.shop.metafields.get(str(wish["ownerId"]), {}).get((space, key))
    if "compareDigest" in wish and wish["compareDigest"] != (held["compareDigest"] if held else None):
        return wrong([*at, "compareDigest"], "The resource has been updated since it was loaded.", "STALE_OBJECT")
    return []


def _fits(sort: str, value: str) -> bool:
    if sort == "json":
        try:
            msgspec.json.decode(value.encode())
        except msgspec.DecodeError:
            return False
        return True
    pattern = _VALUES.get(sort)
    return bool(value) and (pattern is None or pattern.fullmatch(value) is not None)


def _keep(call: Call, wish: Record) -> Record:
    owner, value = str(wish["ownerId"]), str(wish["value"])
    space, key = own_space(call, str(wish.get("namespace") or "$app")), str(wish["key"])
    kind = owner.removeprefix("gid://shopify/").partition("/")[0]
    held = call.shop.metafields.setdefault(owner, {})
    before = held.get((space, key))
    number = before["legacyResourceId"] if before else str(call.shop.next())
    definition = call.shop.definitions.get((_OWNERS[kind], space, key))
    told = definition["type"] if definition else None
    sort = str(wish.get("type") or (told["name"] if isinstance(told, dict) else ""))
    is_plain = sort.endswith("text_field") or sort == "date_time"
    held[space, key] = {
        "id": gid("Metafield", number),
        "legacyResourceId": number,
        "namespace": space,
        "key": key,
        "type": sort,
        "value": value,
        "jsonValue": value if is_plain or sort not in {"json", *_VALUES} else msgspec.json.decode(value.encode()),
        "compareDigest": hashlib.sha256(f"{sort}\0{value}".encode()).hexdigest(),
        "createdAt": before["createdAt"] if before else now(),
        "updatedAt": now(),
        "ownerType": _OWNERS[kind],
    }
    told_input = {"namespace": space, "key": key, "type": sort, "value": value}
    call.shop.write("metafieldsSet", owner, call.client_id, told_input)
    return held[space, key]


def _assess(call: Call, root: Record, asked: Record) -> object:
    wish = asked["orderRiskAssessmentInput"]
    given = wish if isinstance(wish, dict) else {}
    order = find_order(call, number_of(given.get("orderId"), "Order"))
    at = ["orderRiskAssessmentInput"]
    if order is None:
        return {"orderRiskAssessment": None, "userErrors": wrong([*at, "orderId"], "Order not found", "NOT_FOUND")}
    facts = given.get("facts")
    if not isinstance(facts, list) or len(facts) > MOST_FACTS:
        problem = wrong([*at, "facts"], f"No more than {MOST_FACTS} facts", "TOO_MANY_FACTS")
        return {"orderRiskAssessment": None, "userErrors": problem}
    number = int(str(order["legacyResourceId"]))
    assessment: Record = {"riskLevel": given["riskLevel"], "facts": facts, "provider": app_record(call)}
    call.shop.assessments.setdefault(number, {})[call.client_id] = assessment
    told = {"riskLevel": given["riskLevel"], "facts": facts}
    call.shop.write("orderRiskAssessmentCreate", str(order["id"]), call.client_id, told)
    tell_risk(call.shop, order, str(given["riskLevel"]), call.shop.apps[call.client_id].name)
    return {"orderRiskAssessment": assessment, "userErrors": []}


def _hold(call: Call, root: Record, asked: Record) -> object:
    empty: Record = {"fulfillmentHold": None, "fulfillmentOrder": None, "remainingFulfillmentOrder": None}
    number = number_of(asked["id"], "FulfillmentOrder")
    order, wish = find_order(call, number), asked["fulfillmentHold"]
    if order is None or number is None or not isinstance(wish, dict):
        return {**empty, "userErrors": wrong(["id"], "Fulfillment order does not exist.", "FULFILLMENT_ORDER_NOT_FOUND")}
    held = call.shop.holds.setdefault(number, [])
    state = fulfillment_order(call.shop, order)["status"]
    if state not in {"OPEN", "ON_HOLD"}:
        problem = wrong(["id"], "The fulfillment order is not in a holdable state.", "INVALID_STATE")
        return {**empty, "userErrors": problem}
    handle = str(wish.get("handle") or "")
    if any(one["_client"] == call.client_id and (one["handle"] or "") == handle for one in held):
        message = "The handle must be unique for the fulfillment order and app."
        return {**empty, "userErrors": wrong(["fulfillmentHold", "handle"], message, "DUPLICATE_FULFILLMENT_HOLD_HANDLE")}
    hold: Record = {
        "id": gid("FulfillmentHold", call.shop.next()),
        "displayReason": str(wish["reason"]).replace("_", " ").capitalize(),
        "handle": handle or None,
        "heldByRequestingApp": True,
        "reason": wish["reason"],
        "reasonNotes": wish.get("reasonNotes"),
        "_client": call.client_id,
        "_external": wish.get("externalId"),
    }
    held.append(hold)
    call.shop.write("fulfillmentOrderHold", str(order["id"]), call.client_id, wish)
    after = call.shop.change_order(number, {"displayFulfillmentStatus": "ON_HOLD"})
    tell_order(call.shop, after, "orders/updated")
    return {**empty, "fulfillmentHold": hold, "fulfillmentOrder": fulfillment_order(call.shop, after), "userErrors": []}


def _release(call: Call, root: Record, asked: Record) -> object:
    number = number_of(asked["id"], "FulfillmentOrder")
    order, ids = find_order(call, number), asked.get("holdIds")
    if order is None or number is None:
        problem = wrong(["id"], "Fulfillment order does not exist.", "FULFILLMENT_ORDER_NOT_FOUND")
        return {"fulfillmentOrder": None, "userErrors": problem}
    held = call.shop.holds.get(number, [])
    if not held:
        problem = wrong(["id"], "The fulfillment order is not on hold.", "INVALID_STATE")
        return {"fulfillmentOrder": None, "userErrors": problem}
    stay = [one for one in held if isinstance(ids, list) and one["id"] not in ids]
    call.shop.holds[number] = stay
    call.shop.write("fulfillmentOrderReleaseHold", str(order["id"]), call.client_id, {"holdIds": ids})
    after = call.shop.change_order(number, {"displayFulfillmentStatus": "ON_HOLD" if stay else "UNFULFILLED"})
    tell_order(call.shop, after, "orders/updated")
    return {"fulfillmentOrder": fulfillment_order(call.shop, after), "userErrors": []}


def _cancel(call: Call, root: Record, asked: Record) -> object:
    number = number_of(asked["orderId"], "Order")
    order = find_order(call, number)

    def refused(field: str, message: str, code: str) -> Record:
        return {"job": None, "orderCancelUserErrors": wrong([field], message, code), "userErrors": []}

    if order is None or number is None:
        return refused("orderId", "Order does not exist", "NOT_FOUND")
    if order.get("cancelledAt") is not None:
        return refused("orderId", "Order has already been cancelled", "INVALID")
    if order.get("displayFulfillmentStatus") == "FULFILLED":
        return refused("orderId", "Cannot cancel a fulfilled order", "INVALID")
    note = str(asked.get("staffNote") or "")
    if len(note) > 255:
        return refused("staffNote", "Staff note is too long", "INVALID")
    call.shop.write("orderCancel", str(order["id"]), call.client_id, {k: v for k, v in asked.items() if k != "orderId"})
    change = {"cancelledAt": now(), "cancelReason": asked["reason"], "closed": True, "closedAt": now()}
    after = call.shop.change_order(number, {**change, "cancellation": {"staffNote": note or None}})
    tell_order(call.shop, after, "orders/cancelled", "orders/updated")
    job = {"id": gid("Job", f"cancel-{number}"), "done": False}
    return {"job": job, "orderCancelUserErrors": [], "userErrors": []}


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


WRITERS: dict[tuple[str, str], Reader] = {
    ("Mutation", "tagsAdd"): lambda call, root, asked: _tags(call, asked, adding=True),
    ("Mutation", "tagsRemove"): lambda call, root, asked: _tags(call, asked, adding=False),
    ("Mutation", "metafieldsSet"): _metafields_set,
    ("Mutation", "orderRiskAssessmentCreate"): _assess,
    ("Mutation", "fulfillmentOrderHold"): _hold,
    ("Mutation", "fulfillmentOrderReleaseHold"): _release,
    ("Mutation", "orderCancel"): _cancel,
}
