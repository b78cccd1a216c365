"""Checkout topics: a checkout as far as the buyer has filled it in."""

from __future__ import annotations

from shopwarden.domain.events import CheckoutSeen, DomainEvent
from shopwarden.errors import SkipError
from shopwarden.sources.shopify.body import EPOCH, Body, currency, flag, identifier, money, part, text
from shopwarden.sources.shopify.items import line_items
from shopwarden.sources.shopify.people import address_of, buyer, email_of, phone_of


def seen(body: Body) -> tuple[DomainEvent, ...]:
    data = body.data
    token = text(data, "token")
    if token is None:
        raise SkipError("the checkout has no token")
    changed_at = body.moment("updated_at")
    at = changed_at or body.triggered_at or body.moment("created_at") or EPOCH
    billing, shipping = address_of(part(data, "billing_address")), address_of(part(data, "shipping_address"))
    place = billing or shipping
    checkout = CheckoutSeen(
        version=body.version(changed_at),
        at=at,
        token=token,
        customer=buyer(body, changed_at, at),
        created_at=body.moment("created_at") or at,
        updated_at=at,
        completed_at=body.moment("completed_at"),
        customer_external_id=identifier(part(data, "customer"), "id", "admin_graphql_api_id"),
        cart_token=text(data, "cart_token"),
        email=email_of(data),
        phone=phone_of(data, place.country_code if place else None),
        total=money(data.get("total_price")),
        subtotal=money(data.get("subtotal_price")),
        currency=currency(data.get("currency") or data.get("presentment_currency")),
        line_items=line_items(data),
        billing_address=billing,
        shipping_address=shipping,
        landing_site=text(data, "landing_site", longest=2000),
        referring_site=text(data, "referring_site", longest=2000),
        source_name=text(data, "source_name", longest=100),
        abandoned_checkout_url=text(data, "abandoned_checkout_url", longest=2000),
        accepts_marketing=flag(data.get("buyer_accepts_marketing")),
    )
    return (checkout,)


TOPICS = {"checkouts/create": seen, "checkouts/update": seen}
