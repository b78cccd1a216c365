"""The made-up shop answers GraphQL as the platform does: pages, searches, costs, errors, who may."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sandbox.running import Sandbox
from tests.sandbox.shop_talk import SHOP, Talk

ORDER = "gid://shopify/Order/5000000000001"


@pytest.fixture
def shop(sandbox: Sandbox) -> Talk:
    talk = Talk(sandbox)
    talk.control("POST", customers=40, orders=130, seed="graph", until="2026-11-01")
    return talk


def all_ids(shop: Talk, kind: str, arguments: str) -> list[str]:
    """Page after page."""
    inside = "nodes { id } pageInfo { hasNextPage endCursor }"
    query = f"query($after: String) {{ {kind}(first: 30, after: $after, {arguments}) {{ {inside} }} }}"
    ids: list[str] = []
    after = None
    while True:
        page = shop.ask(query, after=after)[kind]
        ids += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return ids


@pytest.mark.parametrize("sort", ["ID", "CREATED_AT", "UPDATED_AT", "PROCESSED_AT"])
def test_every_order_comes_once_in_both_directions(shop: Talk, sort: str) -> None:
    shop.control("POST", "/orders/5000000000007", order={"note": "touched"}, webhooks=False)
    shop.control("POST", "/orders", order={"total": "10.00"}, webhooks=False)
    forth = all_ids(shop, "orders", f"sortKey: {sort}")
    back = all_ids(shop, "orders", f"sortKey: {sort}, reverse: true")
    assert len(forth) == len(set(forth)) == 131
    assert back == forth[::-1]


def test_what_changed_since_a_time_is_found(shop: Talk) -> None:
    before = shop.ask('{ orders(first: 5, query: "updated_at:>=2026-11-02") { nodes { id } } }')["orders"]["nodes"]
    changed = shop.control("POST", "/orders/5000000000007", order={"tags": ["seen"]}, webhooks=False)["order"]["id"]
    made = shop.control("POST", "/orders", order={"total": "10.00"}, webhooks=False)["order"]["id"]
    found = all_ids(shop, "orders", 'sortKey: UPDATED_AT, query: "updated_at:>=2026-11-02"')
    assert before == []
    assert found == [changed, made]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 130),
        ("name:#1001", 1),
        ("id:>5000000000100", 30),
        ("name:#1001 OR name:#1002", 2),
        ("-name:#1001", 129),
        ("created_at:<2026-11-02 created_at:>=2024-01-01", 130),
        ("tag:'no such tag'", 0),
    ],
)
def test_searches_and_counts_agree(shop: Talk, query: str, count: int) -> None:
    told = shop.ask("query($q: String) { ordersCount(query: $q) { count precision } }", q=query)["ordersCount"]
    assert told == {"count": count, "precision": "EXACT"}
    assert (
        len(shop.ask("query($q: String) { orders(first: 200, query: $q) { nodes { id } } }", q=query)["orders"]["nodes"])
        == count
    )


def test_a_count_stops_at_its_limit(shop: Talk) -> None:
    told = shop.ask("{ ordersCount(limit: 100) { count precision } }")["ordersCount"]
    assert told == {"count": 100, "precision": "AT_LEAST"}


def test_a_customer_and_the_orders_say_the_same(shop: Talk) -> None:
    shop.control("POST", plan="enterprise")
    found = []
    for low in (0, 10, 20, 30):
        found += shop.ask(
            """query($q: String) { customers(first: 10, query: $q) { nodes {
            numberOfOrders amountSpent { amount } lastOrder { id }
            orders(first: 30) { nodes { id cancelledAt totalPriceSet { shopMoney { amount } } } } } } }""",
            q=f"id:>{7_000_000_000_000 + low}",
        )["customers"]["nodes"]
    assert len(found) == 40
    assert sum(int(one["numberOfOrders"]) for one in found) == 130
    for one in found:
        orders = one["orders"]["nodes"]
        spent = sum(Decimal(order["totalPriceSet"]["shopMoney"]["amount"]) for order in orders if not order["cancelledAt"])
        assert int(one["numberOfOrders"]) == len(orders)
        assert spent == Decimal(one["amountSpent"]["amount"])
        assert (one["lastOrder"] or {}).get("id") == (orders[-1]["id"] if orders else None)


def test_costs_are_a_connections_first_times_what_is_in_it_and_are_taken_from_the_bucket(shop: Talk) -> None:
    answer = shop.send("{ orders(first: 50) { nodes { id customer { id } } } }").json()
    cost = answer["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (100, 100)
    status = cost["throttleStatus"]
    assert (status["maximumAvailable"], status["restoreRate"]) == (2000.0, 100.0)
    assert 1900 <= status["currentlyAvailable"] < 1950
    tags = shop.send('mutation($id: ID!) { tagsAdd(id: $id, tags: ["a"]) { node { id } userErrors { message } } }', id=ORDER)
    assert tags.json()["extensions"]["cost"]["requestedQueryCost"] == 11


def test_an_empty_bucket_throttles_until_it_is_filled_again(shop: Talk) -> None:
    query = "{ orders(first: 240) { nodes { id customer { id } shippingAddress { city } billingAddress { city } } } }"
    answers = [shop.send(query).json() for _ in range(5)]
    throttled = [one for one in answers if "errors" in one]
    assert throttled
    assert throttled[0]["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = throttled[0]["extensions"]["cost"]
    assert cost["actualQueryCost"] is None
    assert cost["throttleStatus"]["currentlyAvailable"] < cost["requestedQueryCost"] == 960
    shop.control("POST", plan="plus")
    assert "errors" not in shop.send(query).json()


def test_a_query_may_cost_a_thousand(shop: Talk) -> None:
    answer = shop.send("{ orders(first: 250) { nodes { lineItems(first: 10) { nodes { id } } } } }").json()
    assert answer["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


@pytest.mark.parametrize(
    "query",
    [
        "{ customers(first: 1) { nodes { email } } }",
        "{ customers { nodes { id } ",
        "{ customers(first: 1) { nodes } }",
        "{ nothing }",
    ],
)
def test_a_wrong_query_is_told_in_errors(shop: Talk, query: str) -> None:
    answer = shop.send(query)
    assert answer.status_code == 200
    assert answer.json()["errors"]
    assert "data" not in answer.json()


@pytest.mark.parametrize("arguments", ["first: 251", "first: 0", 'first: 1, after: "rubbish"', "first: 1, last: 1"])
def test_pages_that_cannot_be_are_refused(shop: Talk, arguments: str) -> None:
    assert shop.send(f"{{ orders({arguments}) {{ nodes {{ id }} }} }}").json()["errors"]


def test_versions_fall_forward_and_unknown_ones_are_not_there(shop: Talk) -> None:
    assert shop.send("{ shop { name } }", version="2024-01").headers["x-shopify-api-version"] == "2026-01"
    assert shop.send("{ shop { name } }").headers["x-shopify-api-version"] == "2026-10"
    assert shop.send("{ shop { name } }", version="2031-01").status_code == 404


@pytest.mark.parametrize(("state", "status"), [("frozen", 402), ("forbidden", 403), ("gone", 404), ("locked", 423)])
def test_a_shop_that_is_not_open_says_so_by_its_status(shop: Talk, state: str, status: int) -> None:
    shop.control("POST", state=state)
    assert shop.send("{ shop { name } }").status_code == status


def test_who_lacks_a_right_is_denied_and_named_the_scope(shop: Talk) -> None:
    shop.token = shop.control("POST", "/token", scope="read_orders,read_all_orders")["access_token"]
    answer = shop.send("{ customersCount { count } }").json()
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert "read_customers" in answer["errors"][0]["message"]
    assert len(shop.ask("{ orders(first: 200) { nodes { id } } }")["orders"]["nodes"]) == 130
    shop.token = "nobody"
    assert shop.send("{ shop { name } }").status_code == 401


def test_without_the_scope_for_all_only_the_orders_of_sixty_days_are_there(shop: Talk) -> None:
    shop.control("POST", until="2021-01-01")
    fresh = shop.control("POST", "/orders", order={"total": "5.00"}, webhooks=False)["order"]["id"]
    shop.token = shop.control("POST", "/token", scope="read_orders")["access_token"]
    assert [one["id"] for one in shop.ask("{ orders(first: 9) { nodes { id } } }")["orders"]["nodes"]] == [fresh]


def test_what_the_app_may_not_see_of_people_is_null_with_a_reason(shop: Talk) -> None:
    shop.control("POST", hide_personal=True)
    answer = shop.send("{ orders(first: 1) { nodes { id email } } }").json()
    assert answer["data"]["orders"]["nodes"][0]["email"] is None
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_the_shop_is_found_by_its_own_host_name_too(shop: Talk, sandbox: Sandbox) -> None:
    answer = sandbox.ask_host(
        "POST",
        SHOP,
        "/admin/api/2026-10/graphql.json",
        json={"query": "{ shop { myshopifyDomain } }"},
        headers={"x-shopify-access-token": "sandbox"},
    )
    assert answer.json()["data"]["shop"]["myshopifyDomain"] == SHOP


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"customers": -1}),
        ("POST", "", {"state": "burnt down"}),
        ("POST", "", {"shop": "not a shop"}),
        ("POST", "", {"until": "some day"}),
        ("POST", "/orders/12", {"order": {"note": "nobody has this number"}}),
        ("POST", "/orders/x", {"order": {}}),
        ("POST", "/orders", {"order": {"total": "NaN"}}),
        ("POST", "/customers", {"customer": []}),
        ("POST", "/drop", {"times": "many"}),
        ("POST", "/privacy", {"topic": "customers/hug"}),
        ("DELETE", "/moon", {}),
    ],
)
def test_wishes_that_cannot_be_are_told_why(shop: Talk, method: str, path: str, body: dict[str, object]) -> None:
    answer = shop.sandbox.ask(method, f"/shopify/_sandbox/shop{path}", json=body)
    assert answer.status_code in {400, 404, 422}, answer.text
    assert answer.json()["error"]
