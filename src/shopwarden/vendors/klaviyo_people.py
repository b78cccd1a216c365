"""Klaviyo's profiles and events in our own words: who it is, what they agreed to, what is predicted, what they did. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

import msgspec
from msgspec import UNSET

from shopwarden.domain.email import normalise_email
from shopwarden.domain.engagement import Channel, Deed
from shopwarden.domain.events import version_of
from shopwarden.domain.observation import CustomerObservation, Json
from shopwarden.domain.phone import normalise_phone
from shopwarden.domain.text import clean_text
from shopwarden.vendors.fields import Fields

OWN_PROPERTIES = "shopwarden_"
"""What we write into profiles ourselves: never read back as if Klaviyo had said it."""
CHANNELS: Mapping[str, Channel] = {"email": "email", "sms": "sms", "mobile_push": "push", "whatsapp": "whatsapp"}
MOST_PROPERTIES, LONGEST_PROPERTY = 50, 500
EARLIEST = 631_152_000
"""1990 in Unix seconds: nothing at Klaviyo is older."""
MOST_MONEY = Decimal("99999999.99")
PREDICTED = "klaviyo.predictive."
"""Before the names of attributes that are Klaviyo's own predictions; a shop's own property is never taken for one."""

DEEDS: Mapping[str, tuple[Channel, Deed]] = {
    "received email": ("email", "received"), "opened email": ("email", "opened"), "clicked email": ("email", "clicked"),
    "bounced email": ("email", "bounced"), "dropped email": ("email", "failed"),
    "marked email as spam": ("email", "spam_report"), "unsubscribed from email marketing": ("email", "unsubscribed"),
    "unsubscribed": ("email", "unsubscribed"), "subscribed to email marketing": ("email", "subscribed"),
    "sent sms": ("sms", "sent"), "received sms": ("sms", "received"), "clicked sms": ("sms", "clicked"),
    "failed to deliver sms": ("sms", "failed"), "subscribed to sms marketing": ("sms", "subscribed"),
    "unsubscribed from sms marketing": ("sms", "unsubscribed"), "received push": ("push", "received"),
    "opened push": ("push", "opened"), "bounced push": ("push", "bounced"),
}  # fmt: skip
"""Names of Klaviyo's own metrics, in lower case. Webhook topics are the same words with underscores."""


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody agreed to on one channel: subscribed, unsubscribed or never_subscribed."""

    channel: Channel
    consent: str
    at: datetime | None = None
    method: str | None = None
    can_receive: bool | None = None
    suppressed_for: str | None = None
    suppressed_at: datetime | None = None


class Predictions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Klaviyo's own; only accounts with enough orders have them. Money in the account's currency."""

    lifetime_value: Decimal | None = None
    churn_probability: Decimal | None = None
    next_order_date: date | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    updated: datetime
    observation: CustomerObservation
    consents: tuple[Consent, ...]


class Engaged(msgspec.Struct, frozen=True, kw_only=True):
    """One thing somebody did or that happened to a message to them."""

    id: str
    profile_id: str
    email: str | None
    channel: Channel
    deed: Deed
    at: datetime
    subject: str | None = None


def read_profile(item: Mapping[str, object]) -> Profile | None:
    """None for an item without id or time of change, or that names nobody."""
    fields = Fields(dict(item))
    told = fields.inside("attributes")
    identity, updated = fields.text("id", 100), moment_of(told.text("updated"))
    if identity is None or updated is None:
        return None
    consents = _consents(told.inside("subscriptions"))
    return Profile(
        id=identity,
        updated=updated,
        observation=_observation(identity, updated, told, item, consents),
        consents=consents,
    )


def _observation(
    identity: str, updated: datetime, told: Fields, item: Mapping[str, object], consents: tuple[Consent, ...]
) -> CustomerObservation:
    email, phone = told.text("email", 320), told.text("phone_number", 60)
    country = told.inside("location").country("country")
    agreed = next((each.consent for each in consents if each.channel == "email"), None)
    return CustomerObservation(
        version=version_of(updated, updated, msgspec.json.encode(item, order="sorted")),
        at=updated,
        source="klaviyo",
        klaviyo_id=identity,
        email=(normalise_email(email) or UNSET) if email else UNSET,
        phone=(normalise_phone(phone, country) or UNSET) if phone else UNSET,
        first_name=told.text("first_name", 100) or UNSET,
        last_name=told.text("last_name", 100) or UNSET,
        country_code=country or UNSET,
        created_at=moment_of(told.text("created")) or UNSET,
        occupation=told.text("title", 100) or UNSET,
        accepts_marketing=UNSET if agreed is None else agreed == "subscribed",
        custom_attributes=_attributes(told, item) | _predicted(told) or UNSET,
    )


