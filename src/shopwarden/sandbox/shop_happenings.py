"""What happens in a made-up shop on command: people come and change, orders are made, paid back, disputed, cancelled."""

from __future__ import annotations

import time
from decimal import Decimal, InvalidOperation

from shopwarden.errors import RefuseError
from shopwarden.sandbox import shop_announce, shop_bodies, shop_hooks
from shopwarden.sandbox.shop_checkouts import checkout
from shopwarden.sandbox.shop_people import Record, bag, customer_record
from shopwarden.sandbox.shop_reading import fulfillment_order
from shopwarden.sandbox.shop_sales import amounts, order_record
from shopwarden.sandbox.shop_state import Delivery, Shop, merged, now
from shopwarden.sandbox.shop_topics import PRIVACY
from shopwarden.sandbox.shop_world import FIRST_CUSTOMER, FIRST_ORDER, gid


def happen(shop: Shop, method: str, path: list[str], given: Record) -> Record | None:
    """Answers the wish; None where there is no such wish. RefuseError where it cannot be."""
    match method, path:
        case _, ["customers", *number]:
            return _to_customer(shop, method, number, given)
        case "POST", ["orders"]:
            return _sent(shop, given, "order", *_new_order(shop, given))
        case "POST", ["orders", number]:
            changed = shop.change_order(_whole(number), _order_change(_object(given, "order")))
            return _sent(shop, given, "order", changed, ["orders/updated"])
        case "GET", ["orders", number]:
            return {"order": _seen(shop, _there(shop.order(_whole(number)), "order"))}
        case "POST", ["orders", number, what]:
            return _to_order(shop, _whole(number), what, given)
        case "POST", ["checkouts"]:
            record, body, topic = checkout(shop, given)
            sent = [] if given.get("webhooks") is False else shop_hooks.publish(shop, topic, body)
            return {"checkout": record, "deliveries": [one.id for one in sent]}
        case "POST", ["privacy"]:
            return _privacy(shop, given)
        case "POST", ["deliveries", one]:
            found = next((delivery for delivery in shop.deliveries if delivery.id == one), None)
            if found is None:
                raise RefuseError("no such delivery", status=404)
            shop_hooks.again(shop, found)
            return {"deliveries": [found.id]}
    return None


def _to_customer(shop: Shop, method: str, path: list[str], given: Record) -> Record | None:
    match method, path:
        case "POST", []:
            return _sent(shop, given, "customer", *_new_customer(shop, _object(given, "customer")))
        case "POST", [number]:
            return _sent(shop, given, "customer", *_change_customer(shop, _whole(number), _object(given, "customer")))
        case "DELETE", [number]:
            return _sent(shop, given, "customer", *_remove_customer(shop, _whole(number)))
        case "GET", [number]:
            return {"customer": _with_metafields(shop, _there(shop.customer(_whole(number)), "customer"))}
    return None


def _sent(shop: Shop, given: Record, kind: str, record: Record, topics: list[str]) -> Record:
    """Tells the topics of a change, unless it is to stay silent."""
    sent: list[Delivery] = []
    if given.get("webhooks") is not False:
        for topic in topics:
            sent += _tell(shop, kind, record, topic)
    return {kind: record, "deliveries": [one.id for one in sent]}


def _tell(shop: Shop, kind: str, record: Record, topic: str) -> list[Delivery]:
    if topic == "customers/purchasing_summary":
        owner = record.get("_customer")
        return shop_announce.tell_purchases(shop, owner) if isinstance(owner, int) else []
    if topic == "customers/email_marketing_consent_update":
        return shop_announce.tell_consent(shop, record)
    if topic.startswith("customer.tags_"):
        how = topic.rpartition("_")[2]
        tags = record.get("_tags_" + how)
        number = int(str(record["legacyResourceId"]))
        return shop_announce.tell_tags(shop, number, [str(tag) for tag in tags] if isinstance(tags, list) else [], how)
    if topic == "customers/delete":
        number = int(str(record["legacyResourceId"]))
        return shop_hooks.publish(shop, topic, {"id": number, "admin_graphql_api_id": record["id"]})
    if kind == "customer":
        return shop_announce.tell_customer(shop, record, topic)
    return shop_announce.tell_order(shop, record, topic)


