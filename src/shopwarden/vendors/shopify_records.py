"""A shop's customers and orders over GraphQL: which fields are asked for, and how they become the bodies of webhooks. Pure.

One way of reading for both: what a webhook tells and what is fetched mean the same and are versioned the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

Node = Mapping[str, object]

_MONEY = "{ shopMoney { amount currencyCode } }"
_ADDRESS = """{
  id firstName lastName company address1 address2 city province provinceCode country countryCodeV2 zip phone
}"""
CUSTOMER_FIELDS = f"""
  id legacyResourceId firstName lastName createdAt updatedAt state verifiedEmail locale note tags taxExempt numberOfOrders
  amountSpent {{ amount currencyCode }}
  defaultEmailAddress {{ emailAddress marketingState marketingOptInLevel }}
  defaultPhoneNumber {{ phoneNumber marketingState }}
  defaultAddress {_ADDRESS}
  lastOrder {{ id name }}
"""
ADDRESS_FIELDS = _ADDRESS.strip("{} \n")
ORDER_FIELDS = f"""
  id legacyResourceId name email phone createdAt updatedAt processedAt cancelledAt cancelReason currencyCode test note tags
  clientIp sourceName displayFinancialStatus displayFulfillmentStatus paymentGatewayNames discountCodes
  totalPriceSet {_MONEY} subtotalPriceSet {_MONEY} totalDiscountsSet {_MONEY}
  customer {{
    id firstName lastName createdAt updatedAt state verifiedEmail locale note tags taxExempt
    defaultEmailAddress {{ emailAddress marketingState marketingOptInLevel }} defaultPhoneNumber {{ phoneNumber }}
  }}
  billingAddress {_ADDRESS} shippingAddress {_ADDRESS}
  shippingLine {{ title code source originalPriceSet {_MONEY} }}
  refunds {{ id createdAt note totalRefundedSet {_MONEY} }}
  transactions(first: 5) {{
    kind status gateway createdAt
    paymentDetails {{ ... on CardPaymentDetails {{ avsResultCode bin company cvvResultCode number }} }}
  }}
  customerJourneySummary {{ lastVisit {{ landingPage referrerUrl }} }}
"""
LINE_ITEM_FIELDS = f"""
  id title variantTitle sku vendor quantity isGiftCard requiresShipping originalUnitPriceSet {_MONEY}
  product {{ id }} variant {{ id }}
"""

CUSTOMER_ALONE = """
  id legacyResourceId createdAt updatedAt state verifiedEmail locale note tags taxExempt numberOfOrders
  amountSpent { amount currencyCode } lastOrder { id name }
"""
"""What may be seen of a customer where the app was not granted who they are."""
ORDER_ALONE = f"""
  id legacyResourceId name createdAt updatedAt processedAt cancelledAt cancelReason currencyCode test note tags
  sourceName displayFinancialStatus displayFulfillmentStatus paymentGatewayNames discountCodes
  totalPriceSet {_MONEY} subtotalPriceSet {_MONEY} totalDiscountsSet {_MONEY}
  customer {{ id createdAt updatedAt state verifiedEmail locale note tags taxExempt }}
  shippingLine {{ title code source originalPriceSet {_MONEY} }}
  refunds {{ id createdAt note totalRefundedSet {_MONEY} }}
