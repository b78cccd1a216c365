"""Order topics: one reading for all of them, as each brings the whole order; and the platform's own opinion of its risk."""

from __future__ import annotations

from shopwarden.domain.events import DomainEvent, OrderSeen, RiskAssessed
from shopwarden.domain.ip import normalise_ip
from shopwarden.domain.observation import Json
from shopwarden.errors import SkipError
from shopwarden.sources.shopify.body import (
    EPOCH,
    MOST_ITEMS,
    Body,
    Part,
    currency,
    flag,
    identifier,
    money,
    part,
    parts,
    text,
    trim,
    words,
)
from shopwarden.sources.shopify.items import count_items, line_items
from shopwarden.sources.shopify.payments import card_of, refunds_within
from shopwarden.sources.shopify.people import SOURCE, address_of, buyer, email_of, phone_of

OUR_PROVIDER = "shopwarden"
LEVELS = frozenset({"none", "low", "medium", "high", "pending"})
_NO_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104


def seen(body: Body) -> tuple[DomainEvent, ...]:
    """The order, and every refund it tells of."""
    order = _read(body)
    return (order, *refunds_within(body, order.external_id, order.currency))


def _read(body: Body) -> OrderSeen:
    data = body.data
    external_id = identifier(data, "id", "admin_graphql_api_id")
    if external_id is None:
        raise SkipError("the order has no id")
    changed_at = body.moment("updated_at")
    at = changed_at or body.triggered_at or body.moment("created_at", "processed_at") or EPOCH
    billing, shipping = address_of(part(data, "billing_address")), address_of(part(data, "shipping_address"))
    client, place = part(data, "client_details"), billing or shipping
    return OrderSeen(
        version=body.version(changed_at),
        at=at,
        source=SOURCE,
        external_id=external_id,
        customer=buyer(body, changed_at, at),
        created_at=body.moment("created_at", "processed_at") or at,
        updated_at=at,
        cancelled_at=body.moment("cancelled_at"),
        customer_external_id=identifier(part(data, "customer"), "id", "admin_graphql_api_id"),
        name=text(data, "name", "order_number", longest=100),
        email=email_of(data, "email", "contact_email"),
        phone=phone_of(data, place.country_code if place else None),
        token=text(data, "token"),
        checkout_token=text(data, "checkout_token"),
        cart_token=text(data, "cart_token"),
        browser_ip=_ip(data) or _ip(client),
        user_agent=text(client, "user_agent", longest=1000),
        accept_language=text(client, "accept_language"),
        total=money(data.get("current_total_price")) if "total_price" not in data else money(data["total_price"]),
        subtotal=money(data.get("subtotal_price")),
        total_discounts=money(data.get("total_discounts")),
        currency=currency(data.get("currency")),
        item_count=count_items(data),
        line_items=line_items(data),
        shipping_lines=_lines(data, "shipping_lines", ("title", "code", "source")),
        discount_codes=_lines(data, "discount_codes", ("code", "type")),
        billing_address=billing,
        shipping_address=shipping,
        financial_status=text(data, "financial_status", longest=40),
        fulfillment_status=text(data, "fulfillment_status", longest=40),
        cancel_reason=text(data, "cancel_reason", longest=100),
        source_name=text(data, "source_name", longest=100),
        gateway=_gateway(data),
        card=card_of(part(data, "payment_details")),
        landing_site=text(data, "landing_site", longest=2000),
        referring_site=text(data, "referring_site", longest=2000),
        tags=words(data.get("tags")),
        note=text(data, "note", longest=5000),
        is_test=flag(data.get("test")) is True,
    )


def _lines(data: Part, name: str, texts: tuple[str, ...]) -> tuple[dict[str, Json], ...]:
    return tuple(trim(line, texts, ("price", "amount")) for line in parts(data, name)[:MOST_ITEMS])


def _ip(one: Part) -> str | None:
    stated = text(one, "browser_ip", longest=100)
    address = normalise_ip(stated) if stated else None
    return None if address in _NO_ADDRESS else address


def _gateway(data: Part) -> str | None:
    names = data.get("payment_gateway_names")
    listed = {"gateway": names[0]} if isinstance(names, list) and names else {}
    return text(data, "gateway", longest=100) or text(listed, "gateway", longest=100)


def risk_changed(body: Body) -> tuple[DomainEvent, ...]:
    """What somebody else says of an order's risk; our own assessments come back this way too and are left out."""
    provider = text(body.data, "provider_title", "provider_name") or ""
    if provider.casefold() == OUR_PROVIDER:
        return ()
    order = identifier(body.data, "order_id", "admin_graphql_api_order_id", "orderId")
    level = (text(body.data, "risk_level", "riskLevel", longest=40) or "").lower()
    if order is None or level not in LEVELS:
        raise SkipError("the assessment has no order or no known risk level")
    told_at = body.moment("updated_at", "created_at")
    at = told_at or body.triggered_at or EPOCH
    return (RiskAssessed(version=body.version(told_at), at=at, source=SOURCE, order_external_id=order, level=level),)


TOPICS = {
    "orders/create": seen,
    "orders/updated": seen,
    "orders/paid": seen,
    "orders/cancelled": seen,
    "orders/risk_assessment_changed": risk_changed,
}
