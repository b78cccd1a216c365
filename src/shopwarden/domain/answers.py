"""What vendors answer, in our own words: typed facts by subject, whoever they come from.

`None` always means that the vendor did not say, never "no" and never zero. Nothing here is kept that a vendor marks as
not available ("N/A", "", "Premium required.").
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

Subject = Literal["ip", "email", "phone", "person", "risk"]
Opinion = Literal["approve", "review", "decline"]


class IpAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="ip"):
    """Scores run 0..100, more is worse. `connection_type` is one of ours: Residential, Corporate, Education, Mobile,
    Satellite or Data Center. `average_income` is in US dollars a year, `population_density` in people per km2."""

    fraud_score: float | None = None
    reasons: tuple[str, ...] = ()
    country: str | None = None
    region: str | None = None
    city: str | None = None
    postal_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    accuracy_km: float | None = None
    timezone: str | None = None
    is_in_eu: bool | None = None
    asn: int | None = None
    isp: str | None = None
    organization: str | None = None
    connection_type: str | None = None
    user_type: str | None = None
    is_vpn: bool | None = None
    is_proxy: bool | None = None
    is_residential_proxy: bool | None = None
    is_tor: bool | None = None
    is_hosting: bool | None = None
    is_crawler: bool | None = None
    is_mobile: bool | None = None
    is_anycast: bool | None = None
    bot_status: bool | None = None
    recent_abuse: bool | None = None
    abuse_velocity: str | None = None
    """none, low, medium or high."""
    average_income: int | None = None
    population_density: int | None = None
    operating_system: str | None = None
    browser: str | None = None
    device_brand: str | None = None
    device_model: str | None = None


class EmailAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="email"):
    verdict: str | None = None
    """valid, risky or invalid."""
    quality: float | None = None
    """How sure the vendor is that mail arrives, 0..1."""
    fraud_score: float | None = None
    """0..100, more is worse."""
    is_valid: bool | None = None
    has_mx: bool | None = None
    is_disposable: bool | None = None
    is_role: bool | None = None
    is_free: bool | None = None
    is_catch_all: bool | None = None
    known_bounces: bool | None = None
    suspected_bounces: bool | None = None
    recent_abuse: bool | None = None
    is_honeypot: bool | None = None
    is_leaked: bool | None = None
    first_seen: date | None = None
    domain_first_seen: date | None = None
    suggestion: str | None = None


class PhoneAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="phone"):
    fraud_score: float | None = None
    is_valid: bool | None = None
    is_active: bool | None = None
    is_voip: bool | None = None
    is_prepaid: bool | None = None
    recent_abuse: bool | None = None
    kind: str | None = None
    carrier: str | None = None
    country: str | None = None


class SocialProfile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    network: str
    handle: str | None = None
    url: str | None = None
    followers: int | None = None


class PersonAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="person"):
    """A person as an enrichment vendor describes them. Nothing of it may feed a fraud score.

    The last block is sensitive: it is dropped unless the store asks for it. `gender` is male, female or other; `age_range`
    18-24, 25-34, 35-44, 45-54, 55-64 or 65+; `income_range` 0-50k, 50-100k, 100-150k or 150k+; `education_level`
    high_school, college or graduate.
    """

    likelihood: float | None = None
    """How sure the vendor is that it is this person, 0..1."""
    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    timezone: str | None = None
    utc_offset: int | None = None
    bio: str | None = None
    site: str | None = None
    avatar: str | None = None
    occupation: str | None = None
    organization: str | None = None
    organization_domain: str | None = None
    organization_size: str | None = None
    role: str | None = None
    sub_role: str | None = None
    seniority: str | None = None
    industry: str | None = None
    profiles: tuple[SocialProfile, ...] = ()
    gender: str | None = None
    age_range: str | None = None
    income_range: str | None = None
    education_level: str | None = None
    marital_status: str | None = None
    has_children: bool | None = None
    home_owner: bool | None = None
    affluence: str | None = None
    interests: tuple[str, ...] = ()


SENSITIVE = ("income_range", "education_level", "marital_status", "has_children", "home_owner", "affluence", "interests")
"""Fields of PersonAnswer a store has to ask for by name; see `stores.settings["person_fields"]`."""


class RiskReason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    code: str
    text: str | None = None


class Label(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody told the vendor afterwards, by kind of abuse (payment_abuse, promotion_abuse, account_abuse ...)."""

    abuse: str
    is_bad: bool
    at: datetime | None = None


class RiskAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="risk"):
    """A vendor's own judgement of an order or a person. `score` 0..100, more is worse."""

    score: float | None = None
    opinion: Opinion | None = None
    status: str | None = None
    """The vendor's own word (approved, submitted, manual_review, ...)."""
    category: str | None = None
    scores: dict[str, float] = {}
    """By kind of abuse, each 0..100, where the vendor tells them apart."""
    reasons: tuple[RiskReason, ...] = ()
    labels: tuple[Label, ...] = ()
    warnings: tuple[str, ...] = ()
    reference: str | None = None
    """The vendor's own id of this judgement, for feedback."""


Answer = IpAnswer | EmailAnswer | PhoneAnswer | PersonAnswer | RiskAnswer


class Unanswered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a question had no answer when the decision was made: `kind` is a fault's kind, or asking, lost, budget, breaker,
    policy. Only connected vendors are listed."""

    kind: str
    sentence: str


class VendorFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What connected vendors said, by key of the look-up. What they say of a person's life is not here on purpose: it may
    not feed a score."""

    ip: dict[str, IpAnswer] = {}
    email: dict[str, EmailAnswer] = {}
    phone: dict[str, PhoneAnswer] = {}
    risk: dict[str, RiskAnswer] = {}
    answered_at: dict[str, datetime] = {}
    missing: dict[str, Unanswered] = {}
    """Look-ups of connected vendors that gave nothing."""
    made_up: bool = False
    """True where any of it came from the sandbox."""
