"""How each field of the Admin API that is more than a member of a record is read."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from graphql import GraphQLError

from shopwarden.sandbox.shop_pages import count, cut, listed
from shopwarden.sandbox.shop_people import Record, money
from shopwarden.sandbox.shop_search import Search, Term, finds, read_search
from shopwarden.sandbox.shop_state import Shop, number_of
from shopwarden.sandbox.shop_world import DAY, gid, iso

HIDDEN_DAYS = 60


@dataclass(frozen=True, slots=True)
class Call:
    """One request of an app. `base`: the address of the shop from outside."""

    shop: Shop
    client_id: str
    scopes: tuple[str, ...]
    version: str
    base: str

    def may(self, scope: str) -> bool:
        """To write something is also to read it; `*` is every scope."""
        writing = scope.replace("read_", "write_", 1)
        return bool({scope, writing, "*"} & set(self.scopes))


Reader = Callable[[Call, Record, Record], object]
"""(call, the object the field is of, its arguments) -> value."""

PERSONAL = {
    "Customer": {"firstName", "lastName", "defaultEmailAddress", "defaultPhoneNumber", "defaultAddress"},
    "Order": {"email", "phone", "billingAddress", "shippingAddress", "clientIp"},
    "AbandonedCheckout": {"billingAddress", "shippingAddress"},
}


def denied(field: str, scope: str) -> GraphQLError:
    wanted = f"Required access: `{scope}` access scope."
    return GraphQLError(f"Access denied for {field} field. {wanted}", extensions={"code": "ACCESS_DENIED"})


def orders_search(call: Call, query: object) -> Search:
    """Without the scope for all of them, only the orders of the last 60 days are there."""
    search = read_search(None if query is None else str(query))
    if call.may("read_all_orders"):
        return search
    young = Term("created_at", ">=", iso(time.time() - HIDDEN_DAYS * DAY))
    return tuple((*group, young) for group in search)


def find_order(call: Call, number: int | None) -> Record | None:
    order = call.shop.order(number) if number is not None else None
    return order if order is not None and finds(orders_search(call, None), order) else None


def _orders_of(call: Call, customer: Record, asked: Record) -> object:
    search = orders_search(call, asked.get("query"))
    numbers = call.shop.orders_of(int(str(customer["legacyResourceId"])))
    found = [order for number in numbers if (order := call.shop.order(number)) is not None and finds(search, order)]
    return cut(found, asked)


def _last_order(call: Call, customer: Record, asked: Record) -> object:
    numbers = call.shop.orders_of(int(str(customer["legacyResourceId"])))
    return call.shop.order(numbers[-1]) if numbers else None


def spending(call: Call, customer: Record) -> tuple[int, int]:
    return call.shop.spent(int(str(customer["legacyResourceId"])))


def _buyer(call: Call, record: Record, asked: Record) -> object:
    number = record.get("_customer")
    return call.shop.customer(number) if isinstance(number, int) else None


def risk(call: Call, order: Record, asked: Record) -> object:
    """The platform's own opinion and those of apps; the worst of them makes the recommendation."""
    number = int(str(order["legacyResourceId"]))
    held = call.shop.assessments.get(number, {})
    drawn = call.shop.world.draw("risk", number)[0]
    level = "HIGH" if drawn < 5 else "MEDIUM" if drawn < 20 else "LOW"
    own: Record = {"riskLevel": level, "facts": [], "provider": None}
    if level != "LOW":
        own["facts"] = [{"description": "Characteristics are like those of disputed orders", "sentiment": "NEGATIVE"}]
    all_of_them = [held.get("", own), *(one for name, one in held.items() if name)]
    levels = {str(one["riskLevel"]) for one in all_of_them}
    worst = "CANCEL" if "HIGH" in levels else "INVESTIGATE" if "MEDIUM" in levels else "ACCEPT"
    return {"assessments": all_of_them, "recommendation": worst}


def fulfillment_order(shop: Shop, order: Record) -> Record:
    """An order has one, open until it is sent, held or cancelled."""
    number = int(str(order["legacyResourceId"]))
    holds = shop.holds.get(number, [])
    sent, off = order.get("displayFulfillmentStatus") == "FULFILLED", order.get("cancelledAt") is not None
    status = "CANCELLED" if off else "CLOSED" if sent else "ON_HOLD" if holds else "OPEN"
    actions = {"OPEN": ["CREATE_FULFILLMENT", "HOLD", "MOVE"], "ON_HOLD": ["HOLD", "RELEASE_HOLD"]}.get(status, [])
    return {
        "id": gid("FulfillmentOrder", number),
        "orderId": order["id"],
        "orderName": order["name"],
        "status": status,
        "requestStatus": "UNSUBMITTED",
        "createdAt": order["createdAt"],
        "updatedAt": order["updatedAt"],
        "fulfillmentHolds": list(holds),
        "supportedActions": [{"action": action, "externalUrl": None} for action in actions],
    }


