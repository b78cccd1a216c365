"""Reading a Klaviyo account: people, consent, predictions, what they did with their mail; each once, however often read."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from shopwarden.domain.ids import stable_id
from shopwarden.domain.observation import CustomerObservation
from shopwarden.steps.identify import identify_customers
from tests.klaviyo.conftest import PROFILES, Account, Shop

SCORES = "SELECT email_engagement_score FROM customers WHERE store_id = $1"
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


async def test_every_profile_becomes_a_customer(account: Account, shop: Shop) -> None:
    await shop.read("profiles")
    people = await shop.rows("SELECT * FROM customers WHERE store_id = $1")
    assert len(people) == PROFILES
    owners = {one["external_ids"]["klaviyo_id"]: one for one in people}
    for identity, person in owners.items():
        told = await account.shown(identity)
        assert (person["email"], person["phone"]) == (told["email"], told["phone_number"])
        assert (person["first_name"], person["primary_source"]) == (told["first_name"], "klaviyo")
        assert person["provenance"]["first_name"][1] == "klaviyo"
        predicted = told["predictive_analytics"]
        if predicted is None:
            assert person["churn_probability"] is None
        else:
            assert float(person["predicted_lifetime_value"]) == pytest.approx(predicted["predicted_clv"], abs=0.011)
            assert float(person["churn_probability"]) == pytest.approx(predicted["churn_probability"], abs=0.0051)
            assert person["predicted_next_order_date"].isoformat() == predicted["expected_date_of_next_order"][:10]
    assert any(person["predicted_lifetime_value"] is not None for person in people)


async def test_a_profile_is_merged_with_the_shops_customer(account: Account, shop: Shop) -> None:
    identity = await account.profile(email="Ann@Example.com", phone_number="+447700900123", first_name="Annie")
    said = CustomerObservation(
        version="2100-01-01", at=LONG_AGO, source="shopify", shopify_id="77", email="ann@example.com", first_name="Ann"
    )
    async with shop.database.transaction() as connection:
        (known,) = await identify_customers(connection, shop.store_id, [said])
    await shop.read("profiles")
    (person,) = await shop.rows("SELECT * FROM customers WHERE store_id = $1 AND shopify_id = '77'")
    assert (person["id"], person["external_ids"]["klaviyo_id"]) == (known, identity)
    assert (person["first_name"], person["sources"]) == ("Ann", ["klaviyo", "shopify"])
    assert person["phone"] == "+447700900123"


async def test_consent_is_kept_for_each_channel(account: Account, shop: Shop) -> None:
    bounced = {"reason": "HARD_BOUNCE", "timestamp": "2026-01-02T00:00:00Z"}
    email = {"can_receive_email_marketing": False, "consent": "SUBSCRIBED", "method": "FORM", "suppression": [bounced]}
    sms = {"can_receive_sms_marketing": True, "consent": "SUBSCRIBED", "consent_timestamp": "2026-01-03T00:00:00Z"}
    identity = await account.profile(
        email="c@example.com", subscriptions={"email": {"marketing": email}, "sms": {"marketing": sms}}
    )
    await shop.read("profiles")
    rows = await shop.rows("SELECT * FROM consents WHERE store_id = $1 AND profile_id = $2 ORDER BY channel", identity)
    assert [(row["channel"], row["consent"], row["can_receive"]) for row in rows] == [
        ("email", "subscribed", False),
        ("sms", "subscribed", True),
    ]
    assert (rows[0]["suppressed_for"], rows[0]["suppressed_at"].day) == ("hard_bounce", 2)


async def test_events_become_activities_and_counts(account: Account, shop: Shop) -> None:
    identity = await account.profile(email="e@example.com")
    for metric in ("Received Email", "Received Email", "Opened Email", "Clicked Email", "Placed Order", "Received SMS"):
        await account.event(metric, identity, webhooks=False)
    await account.event("Opened Email", identity, webhooks=False, properties={"machine_open": True})
    await shop.read("profiles", "events")
    activities = await shop.rows(
        "SELECT a.* FROM customer_activities a JOIN customers c ON c.store_id = $1 AND c.id = a.customer_id"
        " WHERE a.store_id = $1 AND c.email = 'e@example.com'"
    )
    assert Counter(row["activity_type"] for row in activities) == {
        "email_received": 2, "email_open": 1, "email_click": 1, "email_opened_by_machine": 1, "sms_received": 1,
    }  # fmt: skip
    found = {row["channel"]: row for row in await shop.engagements() if row["profile_id"] == identity}
    mail = found["email"]
    assert (mail["received"], mail["opened"], mail["opened_by_machine"], mail["clicked"]) == (2, 1, 1, 1)
    assert found["sms"]["received"] == 1
    (person,) = await shop.rows("SELECT * FROM customers WHERE store_id = $1 AND email = 'e@example.com'")
    # Half opens, half clicks: (1 + 0.2 * 5) / 7 and 5 * (1 + 0.02 * 5) / 7, a moment ago.
    assert float(person["email_engagement_score"]) == pytest.approx(0.5 * 2 / 7 + 0.5 * 5.5 / 7, abs=0.006)


async def test_reading_again_counts_nothing_twice(account: Account, shop: Shop) -> None:
    await shop.read("events", "profiles")
    before, scores = await shop.engagements(), await shop.rows(SCORES)
    assert before
    await shop.database.pool.execute("UPDATE sync_cursors SET cursor = NULL")
    await shop.read("profiles", "events")
    await shop.read("profiles", "events")
    assert await shop.engagements() == before
    assert sorted(map(str, await shop.rows(SCORES))) == sorted(map(str, scores))


async def test_the_next_reading_begins_five_minutes_before_the_newest(account: Account, shop: Shop) -> None:
    identity = await account.profile(email="late@example.com")
    newest = datetime.now(UTC) - timedelta(minutes=30)
    await account.event("Opened Email", identity, at=newest.isoformat(), webhooks=False)
    await shop.read("events")
    # It bears a time before the newest one read, as what is written down late does.
    late = await account.event("Clicked Email", identity, at=(newest - timedelta(minutes=4)).isoformat(), webhooks=False)
    await shop.read("events")
    assert await shop.rows("SELECT 1 FROM customer_activities WHERE store_id = $1 AND id = $2", stable_id("klaviyo", late))


async def test_an_event_of_the_future_hides_nothing(account: Account, shop: Shop) -> None:
    identity = await account.profile(email="f@example.com")
    ahead = datetime.now(UTC) + timedelta(days=200)
    await account.event("Opened Email", identity, at=ahead.isoformat(), webhooks=False)
    await shop.read("events")
    await account.event("Clicked Email", identity, webhooks=False)
    await shop.read("events")
    (row,) = [row for row in await shop.engagements() if row["profile_id"] == identity]
    assert (row["opened"], row["clicked"]) == (0, 1)


async def test_lists_segments_and_metrics_are_kept(account: Account, shop: Shop) -> None:
    await shop.read("lists", "segments", "metrics")
    found = await shop.rows("SELECT kind, name FROM audiences WHERE store_id = $1")
    assert {(row["kind"], row["name"]) for row in found} >= {
        ("list", "Newsletter"),
        ("segment", "Win back"),
        ("metric", "Opened Email"),
    }


async def test_what_is_half_broken_is_left_out(account: Account, shop: Shop) -> None:
    await account.profile(email=7, phone_number=["x"], location="nowhere", properties=[1], subscriptions="yes")
    await account.profile(email="nul\u0000@example.com", first_name="N\u0000ul", updated="never")
    kept = await account.profile(email="whole@example.com", title="A\u0000B", properties={"a\u0000b": "c\u0000d"})
    await account.event("Opened Email", kept, webhooks=False, properties={"Subject": "\u0000", "machine_open": [1]})
    await shop.read()
    (person,) = await shop.rows("SELECT * FROM customers WHERE store_id = $1 AND email = 'whole@example.com'")
    assert person["external_ids"]["klaviyo_id"] == kept


async def test_whom_it_changes_is_judged_later_and_nobody_else(account: Account, shop: Shop) -> None:
    await shop.read("profiles")
    listed = await shop.rows("SELECT payload FROM outbox WHERE store_id = $1 AND queue = 'risk-analysis'")
    assert len({one for row in listed for one in row["payload"]["ids"]}) == PROFILES
    await shop.database.pool.execute("DELETE FROM outbox")
    (first, second, *_) = await shop.rows(
        "SELECT id, external_ids ->> 'klaviyo_id' AS profile FROM customers WHERE store_id = $1 ORDER BY id"
    )
    await account.profile(first["profile"], title="Baker", properties={"shoe": 41})
    await account.profile(second["profile"], email="moved@example.com")
    await shop.read("profiles")
    again = await shop.rows("SELECT payload FROM outbox WHERE store_id = $1 AND queue = 'risk-analysis'")
    assert [row["payload"]["ids"] for row in again] == [[str(second["id"])]]
