"""Customer topics: created, changed, deleted, what they spent, what they agreed to, how they are tagged."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET

from shopwarden.domain.events import (
    ConsentChanged,
    CustomerDeleted,
    CustomerSeen,
    DomainEvent,
    PurchasingSummary,
    TagsChanged,
)
from shopwarden.domain.observation import CustomerObservation
from shopwarden.errors import SkipError
from shopwarden.sources.shopify.body import EPOCH, Body, currency, identifier, money, part, text, whole, words
from shopwarden.sources.shopify.people import SOURCE, observe

_IDS = ("customer_id", "customerId", "admin_graphql_api_customer_id", "id", "admin_graphql_api_id")
_WHEN = ("occurred_at", "occurredAt", "updated_at", "updatedAt")


def seen(body: Body) -> tuple[DomainEvent, ...]:
    customer = observe(body, body.data)
    if customer is None:
        raise SkipError("the customer has no id, e-mail or phone")
    return (CustomerSeen(version=customer.version, at=customer.at, customer=customer),)


def deleted(body: Body) -> tuple[DomainEvent, ...]:
    at = body.triggered_at or body.moment(*_WHEN) or EPOCH
    customer = CustomerObservation(
        version=body.version(at), at=at, source=SOURCE, shopify_id=_customer_id(body), deleted_at=at
    )
    return (CustomerDeleted(version=customer.version, at=at, customer=customer),)


def purchasing_summary(body: Body) -> tuple[DomainEvent, ...]:
    at = _when(body)
    spent = body.data.get("amount_spent") or body.data.get("amountSpent") or body.data.get("total_spent")
    count = next((found for name in _COUNTS if (found := whole(body.data.get(name))) is not None), None)
    total = money(spent)
    code = currency(spent.get("currency_code") or spent.get("currencyCode")) if isinstance(spent, dict) else None
    customer = CustomerObservation(
        version=body.version(at),
        at=at,
        source=SOURCE,
        shopify_id=_customer_id(body),
        orders_count=UNSET if count is None else count,
        total_spent=UNSET if total is None else total,
        currency=code or UNSET,
    )
    return (PurchasingSummary(version=customer.version, at=at, customer=customer),)


_COUNTS = ("number_of_orders", "numberOfOrders", "orders_count")


def consent(body: Body) -> tuple[DomainEvent, ...]:
    """E-mail consent decides `accepts_marketing`; consent to text messages is kept beside it."""
    mail = part(body.data, "email_marketing_consent", "emailMarketingConsent")
    messages = part(body.data, "sms_marketing_consent", "smsMarketingConsent")
    changed_at = body.moment("consent_updated_at", "consentUpdatedAt", of=mail or messages)
    at = changed_at or _when(body)
    state = text(mail, "state", longest=40)
    told = text(messages, "state", longest=40)
    if state is None and told is None:
        raise SkipError("the consent has no state")
    level = text(mail, "opt_in_level", "optInLevel", longest=40)
    extras = {"sms_marketing_state": told.lower() if told else None, "marketing_opt_in_level": level}
    customer = CustomerObservation(
        version=body.version(at),
        at=at,
        source=SOURCE,
        shopify_id=_customer_id(body),
        accepts_marketing=state.lower() == "subscribed" if state else UNSET,
        custom_attributes={name: value for name, value in extras.items() if value is not None} or UNSET,
    )
    return (ConsentChanged(version=customer.version, at=at, customer=customer),)


def tags_added(body: Body) -> tuple[DomainEvent, ...]:
    return _tags(body, added=words(body.data.get("tags")), removed=())


def tags_removed(body: Body) -> tuple[DomainEvent, ...]:
    return _tags(body, added=(), removed=words(body.data.get("tags")))


def _tags(body: Body, added: tuple[str, ...], removed: tuple[str, ...]) -> tuple[DomainEvent, ...]:
    at = _when(body)
    customer = CustomerObservation(
        version=body.version(at),
        at=at,
        source=SOURCE,
        shopify_id=_customer_id(body),
        tags_added=added,
        tags_removed=removed,
    )
    return (TagsChanged(version=customer.version, at=at, customer=customer),)


def _when(body: Body) -> datetime:
    return body.moment(*_WHEN) or body.triggered_at or EPOCH


def _customer_id(body: Body) -> str:
    found = identifier(body.data, *_IDS)
    if found is None:
        raise SkipError("the customer's id is missing")
    return found


TOPICS = {
    "customers/create": seen,
    "customers/update": seen,
    "customers/delete": deleted,
    "customers/purchasing_summary": purchasing_summary,
    "customers/email_marketing_consent_update": consent,
    "customers/marketing_consent_update": consent,
    "customer.tags_added": tags_added,
    "customer.tags_removed": tags_removed,
}