def _new_customer(shop: Shop, wish: Record) -> tuple[Record, list[str]]:
    kind = shop.customers
    place = kind.count + sum(1 for number in kind.changed.keys() | kind.gone if number >= kind.first + kind.count)
    came = now()
    fresh = {**customer_record(shop.world, place), "createdAt": came, "updatedAt": came, "note": None}
    record = merged(fresh, _customer_change(wish))
    kind.changed[FIRST_CUSTOMER + place] = record
    return record, ["customers/create"]


def _change_customer(shop: Shop, number: int, wish: Record) -> tuple[Record, list[str]]:
    before = _there(shop.customer(number), "customer")
    record = shop.change_customer(number, _customer_change(wish))
    had, has = _texts(before.get("tags")), _texts(record.get("tags"))
    told = {
        **record,
        "_tags_added": [tag for tag in has if tag not in had],
        "_tags_removed": [tag for tag in had if tag not in has],
    }
    topics = ["customers/update", "customer.tags_added", "customer.tags_removed"]
    mail = wish.get("defaultEmailAddress")
    if isinstance(mail, dict) and "marketingState" in mail:
        topics.append("customers/email_marketing_consent_update")
    return told, topics


def _remove_customer(shop: Shop, number: int) -> tuple[Record, list[str]]:
    record = _there(shop.customer(number), "customer")
    shop.customers.changed.pop(number, None)
    shop.customers.gone.add(number)
    return record, ["customers/delete"]


def _customer_change(wish: Record) -> Record:
    """`email` and `phone` stand for the objects they lie in."""
    change = dict(wish)
    if "email" in change:
        change["defaultEmailAddress"] = {"emailAddress": change.pop("email")}
    if "phone" in change:
        called = change.pop("phone")
        change["defaultPhoneNumber"] = {"phoneNumber": called, "marketingState": "NOT_SUBSCRIBED"} if called else None
    return change


def _new_order(shop: Shop, given: Record) -> tuple[Record, list[str]]:
    kind = shop.orders
    place = kind.count + sum(1 for number in kind.changed.keys() | kind.gone if number >= kind.first + kind.count)
    made = now()
    fresh = {**order_record(shop.world, place), "createdAt": made, "updatedAt": made, "processedAt": made}
    goods, shipping, tax = shop.world.cents(place)
    fresh |= amounts(goods, shipping, tax, "PAID") | {"displayFinancialStatus": "PAID", "cancelledAt": None}
    fresh |= {"displayFulfillmentStatus": "UNFULFILLED", "fulfillments": [], "refunds": [], "disputes": []}
    fresh |= {"cancelReason": None, "cancellation": None, "closed": False, "closedAt": None}
    if "customer" in given:
        owner = None if given["customer"] is None else _whole(given["customer"])
        if owner is not None:
            mail = _there(shop.customer(owner), "customer").get("defaultEmailAddress")
            fresh["email"] = mail.get("emailAddress") if isinstance(mail, dict) else None
        fresh["_customer"] = owner
    record = merged(fresh, _order_change(_object(given, "order")))
    shop.keep_order(FIRST_ORDER + place, record)
    paid = ["orders/paid"] if record["displayFinancialStatus"] == "PAID" else []
    return record, ["orders/create", *paid, "customers/purchasing_summary"]


def _order_change(wish: Record) -> Record:
    """`total` ("12.30") stands for all the sums."""
    change = dict(wish)
    if "total" in change:
        status = str(change.get("displayFinancialStatus") or "PAID")
        change = {**amounts(_cents(change.pop("total"), "total"), 0, 0, status), **change}
    return change


def _to_order(shop: Shop, number: int, what: str, given: Record) -> Record | None:
    order = _there(shop.order(number), "order")
    silent = given.get("webhooks") is False
    if what == "refund":
        total = order.get("_total")
        cents = _cents(given["amount"], "amount") if "amount" in given else total if isinstance(total, int) else 0
        refund = {"id": gid("Refund", shop.next()), "legacyResourceId": str(shop.counter), "createdAt": now(),
                  "updatedAt": now(), "note": given.get("note"), "totalRefundedSet": bag(cents)}  # fmt: skip
        held = order.get("refunds")
        status = "REFUNDED" if cents == total else "PARTIALLY_REFUNDED"
        change = {"refunds": [*(held if isinstance(held, list) else []), refund], "displayFinancialStatus": status}
        order = shop.change_order(number, {**change, "totalRefundedSet": bag(cents)})
        sent = [] if silent else shop_hooks.publish(shop, "refunds/create", shop_bodies.refund_body(order, refund))
        sent += [] if silent else shop_announce.tell_order(shop, order, "orders/updated")
    elif what == "dispute":
        order, sent = _dispute(shop, number, order, given)
    elif what == "cancel":
        change = {"cancelledAt": now(), "cancelReason": str(given.get("reason") or "CUSTOMER").upper()}
        order = shop.change_order(number, {**change, "closed": True, "closedAt": now()})
        sent = [] if silent else shop_announce.tell_order(shop, order, "orders/cancelled", "orders/updated")
    elif what == "risk":
        level, facts = str(given.get("level") or "HIGH").upper(), given.get("facts") or []
        shop.assessments.setdefault(number, {})[""] = {"riskLevel": level, "facts": facts, "provider": None}
        sent = [] if silent else shop_announce.tell_risk(shop, order, level, "Shopify")
    else:
        return None
    return {"order": order, "deliveries": [one.id for one in sent]}


