"""What a GraphQL answer says, and how long its cost makes the next one wait."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import VendorFault
from shopwarden.steps.shop_points import UNKNOWN_COST, Points
from shopwarden.vendors.shopify_app import ShopApp
from shopwarden.vendors.shopify_graphql import (
    Cost,
    Throttled,
    ThrottleStatus,
    ask_graphql,
    done,
    is_mutation,
    read_graphql,
    user_errors,
    wait_for,
)

APP = ShopApp(client_id="key", secrets=("secret",))
COST = {
    "requestedQueryCost": 52,
    "actualQueryCost": 12,
    "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 1948, "restoreRate": 100},
}


def reply(body: object, status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, body if isinstance(body, bytes) else msgspec.json.encode(body))


def test_a_query_travels_with_its_token_in_the_header_and_its_version_in_the_address() -> None:
    ask = ask_graphql(APP, "demo.myshopify.com", "shpat_1", "{ shop { name } }", {"a": 1})
    assert ask.url == "https://demo.myshopify.com/admin/api/2026-10/graphql.json"
    assert ask.headers["X-Shopify-Access-Token"] == "shpat_1"
    assert msgspec.json.decode(ask.body or b"") == {"query": "{ shop { name } }", "variables": {"a": 1}}
    assert "shpat_1" not in repr(ask)


def test_data_comes_with_its_cost_and_version() -> None:
    answer = read_graphql(
        reply({"data": {"shop": None}, "extensions": {"cost": COST}}, **{"x-shopify-api-version": "2026-07"})
    )
    assert answer.data == {"shop": None}
    assert answer.cost is not None
    assert (answer.cost.requested_query_cost, answer.cost.throttle_status.restore_rate) == (52, 100)
    assert answer.version == "2026-07"


def test_a_cost_nobody_understands_does_not_lose_the_data() -> None:
    assert read_graphql(reply({"data": {"a": 1}, "extensions": {"cost": {"odd": True}}})).cost is None


def test_over_the_limit_says_how_long_to_wait() -> None:
    status = {"maximumAvailable": 2000, "currentlyAvailable": 20, "restoreRate": 100}
    cost = {"requestedQueryCost": 520, "actualQueryCost": None, "throttleStatus": status}
    body = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost": cost}}
    with pytest.raises(Throttled) as told:
        read_graphql(reply(body))
    assert told.value.after == 5.0
    with pytest.raises(Throttled):
        read_graphql(reply({"data": None, "errors": body["errors"]}))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(b"", 401), "auth"),
        (reply(b"", 402), "auth"),
        (reply(b"", 404), "auth"),
        (reply(b"", 423), "auth"),
        (reply(b"", 429, **{"Retry-After": "3"}), "rate_limited"),
        (reply(b"", 430), "rate_limited"),
        (reply(b"", 503), "unavailable"),
        (reply(b"", 418), "invalid_input"),
        (reply(b"<html>"), "contract_changed"),
        (reply({}), "contract_changed"),
        (reply([]), "contract_changed"),
        (reply({"errors": "[API] Invalid API key"}), "invalid_input"),
        (reply({"errors": [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}), "unavailable"),
        (reply({"errors": [{"message": "x", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}), "invalid_input"),
        (reply({"errors": [{"message": "x", "extensions": {"code": "SHOP_INACTIVE"}}]}), "auth"),
        (reply({"data": None, "errors": [{"message": "x", "extensions": {"code": "ACCESS_DENIED"}}]}), "auth"),
        (reply({"data": {"a": None}, "errors": [{"path": ["a"], "extensions": {"code": "ACCESS_DENIED"}}]}), "auth"),
        (reply({"data": {"a": 1}, "errors": [{"message": "Field 'b' doesn't exist"}]}), "invalid_input"),
    ],
)
def test_every_refusal_has_its_kind(answer: Reply, kind: str) -> None:
    with pytest.raises(VendorFault) as told:
        read_graphql(answer)
    assert told.value.kind == kind
    assert told.value.after == (3.0 if answer.headers else None)


def test_what_may_not_be_seen_is_null_and_told() -> None:
    denied = {"message": "no", "path": ["customers", "nodes", 0, "email"], "extensions": {"code": "ACCESS_DENIED"}}
    answer = read_graphql(reply({"data": {"customers": {"nodes": [{"email": None}]}}, "errors": [denied]}))
    assert answer.denied == ("customers.nodes.0.email",)


words = st.sampled_from(["data", "errors", "extensions", "cost", "code", "message"])
anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=4),
    lambda inner: st.dictionaries(words, inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=12,
)


@given(body=anything)
def test_no_answer_breaks_the_reading(body: object) -> None:
    try:
        read_graphql(reply(body))
    except VendorFault as fault:
        told = str(fault)
    else:
        told = "read"
    assert told


def test_a_mutation_is_told_from_a_query() -> None:
    assert is_mutation("\n# adds\n  mutation m { a }")
    assert not is_mutation("query { mutation }")
    assert not is_mutation("")


def test_what_a_mutation_finds_wrong_is_said() -> None:
    data = {"tagsAdd": {"userErrors": [{"field": ["id"], "message": "is invalid", "code": "INVALID"}]}}
    assert user_errors(data, "tagsAdd")[0].message == "is invalid"
    with pytest.raises(VendorFault, match="tagsAdd: id: is invalid") as told:
        done(data, "tagsAdd")
    assert told.value.kind == "invalid_input"
    assert done({"tagsAdd": {"node": 1, "userErrors": []}}, "tagsAdd")["node"] == 1
    with pytest.raises(VendorFault):
        done({}, "tagsAdd")


def cost(requested: float, available: float, rate: float, maximum: float = 2000, actual: float | None = None) -> Cost:
    return Cost(
        throttle_status=ThrottleStatus(maximum_available=maximum, currently_available=available, restore_rate=rate),
        requested_query_cost=requested,
        actual_query_cost=actual,
    )


@given(requested=st.floats(0, 1000), available=st.floats(0, 2000), rate=st.floats(1, 2000))
def test_the_wait_is_just_long_enough(requested: float, available: float, rate: float) -> None:
    wait = wait_for(cost(requested, available, rate))
    assert 0.1 <= wait <= 60
    assert wait == 60 or available + wait * rate >= requested - 1e-6


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(steps=st.lists(st.tuples(st.floats(0, 30), st.floats(1, 1000)), max_size=20))
async def test_what_is_spent_never_exceeds_what_came_back(steps: list[tuple[float, float]]) -> None:
    clock = Clock()
    points = Points(clock)
    there, at, spent = 1000.0, 0.0, 0.0
    points.learn("q", cost(1, there, 50, 1000))
    for passed, wanted in steps:
        clock.now += passed
        points.learn(str(wanted), cost(wanted, min(there + (clock.now - at) * 50, 1000), 50, 1000))
        clock.now += points.wait_for(wanted) + 1e-6
        async with points.spending(str(wanted)):
            there = min(there + (clock.now - at) * 50, 1000) - wanted
            at, spent = clock.now, spent + wanted
            assert there >= -1e-3
            points.learn(str(wanted), cost(wanted, there, 50, 1000))


async def test_nobody_waits_before_anything_is_known_and_a_dear_query_for_a_full_bucket() -> None:
    clock = Clock()
    points = Points(clock)
    assert points.wait_for(10_000) == 0
    async with asyncio.timeout(1), points.spending("q"):
        points.learn("q", cost(50, 0, 100))
    assert points.wait_for(UNKNOWN_COST) == pytest.approx(0.2)
    assert points.wait_for(50_000) == pytest.approx(20)
    clock.now += 100
    assert points.wait_for(50_000) == 0


async def test_points_of_a_query_under_way_are_not_promised_twice() -> None:
    points = Points(Clock())
    points.learn("dear", cost(60, 100, 1, 100))
    points.learn("cheap", cost(10, 100, 1, 100))
    async with points.spending("dear"):
        async with points.spending("cheap"):
            # The shop has not met the dear one yet: it still counts its points as there.
            points.learn("cheap", cost(10, 90, 1, 100))
        assert points.wait_for(60) == pytest.approx(30)
