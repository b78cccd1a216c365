"""The three privacy topics every app has to answer: give out, forget a person, forget a shop."""

from __future__ import annotations

from typing import Literal

from shopwarden.domain.events import DomainEvent, PrivacyRequested
from shopwarden.sources.shopify.body import EPOCH, Body, identifier, part
from shopwarden.sources.shopify.people import email_of, phone_of

Kind = Literal["data_request", "customer_redact", "shop_redact"]


def _requested(body: Body, kind: Kind, orders: str) -> tuple[DomainEvent, ...]:
    at = body.triggered_at or EPOCH
    customer = part(body.data, "customer")
    listed = body.data.get(orders)
    ids = [identifier({"id": one}, "id") for one in listed] if isinstance(listed, list) else []
    request = PrivacyRequested(
        version=body.version(at),
        at=at,
        kind=kind,
        shopify_id=identifier(customer, "id", "admin_graphql_api_id"),
        email=email_of(customer),
        phone=phone_of(customer, None),
        order_ids=tuple(one for one in ids if one is not None),
        reference=identifier(part(body.data, "data_request"), "id"),
    )
    return (request,)


def data_request(body: Body) -> tuple[DomainEvent, ...]:
    return _requested(body, "data_request", "orders_requested")


def customer_redact(body: Body) -> tuple[DomainEvent, ...]:
    return _requested(body, "customer_redact", "orders_to_redact")


def shop_redact(body: Body) -> tuple[DomainEvent, ...]:
    return _requested(body, "shop_redact", "")


TOPICS = {"customers/data_request": data_request, "customers/redact": customer_redact, "shop/redact": shop_redact}