"""
_FULFILMENT = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "RESTOCKED": "restocked"}
"""Webhooks know these three, and null for all that is still to be sent."""


def customer_body(node: Node, addresses: Sequence[Node]) -> bytes:
    """The body `customers/update` would have brought. What is null is left out: it may only be hidden from the app."""
    body = _customer(node)
    home = _part(node, "defaultAddress").get("id")
    listed = [{**found, "default": one.get("id") == home} for one in addresses if (found := _address(one))]
    if listed:
        body["addresses"] = listed
    return msgspec.json.encode(body)


def order_body(node: Node, items: Sequence[Node]) -> bytes:
    """The body `orders/updated` would have brought. What only a webhook tells (the browser) is left out."""
    total, subtotal, discounts = (_money(node, name) for name in ("totalPriceSet", "subtotalPriceSet", "totalDiscountsSet"))
    visit = _part(_part(node, "customerJourneySummary"), "lastVisit")
    customer, line = _part(node, "customer"), _part(node, "shippingLine")
    body: dict[str, object] = {
        "id": node.get("legacyResourceId") or node.get("id"),
        "name": node.get("name"),
        "email": node.get("email"),
        "phone": node.get("phone"),
        "created_at": node.get("createdAt"),
        "processed_at": node.get("processedAt"),
        "updated_at": node.get("updatedAt"),
        "cancelled_at": node.get("cancelledAt"),
        "cancel_reason": _lower(node.get("cancelReason")),
        "currency": node.get("currencyCode"),
        "total_price": total,
        "subtotal_price": subtotal,
        "total_discounts": discounts,
        "financial_status": _lower(node.get("displayFinancialStatus")),
        "fulfillment_status": _FULFILMENT.get(str(node.get("displayFulfillmentStatus"))),
        "payment_gateway_names": node.get("paymentGatewayNames"),
        "discount_codes": [{"code": code} for code in _list(node, "discountCodes")],
        "browser_ip": node.get("clientIp"),
        "source_name": node.get("sourceName"),
        "landing_site": visit.get("landingPage"),
        "referring_site": visit.get("referrerUrl"),
        "note": node.get("note"),
        "tags": node.get("tags"),
        "test": node.get("test"),
        "billing_address": _address(_part(node, "billingAddress")),
        "shipping_address": _address(_part(node, "shippingAddress")),
        "shipping_lines": [{**_pick(line, "title", "code", "source"), "price": _money(line, "originalPriceSet")}]
        if line
        else [],
        "line_items": [_item(item) for item in items],
        "refunds": [_refund(one) for one in _list(node, "refunds") if isinstance(one, Mapping)],
        "payment_details": _card(node),
        "customer": _customer(customer) if customer else None,
    }
    return msgspec.json.encode({name: value for name, value in body.items() if value is not None})


def _customer(node: Node) -> dict[str, object]:
    mail, phone = _part(node, "defaultEmailAddress"), _part(node, "defaultPhoneNumber")
    spent = _part(node, "amountSpent")
    body: dict[str, object] = {
        "id": node.get("legacyResourceId") or node.get("id"),
        "email": mail.get("emailAddress"),
        "phone": phone.get("phoneNumber"),
        "first_name": node.get("firstName"),
        "last_name": node.get("lastName"),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "state": _lower(node.get("state")),
        "verified_email": node.get("verifiedEmail"),
        "locale": node.get("locale"),
        "note": node.get("note"),
        "tags": node.get("tags"),
        "tax_exempt": node.get("taxExempt"),
        "orders_count": node.get("numberOfOrders"),
        "total_spent": spent.get("amount"),
        "currency": spent.get("currencyCode"),
        "marketing_opt_in_level": _lower(mail.get("marketingOptInLevel")),
        "default_address": _address(_part(node, "defaultAddress")),
        "last_order_id": _number(_part(node, "lastOrder").get("id")),
        "last_order_name": _part(node, "lastOrder").get("name"),
    }
    if mail.get("marketingState") is not None:
        body["email_marketing_consent"] = {"state": _lower(mail.get("marketingState"))}
    return {name: value for name, value in body.items() if value is not None}


def _address(node: Node) -> dict[str, object] | None:
    if not node:
        return None
    names = {
        "first_name": "firstName", "last_name": "lastName", "company": "company", "address1": "address1",
        "address2": "address2", "city": "city", "province": "province", "province_code": "provinceCode",
        "country": "country", "country_code": "countryCodeV2", "zip": "zip", "phone": "phone",
    }  # fmt: skip
    return {ours: node.get(theirs) for ours, theirs in names.items() if node.get(theirs) is not None}


def _item(node: Node) -> dict[str, object]:
    return {
        **_pick(node, "title", "sku", "vendor", "quantity"),
        "id": _number(node.get("id")),
        "variant_title": node.get("variantTitle"),
        "gift_card": node.get("isGiftCard"),
        "requires_shipping": node.get("requiresShipping"),
        "price": _money(node, "originalUnitPriceSet"),
        "product_id": _number(_part(node, "product").get("id")),
        "variant_id": _number(_part(node, "variant").get("id")),
    }


def _refund(node: Node) -> dict[str, object]:
    paid = _part(_part(node, "totalRefundedSet"), "shopMoney")
    transaction = {
        "kind": "refund", "status": "success", "amount": paid.get("amount"), "currency": paid.get("currencyCode"),
    }  # fmt: skip
    return {
        "id": _number(node.get("id")), "created_at": node.get("createdAt"), "note": node.get("note"),
        "transactions": [transaction],
    }  # fmt: skip


def _card(node: Node) -> dict[str, object] | None:
    """The card of the newest sale or authorisation that tells of one."""
    for one in reversed(_list(node, "transactions")):
        details = _part(one, "paymentDetails") if isinstance(one, Mapping) else {}
        if details.get("number") or details.get("bin"):
            return {
                "avs_result_code": details.get("avsResultCode"), "cvv_result_code": details.get("cvvResultCode"),
                "credit_card_bin": details.get("bin"), "credit_card_company": details.get("company"),
                "credit_card_number": details.get("number"),
            }  # fmt: skip
    return None


def _money(node: Node, name: str) -> object:
    return _part(_part(node, name), "shopMoney").get("amount")


def _part(node: Node, name: str) -> Node:
    value = node.get(name)
    return value if isinstance(value, Mapping) else {}


def _list(node: Node, name: str) -> list[object]:
    value = node.get(name)
    return value if isinstance(value, list) else []


def _pick(node: Node, *names: str) -> dict[str, object]:
    return {name: node.get(name) for name in names if node.get(name) is not None}


def _lower(value: object) -> str | None:
    return value.lower() if isinstance(value, str) else None


def _number(gid: object) -> str | None:
    return gid.rsplit("/", 1)[-1].partition("?")[0] if isinstance(gid, str) else None
