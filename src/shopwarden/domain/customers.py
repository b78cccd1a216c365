"""Customers as they are shown: the line in a list, the whole profile, and both without personal data."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from shopwarden.domain.masking import (
    HIDDEN,
    mask_email,
    mask_identifier,
    mask_ip,
    mask_name,
    mask_phone,
    mask_postal_code,
    mask_properties,
    mask_text,
)


class CustomerSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list. Money as decimal strings in `currency`, times in UTC, `country_code` ISO 3166-1 alpha-2."""

    id: UUID
    email: str | None
    phone: str | None
    first_name: str | None
    last_name: str | None
    primary_source: str
    status: str
    customer_type: str
    risk_score: int
    risk_level: str
    is_blocked: bool
    orders_count: int
    total_spent: Decimal
    average_order_value: Decimal | None
    lifetime_value: Decimal | None
    currency: str | None
    country_code: str | None
    tags: tuple[str, ...]
    person_id: UUID
    created_at: datetime
    updated_at: datetime
    last_active_at: datetime | None
    first_purchase_at: datetime | None
    last_purchase_at: datetime | None


class CustomerAddress(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    type: str
    is_default: bool
    first_name: str | None
    last_name: str | None
    company: str | None
    address_line1: str | None
    address_line2: str | None
    city: str | None
    state_province: str | None
    country_code: str | None
    postal_code: str | None
    phone: str | None
    is_validated: bool
    validation_errors: list[object]
    neighborhood_income_level: str | None
    property_type: str | None
    created_at: datetime
    updated_at: datetime


class CustomerIdentifier(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    value: str


class LinkedCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """Another customer record of the same person."""

    id: UUID
    email: str | None
    status: str
    risk_score: int
    risk_level: str


class CustomerOrder(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    external_id: str
    source: str
    name: str | None
    total: Decimal | None
    currency: str | None
    financial_status: str | None
    risk_score: int | None
    risk_level: str | None
    advice: str | None
    created_at: datetime
    cancelled_at: datetime | None


class CustomerProfile(CustomerSummary, frozen=True, kw_only=True):
    """Everything known of a customer. `provenance` maps a field to [version, source] of its newest statement."""

    sources: list[object]
    external_ids: dict[str, object]
    fraud_checks: dict[str, object]
    blocked_reason: str | None
    gender: str
    age_range: str | None
    income_range: str | None
    education_level: str | None
    occupation: str | None
    marital_status: str | None
    has_children: bool | None
    email_verified: bool | None
    phone_verified: bool | None
    accepts_marketing: bool | None
    email_engagement_score: Decimal | None
    churn_probability: Decimal | None
    predicted_next_order_date: date | None
    predicted_lifetime_value: Decimal | None
    notes: str | None
    custom_attributes: dict[str, object]
    shopify_id: str | None
    stated_orders_count: int | None
    stated_total_spent: Decimal | None
    abandoned_checkouts_count: int
    last_abandoned_checkout_at: datetime | None
    deleted_at: datetime | None
    provenance: dict[str, object]
    addresses: tuple[CustomerAddress, ...] = ()
    identifiers: tuple[CustomerIdentifier, ...] = ()
    ips_count: int = 0
    visitors_count: int = 0
    linked_customers: tuple[LinkedCustomer, ...] = ()
    latest_orders: tuple[CustomerOrder, ...] = ()


class CustomerActivity(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    activity_type: str
    activity_data: dict[str, object]
    ip_address: str | None
    session_id: UUID | None
    visitor_id: UUID | None
    device_id: UUID | None
    country_code: str | None
    source: str
    created_at: datetime


class CustomerIp(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    ip_address: str
    country_code: str | None
    region: str | None
    city: str | None
    postal_code: str | None
    latitude: float | None
    longitude: float | None
    timezone: str | None
    isp: str | None
    organization: str | None
    connection_type: str | None
    is_vpn: bool | None
    is_proxy: bool | None
    is_tor: bool | None
    is_datacenter: bool | None
    is_mobile: bool | None
    fraud_score: int | None
    abuse_velocity: str | None
    recent_abuse: bool | None
    user_agent: str | None
    browser: str | None
    browser_version: str | None
    os: str | None
    os_version: str | None
    device_type: str | None
    device_brand: str | None
    device_model: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    activity_count: int


def masked_summary(customer: CustomerSummary) -> CustomerSummary:
    return replace(
        customer,
        email=mask_email(customer.email),
        phone=mask_phone(customer.phone),
        first_name=mask_name(customer.first_name),
        last_name=mask_name(customer.last_name),
    )


def masked_profile(customer: CustomerProfile) -> CustomerProfile:
    """Without personal data: free text and what sources sent unasked are left out, not only masked."""
    return replace(
        customer,
        email=mask_email(customer.email),
        phone=mask_phone(customer.phone),
        first_name=mask_name(customer.first_name),
        last_name=mask_name(customer.last_name),
        notes=None,
        blocked_reason=None,
        custom_attributes={},
        occupation=mask_text(customer.occupation),
        addresses=tuple(masked_address(address) for address in customer.addresses),
        identifiers=tuple(replace(i, value=mask_identifier(i.kind, i.value)) for i in customer.identifiers),
        linked_customers=tuple(replace(other, email=mask_email(other.email)) for other in customer.linked_customers),
    )


def masked_address(address: CustomerAddress) -> CustomerAddress:
    return replace(
        address,
        first_name=mask_name(address.first_name),
        last_name=mask_name(address.last_name),
        company=mask_text(address.company),
        address_line1=mask_text(address.address_line1),
        address_line2=mask_text(address.address_line2),
        postal_code=mask_postal_code(address.postal_code),
        phone=mask_phone(address.phone),
        validation_errors=[],
    )


def masked_activity(activity: CustomerActivity) -> CustomerActivity:
    return replace(activity, ip_address=mask_ip(activity.ip_address), activity_data=mask_properties(activity.activity_data))


def masked_ip(ip: CustomerIp) -> CustomerIp:
    """The network and the rough place stay, the exact address and place go."""
    return replace(
        ip,
        ip_address=mask_ip(ip.ip_address) or HIDDEN,
        postal_code=mask_postal_code(ip.postal_code),
        latitude=None if ip.latitude is None else float(round(ip.latitude)),
        longitude=None if ip.longitude is None else float(round(ip.longitude)),
    )