def _metafields(call: Call, owner: Record, asked: Record) -> object:
    space, keys = asked.get("namespace"), asked.get("keys")
    held = call.shop.metafields.get(str(owner["id"]), {}).values()
    found = [one for one in held if space is None or one["namespace"] == own_space(call, str(space))]
    return cut([one for one in found if not isinstance(keys, list) or one["key"] in keys], asked)


def _metafield(call: Call, owner: Record, asked: Record) -> object:
    place = own_space(call, str(asked.get("namespace") or "$app")), str(asked["key"])
    return call.shop.metafields.get(str(owner["id"]), {}).get(place)


def own_space(call: Call, namespace: str) -> str:
    """`$app` and what begins with it is the app's own room."""
    room = f"app--{call.shop.apps[call.client_id].number}"
    return namespace.replace("$app", room, 1) if namespace.startswith("$app") else namespace


def _formatted(call: Call, place: Record, asked: Record) -> object:
    lines = [place.get("name")] if asked.get("withName") else []
    lines += [place.get(name) for name in ("address1", "address2", "city", "country")]
    return [line for line in lines if line]


def _short(name: str) -> Reader:
    """A plain list cut by `first`."""

    def read(call: Call, record: Record, asked: Record) -> object:
        held, first = record.get(name), asked.get("first")
        return (held[:first] if isinstance(first, int) else held) if isinstance(held, list) else []

    return read


def _all_orders(call: Call, root: Record, asked: Record) -> object:
    return listed(call.shop, "order", orders_search(call, asked.get("query")), asked)


def _all_customers(call: Call, root: Record, asked: Record) -> object:
    return listed(call.shop, "customer", read_search(str(asked.get("query") or "")), asked)


def _limit(asked: Record) -> int | None:
    limit = asked.get("limit")
    return limit if isinstance(limit, int) else None


def _checkouts(call: Call, root: Record, asked: Record) -> object:
    search = read_search(str(asked.get("query") or ""))
    open_ones = [one for one in call.shop.checkouts.values() if one.get("completedAt") is None and finds(search, one)]
    return cut(open_ones, asked)


READERS: dict[tuple[str, str], Reader] = {
    ("QueryRoot", "customer"): lambda call, root, asked: _numbered(call.shop.customer, asked["id"], "Customer"),
    ("QueryRoot", "customers"): _all_customers,
    ("QueryRoot", "customersCount"): lambda call, root, asked: count(
        call.shop, "customer", read_search(str(asked.get("query") or "")), _limit(asked)
    ),
    ("QueryRoot", "order"): lambda call, root, asked: find_order(call, number_of(asked["id"], "Order")),
    ("QueryRoot", "orders"): _all_orders,
    ("QueryRoot", "ordersCount"): lambda call, root, asked: count(
        call.shop, "order", orders_search(call, asked.get("query")), _limit(asked)
    ),
    ("QueryRoot", "abandonedCheckouts"): _checkouts,
    ("QueryRoot", "abandonedCheckoutsCount"): lambda call, root, asked: {
        "count": sum(1 for one in call.shop.checkouts.values() if one.get("completedAt") is None),
        "precision": "EXACT",
    },
    ("Customer", "orders"): _orders_of,
    ("Customer", "lastOrder"): _last_order,
    ("Customer", "numberOfOrders"): lambda call, one, asked: str(spending(call, one)[0]),
    ("Customer", "amountSpent"): lambda call, one, asked: money(spending(call, one)[1]),
    ("Order", "customer"): _buyer,
    ("Order", "risk"): risk,
    ("Order", "transactions"): _short("transactions"),
    ("Order", "fulfillments"): _short("fulfillments"),
    ("Order", "refunds"): _short("refunds"),
    ("Order", "fulfillmentOrders"): lambda call, one, asked: cut([fulfillment_order(call.shop, one)], asked),
    ("Fulfillment", "trackingInfo"): _short("trackingInfo"),
    ("AbandonedCheckout", "customer"): _buyer,
    ("MailingAddress", "formatted"): _formatted,
    **{(owner, "metafields"): _metafields for owner in ("Customer", "Order", "Shop")},
    **{(owner, "metafield"): _metafield for owner in ("Customer", "Order", "Shop")},
}


def _numbered(get: Callable[[int], Record | None], identifier: object, kind: str) -> Record | None:
    number = number_of(identifier, kind)
    return None if number is None else get(number)
