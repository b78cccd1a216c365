"""What is written into a shop: metafields of a customer, an assessment of an order, tags, holds and cancellations. Pure.

Contract: Shopify's GraphQL Admin API. Metafields lie in the app's own namespace `$app`, where merchants see them and other
apps can't change them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from shopwarden.domain.verdict import Advice, Level, Reason, Verdict

NAMESPACE = "$app"
MOST_FACTS = 20
LONGEST_FACT = 250
HOLD_HANDLE = "shopwarden"
TAGS: dict[Advice, str] = {"review": "shopwarden: review", "decline": "shopwarden: decline"}
LEVEL_TAGS: dict[Level, str] = {"high": "shopwarden: high risk", "critical": "shopwarden: high risk"}
BLOCKED_TAG = "shopwarden: blocked"
_LEVELS: dict[Advice, str] = {"approve": "LOW", "review": "MEDIUM", "decline": "HIGH"}

DEFINITIONS = (
    ("risk_score", "number_integer", "Risk score", "0 (nothing against them) to 100."),
    ("fraud_analysis", "json", "Fraud analysis", "Level, advice and reasons of the newest verdict."),
    ("customer_lifetime_value", "number_decimal", "Customer lifetime value", "In the currency of the shop."),
)

DEFINE = """mutation Define($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) { createdDefinition { id } userErrors { field message code } }
}"""
SET_METAFIELDS = """mutation SetMetafields($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { metafields { id } userErrors { field message code } }
}"""
ASSESS = """mutation Assess($input: OrderRiskAssessmentCreateInput!) {
  orderRiskAssessmentCreate(orderRiskAssessmentInput: $input) {
    orderRiskAssessment { riskLevel } userErrors { field message code }
  }
}"""
ADD_TAGS = """mutation AddTags($id: ID!, $tags: [String!]!) {
  tagsAdd(id: $id, tags: $tags) { userErrors { field message } }
}"""
REMOVE_TAGS = """mutation RemoveTags($id: ID!, $tags: [String!]!) {
  tagsRemove(id: $id, tags: $tags) { userErrors { field message } }
}"""
FULFILLMENTS = """query Fulfillments($id: ID!) {
  order(id: $id) {
    id cancelledAt
    fulfillmentOrders(first: 20) { nodes { id status fulfillmentHolds { id handle } } }
  }
}"""
HOLD = """mutation Hold($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) { fulfillmentHold { id } userErrors { field message code } }
}"""
RELEASE = """mutation Release($id: ID!, $holds: [ID!]) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) { userErrors { field message code } }
}"""
CANCEL = """mutation Cancel($id: ID!, $note: String) {
  orderCancel(
    orderId: $id, reason: FRAUD, refundMethod: { originalPaymentMethodsRefund: true }, restock: true, notifyCustomer: false,
    staffNote: $note
  ) { job { id } orderCancelUserErrors { field message code } userErrors { field message } }
}"""


def order_gid(external_id: str) -> str:
    return f"gid://shopify/Order/{external_id}"


def customer_gid(shopify_id: str) -> str:
    return f"gid://shopify/Customer/{shopify_id}"


def definitions() -> list[dict[str, object]]:
    """The three metafields of a customer, so that the shop's own pages show and filter by them."""
    return [
        {
            "name": name, "namespace": NAMESPACE, "key": key, "type": kind, "description": about, "ownerType": "CUSTOMER",
        }
        for key, kind, name, about in DEFINITIONS
    ]  # fmt: skip


def customer_metafields(owner: str, score: int, analysis: dict[str, object], value: Decimal | None) -> dict[str, object]:
    """All or nothing; the lifetime value is left out where nobody knows it."""
    values: list[tuple[str, str, str]] = [
        ("risk_score", "number_integer", str(score)),
        ("fraud_analysis", "json", msgspec.json.encode(analysis).decode()),
    ]
    if value is not None:
        values.append(("customer_lifetime_value", "number_decimal", f"{value:.2f}"))
    return {
        "metafields": [
            {"ownerId": owner, "namespace": NAMESPACE, "key": key, "type": kind, "value": text} for key, kind, text in values
        ]
    }


def analysis_of(verdict: Verdict) -> dict[str, object]:
    """The verdict as the shop keeps it: no personal data in it, sentences as the merchant reads them."""
    return {
        "level": verdict.level,
        "advice": verdict.advice,
        "score": verdict.score,
        "reasons": [{"points": round(reason.points, 1), "text": reason.sentence} for reason in verdict.reasons[:10]],
        "not_checked": len(verdict.gaps),
        "at": verdict.at.isoformat(),
    }


def assessment(order: str, verdict: Verdict) -> dict[str, object]:
    """At most 20 facts, the weightiest first; what speaks for the customer is told too."""
    facts = [_fact(reason) for reason in verdict.reasons[:MOST_FACTS]]
    if not facts:
        facts = [{"description": f"Score {verdict.score} of 100: nothing speaks against it.", "sentiment": "POSITIVE"}]
    return {"input": {"orderId": order, "riskLevel": _LEVELS[verdict.advice], "facts": facts}}


def _fact(reason: Reason) -> dict[str, str]:
    sentiment = "NEGATIVE" if reason.points >= 1 else "POSITIVE" if reason.points <= -1 else "NEUTRAL"
    return {"description": reason.sentence[:LONGEST_FACT], "sentiment": sentiment}


def tags_for(wanted: str | None, ours: Sequence[str]) -> tuple[list[str], list[str]]:
    """(to add, to remove): of our own tags only the wanted one stays; nobody else's is touched."""
    every = list(dict.fromkeys(ours))
    return ([wanted] if wanted else []), [tag for tag in every if tag != wanted]


def hold_input(notes: str) -> dict[str, object]:
    return {
        "reason": "HIGH_RISK_OF_FRAUD", "reasonNotes": notes[:250], "notifyMerchant": True, "handle": HOLD_HANDLE,
    }  # fmt: skip