def _attributes(told: Fields, item: Mapping[str, object]) -> dict[str, Json]:
    """What has no column of its own, under names that say where it comes from."""
    attributes = item.get("attributes")
    own = attributes.get("properties") if isinstance(attributes, dict) else None
    kept: dict[str, Json] = {}
    for name, value in sorted(own.items()) if isinstance(own, dict) else ():
        plain: Json = value if isinstance(value, bool | int | float) or value is None else None
        plain = clean_text(value, LONGEST_PROPERTY) if isinstance(value, str) else plain
        known_as = f"klaviyo.{clean_text(str(name), 100)}"
        is_own = str(name).startswith(OWN_PROPERTIES) or known_as.startswith(PREDICTED)
        if not is_own and plain is not None and len(kept) < MOST_PROPERTIES:
            kept[known_as] = plain
    place = told.inside("location")
    for name in ("city", "region", "timezone"):
        if (text := place.text(name, 100)) is not None:
            kept[f"klaviyo.{name}"] = text
    for name in ("organization", "last_event_date"):
        if (text := told.text(name, 200)) is not None:
            kept[f"klaviyo.{name}"] = text
    return kept


def _consents(told: Fields) -> tuple[Consent, ...]:
    found = []
    for name, channel in CHANNELS.items():
        marketing = told.inside(name, "marketing")
        consent = marketing.text("consent", 40)
        if consent is None:
            continue
        suppressed = next(iter(marketing.each("suppression")), None)
        found.append(
            Consent(
                channel=channel,
                consent=consent.lower(),
                at=moment_of(marketing.text("consent_timestamp")),
                method=marketing.text("method", 100),
                can_receive=marketing.any_flag(
                    "can_receive_email_marketing", "can_receive_sms_marketing", "can_receive_push_marketing"
                ),
                suppressed_for=(suppressed.text("reason", 40) or "").lower() or None if suppressed else None,
                suppressed_at=moment_of(suppressed.text("timestamp")) if suppressed else None,
            )
        )
    return tuple(found)


def _predictions(told: Fields) -> Predictions:
    value, churn = told.number("predicted_clv", 0), told.number("churn_probability", 0, 1)
    return Predictions(
        lifetime_value=None if value is None else min(_cents(value), MOST_MONEY),
        churn_probability=None if churn is None else _cents(churn),
        next_order_date=told.day("expected_date_of_next_order"),
    )


def _predicted(told: Fields) -> dict[str, Json]:
    """The predictions as attributes, texts all of them: so they follow a person from row to row like whatever is stated."""
    found = _predictions(told.inside("predictive_analytics"))
    return {
        PREDICTED + name: str(value) for name in Predictions.__struct_fields__ if (value := getattr(found, name)) is not None
    }


def predictions_in(stated: Mapping[str, object]) -> Predictions:
    """What `read_profile` wrote into a profile's attributes; nothing for what can't be read."""
    texts = {name.removeprefix(PREDICTED): value for name, value in stated.items() if name.startswith(PREDICTED)}
    try:
        return msgspec.convert(texts, Predictions, strict=False)
    except msgspec.ValidationError:
        return Predictions()


def _cents(number: float) -> Decimal:
    return Decimal(str(number)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def read_event(item: Mapping[str, object], metrics: Mapping[str, str], emails: Mapping[str, str]) -> Engaged | None:
    """None for what is no dealing with a message. `metrics`: id -> name; `emails`: profile id -> address."""
    fields = Fields(dict(item))
    told, related = fields.inside("attributes"), fields.inside("relationships")
    identity, at = fields.text("id", 100), moment_of(told.text("datetime")) or _of_seconds(told)
    profile = related.inside("profile", "data").text("id", 100)
    metric = related.inside("metric", "data").text("id", 100)
    known = deed_of(metrics.get(metric or "", ""), told.inside("event_properties"))
    if identity is None or at is None or profile is None or known is None:
        return None
    email = emails.get(profile)
    return Engaged(
        id=identity,
        profile_id=profile,
        email=normalise_email(email) if email else None,
        channel=known[0],
        deed=known[1],
        at=at,
        subject=told.inside("event_properties").text("Subject", 200),
    )


def deed_of(name: str, properties: Fields) -> tuple[Channel, Deed] | None:
    """What a metric or a webhook's topic means. An open that a mail program made by itself is told apart."""
    found = DEEDS.get(name.removeprefix("event:klaviyo.").replace("_", " ").strip().lower())
    if found is not None and found[1] == "opened" and properties.any_flag("machine_open", "Machine Open", "is_machine_open"):
        return found[0], "opened_by_machine"
    return found


def moment_of(text: str | None) -> datetime | None:
    """An ISO time, taken for UTC where it names no zone; None for what is no time or before 1990."""
    try:
        at = datetime.fromisoformat(text or "")
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at.year >= 1990 else None


def _of_seconds(told: Fields) -> datetime | None:
    seconds = told.whole("timestamp", EARLIEST)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