def _dispute(shop: Shop, number: int, order: Record, given: Record) -> tuple[Record, list[Delivery]]:
    held = order.get("disputes")
    known = held[0] if isinstance(held, list) and held else None
    status = str(given.get("status") or "needs_response").upper()
    dispute = {"id": known["id"] if known else gid("ShopifyPaymentsDispute", shop.next()),
               "initiatedAs": "CHARGEBACK", "status": status}  # fmt: skip
    order = shop.change_order(number, {"disputes": [dispute]})
    if given.get("webhooks") is False:
        return order, []
    amount = str(given["amount"]) if given.get("amount") else None
    reason = str(given.get("reason") or "fraudulent")
    body = shop_bodies.dispute_body(order, shop_bodies.bare(dispute["id"]) or 0, status, reason, amount)
    return order, shop_hooks.publish(shop, "disputes/update" if known else "disputes/create", body)


def _privacy(shop: Shop, given: Record) -> Record:
    topic = str(given.get("topic"))
    if topic not in PRIVACY:
        raise RefuseError("`topic` must be a privacy topic", fields={"topic": f"one of {', '.join(PRIVACY)}"})
    if shop.privacy_uri is None:
        raise RefuseError("the shop has no `privacy_uri` yet", fields={"privacy_uri": "missing"})
    body: Record = {"shop_id": int.from_bytes(shop.world.draw("shop", 0)[:4]), "shop_domain": shop.domain}
    if topic != "shop/redact":
        number = _whole(given.get("customer"))
        customer = shop_bodies.customer_body(_there(shop.customer(number), "customer"))
        body["customer"] = {name: customer[name] for name in ("id", "email", "phone")}
        orders = "orders_requested" if topic == "customers/data_request" else "orders_to_redact"
        body[orders] = shop.orders_of(number)
    if topic == "customers/data_request":
        body["data_request"] = {"id": int(time.time())}
    app = next(iter(shop.apps))
    client_id = str(given.get("client_id") or app)
    return {"deliveries": [shop_hooks.send(shop, topic, body, shop.privacy_uri, client_id).id]}


def _with_metafields(shop: Shop, record: Record) -> Record:
    return {**record, "metafields": list(shop.metafields.get(str(record["id"]), {}).values())}


def _seen(shop: Shop, order: Record) -> Record:
    number = int(str(order["legacyResourceId"]))
    assessments = list(shop.assessments.get(number, {}).values())
    seen = {**order, "assessments": assessments, "fulfillmentOrders": [fulfillment_order(shop, order)]}
    return {**_with_metafields(shop, seen), "customer": order.get("_customer")}


def _object(given: Record, name: str) -> Record:
    found = given.get(name, {})
    if not isinstance(found, dict):
        raise RefuseError(f"`{name}` must be an object", fields={name: "no object"})
    return found


def _there(found: Record | None, what: str) -> Record:
    if found is None:
        raise RefuseError(f"no such {what}", status=404)
    return found


def _whole(value: object) -> int:
    written = str(value).rpartition("/")[2]
    if not (written.isascii() and written.isdigit() and len(written) < 19):
        raise RefuseError(f"{value!r} is no number", fields={"id": "no number"})
    return int(written)


def _cents(value: object, name: str) -> int:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise RefuseError(f"`{name}` is no amount", fields={name: "no amount"}) from None
    if not amount.is_finite() or not 0 <= amount < 10**9:
        raise RefuseError(f"`{name}` is no amount", fields={name: "out of range"})
    return int(amount * 100)


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
