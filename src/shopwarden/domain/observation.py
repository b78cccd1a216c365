"""Who a person is said to be: the identifiers and the fields one source stated at one moment."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class Address(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A postal address as stated, cleaned of blanks. `country_code` is ISO 3166-1 alpha-2 in upper case."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    state_province: str | None = None
    country_code: str | None = None
    postal_code: str | None = None
    phone: str | None = None
    is_default: bool = False

    @property
    def is_empty(self) -> bool:
        """True where nothing in it could be visited: a name or a country alone is no place."""
        return not (self.address_line1 or self.city or self.postal_code)


class CustomerObservation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One statement about one person. At least one of the identifiers should be there.

    version: what decides between two statements about the same field; the greater one wins (see `domain.events`).
    at:      when it was so, aware UTC.
    source:  who says so: shopify, klaviyo, segment, manual, ...
    UNSET:   the source said nothing about the field, and so takes nothing away. None: it said there is none.
    email and phone are normalised by whoever makes the observation.
    """

    version: str
    at: datetime
    source: str
    shopify_id: str | None = None
    user_id: str | None = None
    klaviyo_id: str | None = None
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    first_name: str | UnsetType | None = UNSET
    last_name: str | UnsetType | None = UNSET
    created_at: datetime | UnsetType | None = UNSET
    deleted_at: datetime | UnsetType = UNSET
    customer_type: str | UnsetType | None = UNSET
    """guest, registered or wholesale."""
    currency: str | UnsetType | None = UNSET
    country_code: str | UnsetType | None = UNSET
    gender: str | UnsetType | None = UNSET
    """male, female, other or unknown."""
    age_range: str | UnsetType | None = UNSET
    income_range: str | UnsetType | None = UNSET
    education_level: str | UnsetType | None = UNSET
    occupation: str | UnsetType | None = UNSET
    marital_status: str | UnsetType | None = UNSET
    has_children: bool | UnsetType | None = UNSET
    email_verified: bool | UnsetType | None = UNSET
    phone_verified: bool | UnsetType | None = UNSET
    accepts_marketing: bool | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    orders_count: int | UnsetType | None = UNSET
    """As the source states it; it may reach back before the first order known here."""
    total_spent: Decimal | UnsetType | None = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    """All tags there are."""
    tags_added: tuple[str, ...] = ()
    tags_removed: tuple[str, ...] = ()
    addresses: tuple[Address, ...] | UnsetType = UNSET
    """All addresses in the customer's address book."""
    custom_attributes: dict[str, Json] | UnsetType = UNSET
    """Merged key by key."""
