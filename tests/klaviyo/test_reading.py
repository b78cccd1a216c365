"""Klaviyo's profiles and events, read: what is said is taken over, what is not said takes nothing away."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import Account, VendorFault
from shopwarden.vendors import klaviyo_api as api
from shopwarden.vendors.klaviyo_people import predictions_in, read_event, read_profile

ACCOUNT = Account("klaviyo", {"private_key": "pk_secret", "revision": "2026-10-15"})
PROFILE: dict[str, object] = {
    "type": "profile",
    "id": "01H",
    "attributes": {
        "email": "Ann.Smith@Example.com", "phone_number": "+447700900123", "first_name": "Ann", "last_name": "Smith",
        "title": "Engineer", "organization": "Acme", "created": "2025-01-02T03:04:05+00:00",
        "updated": "2026-03-04T05:06:07+00:00", "last_event_date": "2026-03-04T05:06:07+00:00",
        "location": {"city": "London", "country": "GB", "timezone": "Europe/London", "region": None},
        "properties": {"favourite": "hats", "visits": 4, "shopwarden_risk_level": "low", "list": [1, 2]},
        "subscriptions": {
            "email": {"marketing": {
                "can_receive_email_marketing": False, "consent": "UNSUBSCRIBED", "consent_timestamp": "2025-01-02T03:04:05Z",
                "method": "FORM", "suppression": [{"reason": "HARD_BOUNCE", "timestamp": "2026-01-01T00:00:00Z"}],
            }},
            "sms": {"marketing": {"can_receive_sms_marketing": True, "consent": "SUBSCRIBED"}},
        },
        "predictive_analytics": {
            "predicted_clv": 123.456, "churn_probability": 0.256, "expected_date_of_next_order": "2026-05-06T00:00:00+00:00",
        },
    },
}  # fmt: skip


def test_a_profile_becomes_a_statement_about_a_person() -> None:
    profile = read_profile(PROFILE)
    assert profile is not None
    said = profile.observation
    assert (said.klaviyo_id, said.email, said.phone, said.first_name) == (
        "01H", "ann.smith@example.com", "+447700900123", "Ann",
    )  # fmt: skip
    assert (said.country_code, said.occupation, said.accepts_marketing) == ("GB", "Engineer", False)
    assert said.created_at == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    attributes = said.custom_attributes
    assert attributes is not UNSET
    assert attributes["klaviyo.favourite"] == "hats"
    assert attributes["klaviyo.visits"] == 4
    assert not [name for name in attributes if "shopwarden" in name]


def test_consent_is_kept_for_each_channel() -> None:
    profile = read_profile(PROFILE)
    assert profile is not None
    email, sms = profile.consents
    assert (email.channel, email.consent, email.can_receive) == ("email", "unsubscribed", False)
    assert (email.suppressed_for, email.suppressed_at) == ("hard_bounce", datetime(2026, 1, 1, tzinfo=UTC))
    assert (sms.channel, sms.consent, sms.can_receive) == ("sms", "subscribed", True)


def test_predictions_are_rounded_to_their_columns() -> None:
    profile = read_profile(PROFILE)
    assert profile is not None
    assert isinstance(profile.observation.custom_attributes, dict)
    told = predictions_in(profile.observation.custom_attributes)
    assert (told.lifetime_value, told.churn_probability, told.next_order_date) == (
        Decimal("123.46"), Decimal("0.26"), date(2026, 5, 6),
    )  # fmt: skip


def test_what_a_profile_does_not_say_takes_nothing_away() -> None:
    bare = read_profile({"id": "1", "attributes": {"updated": "2026-01-01T00:00:00Z", "email": None, "first_name": ""}})
    assert bare is not None
    said = bare.observation
    assert (said.email, said.first_name, said.accepts_marketing, said.custom_attributes) == (UNSET,) * 4


def test_an_event_knows_whose_it_is_and_what_was_done() -> None:
    item = {
        "id": "e1",
        "attributes": {"datetime": "2026-03-01T10:00:00+00:00", "event_properties": {"Subject": "Spring"}},
        "relationships": {"profile": {"data": {"id": "01H"}}, "metric": {"data": {"id": "M1"}}},
    }
    event = read_event(item, {"M1": "Opened Email"}, {"01H": "Ann@example.com"})
    assert event is not None
    assert (event.profile_id, event.email, event.channel, event.deed, event.subject) == (
        "01H", "ann@example.com", "email", "opened", "Spring",
    )  # fmt: skip
    item["attributes"]["event_properties"]["machine_open"] = True  # type: ignore[index]
    machine = read_event(item, {"M1": "Opened Email"}, {})
    assert machine is not None
    assert machine.deed == "opened_by_machine"
    assert read_event(item, {"M1": "Placed Order"}, {}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=20,
)


@given(JSON, JSON, JSON)
def test_no_profile_or_event_breaks_reading(attributes: object, subscriptions: object, relationships: object) -> None:
    item = {"id": "1", "attributes": attributes, "relationships": relationships}
    read_profile(item)
    read_event(item, {"M": "Opened Email"}, {})
    read_profile({"id": "1", "attributes": {"updated": "2026-01-01T00:00:00Z", "subscriptions": subscriptions,
                                           "predictive_analytics": subscriptions, "properties": attributes}})  # fmt: skip


def test_pages_are_asked_for_as_documented() -> None:
    ask = api.ask_profiles(ACCOUNT, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "CURSOR")
    parts = urlsplit(ask.url)
    query = parse_qs(parts.query)
    assert (parts.hostname, parts.path) == ("a.klaviyo.com", "/api/profiles")
    assert query["filter"] == ["greater-than(updated,2026-01-02T03:04:05Z)"]
    assert query["page[cursor]"] == ["CURSOR"]
    assert ask.headers["Authorization"] == "Klaviyo-API-Key pk_secret"
    assert ask.headers["revision"] == "2026-10-15"
    assert "pk_secret" not in ask.url


@pytest.mark.parametrize(
    ("link", "cursor"),
    [
        ("https://a.klaviyo.com/api/profiles?page%5Bcursor%5D=abc", "abc"),
        ("https://evil.example/x?page%5Bcursor%5D=abc", "abc"),
        ("https://a.klaviyo.com/api/profiles", None),
        ("http://[", None),
    ],
)
def test_only_the_cursor_of_a_link_is_taken_over(link: str, cursor: str | None) -> None:
    assert api.cursor_in(link) == cursor
    page = api.read_page(Reply(200, {}, msgspec.json.encode({"data": [], "links": {"next": link}})))
    assert page.next == cursor
    if cursor:
        assert api.ask_events(ACCOUNT, datetime(2026, 1, 1, tzinfo=UTC), cursor).url.startswith("https://a.klaviyo.com/api/")


@given(st.integers(100, 599), st.binary(max_size=200))
def test_any_reply_is_a_page_or_a_fault(status: int, body: bytes) -> None:
    with contextlib.suppress(VendorFault):
        assert api.read_page(Reply(status, {}, body)).items is not None
