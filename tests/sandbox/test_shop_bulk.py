"""Bulk operations of the made-up shop: every object once, children after their parents, any part of the file again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.running import Sandbox
from tests.sandbox.shop_talk import Receiver, Talk, receiving

RUN = """mutation($q: String!) { bulkOperationRunQuery(query: $q) {
    bulkOperation { id status } userErrors { field message code } } }"""
ORDERS = """{ orders { edges { node { id name totalPriceSet { shopMoney { amount } } customer { id }
    transactions(first: 2) { paymentDetails { ... on CardPaymentDetails { bin } } }
    lineItems { edges { node { id quantity } } } } } } }"""
STATE = "{ currentBulkOperation { id status errorCode objectCount rootObjectCount fileSize url partialDataUrl } }"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def shop(sandbox: Sandbox) -> Talk:
    talk = Talk(sandbox)
    talk.control("POST", customers=60, orders=300, seed="bulk")
    return talk


def run(shop: Talk, query: str = ORDERS) -> dict[str, Any]:
    """Runs to the end."""
    shop.change(RUN, q=query)
    return finish(shop)


def finish(shop: Talk) -> dict[str, Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        state: dict[str, Any] = shop.ask(STATE)["currentBulkOperation"]
        if state["status"] not in {"CREATED", "RUNNING", "CANCELING"}:
            return state
        time.sleep(0.05)
    raise AssertionError("the operation never ended")


def fetch(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False, timeout=30)


def test_every_order_is_a_line_with_its_items_after_it(shop: Talk) -> None:
    state = run(shop)
    lines = [json.loads(line) for line in fetch(state["url"]).text.splitlines()]
    orders = [line for line in lines if "__parentId" not in line]
    assert len(orders) == len({line["id"] for line in orders}) == 300 == int(state["rootObjectCount"])
    assert len(lines) == int(state["objectCount"])
    parent = ""
    for line in lines:
        if "__parentId" in line:
            assert line["__parentId"] == parent
            assert set(line) == {"id", "quantity", "__parentId"}
        else:
            parent = line["id"]
            assert set(line) == {"id", "name", "totalPriceSet", "customer", "transactions"}
            assert len(line["transactions"][0]["paymentDetails"]["bin"]) == 6


def test_bulk_and_pages_say_the_same(shop: Talk) -> None:
    shop.control("POST", "/orders/5000000000003", order={"total": "7.77"}, webhooks=False)
    shop.control("POST", "/orders", order={"total": "8.88"}, webhooks=False)
    state = run(shop, "{ orders { nodes { id totalPriceSet { shopMoney { amount } } } } }")
    bulk = [json.loads(line) for line in fetch(state["url"]).text.splitlines()]
    paged: list[Any] = []
    for after in (None, bulk[199]["id"]):
        search = None if after is None else f"id:>{after.rpartition('/')[2]}"
        fields = "nodes { id totalPriceSet { shopMoney { amount } } }"
        query = f"query($q: String) {{ orders(first: 200, sortKey: ID, query: $q) {{ {fields} }} }}"
        paged += shop.ask(query, q=search)["orders"]["nodes"]
    assert bulk == paged


def test_any_part_of_the_file_can_be_had_again(shop: Talk) -> None:
    state = run(shop)
    whole = fetch(state["url"]).content
    assert len(whole) == int(state["fileSize"])
    part = fetch(state["url"], range="bytes=1000-1499")
    assert (part.status_code, part.content) == (206, whole[1000:1500])
    assert part.headers["content-range"] == f"bytes 1000-1499/{len(whole)}"
    assert fetch(state["url"], range=f"bytes={len(whole) - 10}-").content == whole[-10:]
    assert fetch(state["url"], range="bytes=-7").content == whole[-7:]
    assert fetch(state["url"], range=f"bytes={len(whole)}-").status_code == 416
    assert fetch(state["url"].partition("?")[0]).status_code == 403


def test_progress_grows_and_the_end_is_told(shop: Talk, receiver: Receiver) -> None:
    shop.subscribe("BULK_OPERATIONS_FINISH", receiver.uri)
    shop.control("POST", "/bulk", rate=600)
    shop.change(RUN, q=ORDERS)
    seen = []
    while (state := shop.ask(STATE)["currentBulkOperation"])["status"] in {"CREATED", "RUNNING"}:
        assert state["url"] is None
        seen.append(int(state["objectCount"]))
        time.sleep(0.1)
    assert seen == sorted(seen)
    assert len(set(seen)) > 1
    shop.control("GET", "/deliveries/settled")
    assert [body["admin_graphql_api_id"] for body in receiver.bodies()] == [state["id"]]
    assert receiver.bodies()[0]["status"] == "completed"


def test_a_failed_and_a_cancelled_operation_say_so(shop: Talk) -> None:
    shop.control("POST", "/bulk", fail="INTERNAL_SERVER_ERROR")
    state = run(shop)
    assert (state["status"], state["errorCode"], state["url"]) == ("FAILED", "INTERNAL_SERVER_ERROR", None)
    shop.control("POST", "/bulk", fail=None, rate=100)
    one = shop.change(RUN, q=ORDERS)["bulkOperation"]["id"]
    shop.change(
        "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }", id=one
    )
    shop.control("POST", "/bulk", rate=0)
    assert finish(shop)["status"] == "CANCELED"


def test_five_may_run_at_once(shop: Talk) -> None:
    shop.control("POST", "/bulk", wait=5)
    for _ in range(5):
        shop.change(RUN, q=ORDERS)
    refused = shop.ask(RUN, q=ORDERS)["bulkOperationRunQuery"]["userErrors"]
    assert refused[0]["code"] == "OPERATION_IN_PROGRESS"


@pytest.mark.parametrize(
    "query",
    [
        "{ shop { name } }",
        "{ orders { edges { node { nothing } } } }",
        "{ orders { edges { node { name lineItems { edges { node { id } } } } } } }",
        "{ orders { pageInfo { hasNextPage } } }",
        "query($q: String) { orders(query: $q) { edges { node { id } } } }",
        "{ orders { edges { node { id } } } customers { edges { node { id } } } }",
        "{ orders {",
    ],
)
def test_queries_that_cannot_run_in_bulk_are_refused(shop: Talk, query: str) -> None:
    assert shop.ask(RUN, q=query)["bulkOperationRunQuery"]["userErrors"][0]["code"] == "INVALID"


def test_a_shop_of_fifty_thousand_is_there_at_once_and_read_through_quickly(shop: Talk) -> None:
    """A page near the end of 100,000 orders must cost no more than one at their beginning."""
    shop.control("POST", customers=50_000, orders=100_000, seed="large", plan="enterprise")
    state = run(shop, "{ customers { nodes { id createdAt } } }")
    assert (state["status"], state["rootObjectCount"]) == ("COMPLETED", "50000")
    assert len(fetch(state["url"]).content.splitlines()) == 50_000
    began = time.monotonic()
    last = shop.ask('{ orders(first: 50, sortKey: UPDATED_AT, query: "id:>5000000099950") { nodes { id } } }')["orders"][
        "nodes"
    ]
    page = shop.ask("{ orders(first: 3, reverse: true) { nodes { id } pageInfo { endCursor } } }")["orders"]
    shop.ask(
        "query($c: String) { orders(first: 50, reverse: true, after: $c) { nodes { id } } }", c=page["pageInfo"]["endCursor"]
    )
    assert len(last) == 50
    assert time.monotonic() - began < 20
