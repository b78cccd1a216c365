"""What apps write into the made-up shop is kept, refused where it breaks a rule, and seen by whoever reads it again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.running import Sandbox
from tests.sandbox.shop_talk import Talk

ORDER = "gid://shopify/Order/5000000000001"
ASSESS = """mutation($wish: OrderRiskAssessmentCreateInput!) { orderRiskAssessmentCreate(orderRiskAssessmentInput: $wish) {
    orderRiskAssessment { riskLevel } userErrors { field message code } } }"""
SET = """mutation($all: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $all) {
    metafields { key value compareDigest } userErrors { field message code elementIndex } } }"""


@pytest.fixture
def shop(sandbox: Sandbox) -> Talk:
    talk = Talk(sandbox)
    talk.control("POST", customers=40, orders=130, seed="graph", until="2026-11-01")
    return talk


def test_tags_are_added_and_removed_and_kept_among_the_writes(shop: Talk) -> None:
    change = """mutation($id: ID!, $t: [String!]!) { %s(id: $id, tags: $t) {
        node { ... on Order { tags } } userErrors { message } } }"""
    added = shop.change(change % "tagsAdd", id=ORDER, t=["risk:high", "Risk:High", "review"])
    assert [tag for tag in added["node"]["tags"] if tag != "repeat"] == ["risk:high", "review"]
    left = shop.change(change % "tagsRemove", id=ORDER, t=["REVIEW"])
    assert "review" not in left["node"]["tags"]
    writes = shop.control("GET", f"/writes?target={ORDER}")["writes"]
    assert [one["kind"] for one in writes] == ["tagsAdd", "tagsRemove"]


def test_metafields_are_all_kept_or_none_and_compared_where_asked(shop: Talk) -> None:
    wish = {"ownerId": ORDER, "key": "risk_score", "type": "number_integer", "value": "71"}
    first = shop.change(SET, all=[wish])["metafields"][0]
    broken = {**wish, "key": "fraud_analysis", "type": "json", "value": "{"}
    refused = shop.ask(SET, all=[{**wish, "value": "5"}, broken])["metafieldsSet"]
    assert refused["metafields"] is None
    assert refused["userErrors"][0]["elementIndex"] == 1
    stale = shop.ask(SET, all=[{**wish, "value": "9", "compareDigest": None}])["metafieldsSet"]
    assert stale["userErrors"][0]["code"] == "STALE_OBJECT"
    shop.change(SET, all=[{**wish, "value": "9", "compareDigest": first["compareDigest"]}])
    held = shop.ask('query($id: ID!) { order(id: $id) { metafield(key: "risk_score") { value } } }', id=ORDER)
    assert held["order"]["metafield"]["value"] == "9"
    many = [{**wish, "key": f"key_{n}"} for n in range(26)]
    assert shop.ask(SET, all=many)["metafieldsSet"]["userErrors"]


def test_an_assessment_takes_the_place_of_the_apps_earlier_one(shop: Talk) -> None:
    for level in ("PENDING", "HIGH"):
        shop.change(
            ASSESS, wish={"orderId": ORDER, "riskLevel": level, "facts": [{"description": "x", "sentiment": "NEGATIVE"}]}
        )
    risk = shop.ask(
        "query($id: ID!) { order(id: $id) { risk { recommendation assessments { riskLevel provider { title } } } } }",
        id=ORDER,
    )["order"]["risk"]
    assert risk["recommendation"] == "CANCEL"
    assert [one["riskLevel"] for one in risk["assessments"] if one["provider"]] == ["HIGH"]
    facts = [{"description": "x", "sentiment": "NEUTRAL"}] * 21
    refused = shop.ask(ASSESS, wish={"orderId": ORDER, "riskLevel": "LOW", "facts": facts})
    assert refused["orderRiskAssessmentCreate"]["userErrors"]


def test_an_order_is_held_released_and_cancelled(shop: Talk) -> None:
    made = shop.control("POST", "/orders", order={"total": "50.00"}, webhooks=False)["order"]["id"]
    parcel = "query($id: ID!) { order(id: $id) { fulfillmentOrders(first: 1) { nodes { id status } } } }"
    one = shop.ask(parcel, id=made)["order"]["fulfillmentOrders"]["nodes"][0]
    hold = """mutation($id: ID!) {
        fulfillmentOrderHold(id: $id, fulfillmentHold: {reason: HIGH_RISK_OF_FRAUD, handle: "risk"}) {
        fulfillmentHold { id } userErrors { code message } } }"""
    held = shop.change(hold, id=one["id"])["fulfillmentHold"]["id"]
    again = shop.ask(hold, id=one["id"])["fulfillmentOrderHold"]["userErrors"]
    assert again[0]["code"] == "DUPLICATE_FULFILLMENT_HOLD_HANDLE"
    assert shop.ask(parcel, id=made)["order"]["fulfillmentOrders"]["nodes"][0]["status"] == "ON_HOLD"
    shop.change(
        "mutation($id: ID!, $h: [ID!]) { fulfillmentOrderReleaseHold(id: $id, holdIds: $h) { userErrors { message } } }",
        id=one["id"], h=[held],
    )  # fmt: skip
    cancel = """mutation($id: ID!) {
        orderCancel(orderId: $id, reason: FRAUD, restock: true, refundMethod: {originalPaymentMethodsRefund: true}) {
        job { id } orderCancelUserErrors { message code } userErrors { message } } }"""
    assert shop.change(cancel, id=made)["job"]["id"]
    assert shop.ask(cancel, id=made)["orderCancel"]["orderCancelUserErrors"]
    assert shop.ask("query($id: ID!) { order(id: $id) { cancelReason } }", id=made)["order"]["cancelReason"] == "FRAUD"


def test_a_pixel_is_there_once(shop: Talk) -> None:
    make = """mutation($wish: WebPixelInput!) {
        webPixelCreate(webPixel: $wish) { webPixel { id settings } userErrors { code } } }"""
    wish = {"settings": '{"key": "k"}'}
    pixel: dict[str, Any] = shop.change(make, wish=wish)["webPixel"]
    assert pixel["settings"] == {"key": "k"}
    assert shop.ask(make, wish=wish)["webPixelCreate"]["userErrors"][0]["code"] == "TAKEN"
