"""Klaviyo's own Python library, unchanged and pointed at the sandbox, gets the answers it expects."""

from __future__ import annotations

from typing import Any

import pytest
from klaviyo_api import KlaviyoAPI
from openapi_client.exceptions import ApiException

from tests.sandbox.running import Sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> KlaviyoAPI:
    return KlaviyoAPI("pk_test", max_retries=2, max_delay=5, test_host=sandbox.vendor("klaviyo"))


def plain(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer if isinstance(answer, dict) else answer.to_dict()
    return found


def test_profiles_come_page_by_page_until_there_are_no_more(client: KlaviyoAPI) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        page = plain(client.Profiles.get_profiles(page_size=40, sort="updated", page_cursor=cursor))
        seen += [one["id"] for one in page["data"]]
        link = page["links"].get("next")
        if not link:
            break
        cursor = link.partition("page%5Bcursor%5D=")[2]
    assert len(seen) == 150
    assert len(set(seen)) == 150


def test_what_has_to_be_asked_for_comes_only_then(client: KlaviyoAPI) -> None:
    bare = plain(client.Profiles.get_profiles(page_size=100))["data"]
    full = plain(
        client.Profiles.get_profiles(page_size=100, additional_fields_profile=["subscriptions", "predictive_analytics"])
    )
    assert not any(one["attributes"].get("subscriptions") for one in bare)
    consents = [one["attributes"]["subscriptions"]["email"]["marketing"]["consent"] for one in full["data"]]
    assert set(consents) == {"SUBSCRIBED", "UNSUBSCRIBED", "NEVER_SUBSCRIBED"}
    predicted = [one["attributes"].get("predictive_analytics") for one in full["data"]]
    assert any(one and one["predicted_clv"] > 0 for one in predicted)
    assert any(not one for one in predicted)


def test_a_profile_is_made_found_changed_and_deleted(client: KlaviyoAPI) -> None:
    body = {"data": {"type": "profile", "attributes": {"email": "neu@example.com", "properties": {"colour": "red"}}}}
    made = plain(client.Profiles.create_profile(body))["data"]
    found = plain(client.Profiles.get_profiles(filter='equals(email,"neu@example.com")'))["data"]
    assert [one["id"] for one in found] == [made["id"]]

    change = {
        "data": {"type": "profile", "id": made["id"], "attributes": {"first_name": "Ada", "properties": {"risk": "low"}}}
    }
    changed = plain(client.Profiles.update_profile(made["id"], change))["data"]["attributes"]
    assert changed["first_name"] == "Ada"
    assert changed["properties"] == {"colour": "red", "risk": "low"}

    job = {"type": "data-privacy-deletion-job",
           "attributes": {"profile": {"data": {"type": "profile", "attributes": {"email": "neu@example.com"}}}}}  # fmt: skip
    client.Data_Privacy.request_profile_deletion({"data": job})
    with pytest.raises(ApiException) as refused:
        client.Profiles.get_profile(made["id"])
    assert refused.value.status == 404


def test_the_same_profile_twice_is_refused_with_the_id_of_the_first(client: KlaviyoAPI) -> None:
    body = {"data": {"type": "profile", "attributes": {"email": "twice@example.com"}}}
    first = plain(client.Profiles.create_profile(body))["data"]["id"]
    with pytest.raises(ApiException) as refused:
        client.Profiles.create_profile(body)
    assert refused.value.status == 409
    assert f'"duplicate_profile_id":"{first}"' in str(refused.value.body)
    again = plain(client.Profiles.create_or_update_profile(body))["data"]["id"]
    assert again == first


def test_events_are_taken_in_once_and_come_with_profile_and_metric(client: KlaviyoAPI) -> None:
    metric = {"data": {"type": "metric", "attributes": {"name": "Risk Reviewed"}}}
    profile = {"data": {"type": "profile", "attributes": {"email": "buyer@example.com"}}}
    attributes = {"properties": {"level": "high"}, "unique_id": "u1", "metric": metric, "profile": profile}
    for _ in range(2):
        client.Events.create_event({"data": {"type": "event", "attributes": attributes}})
    metrics = plain(client.Metrics.get_metrics())["data"]
    own = next(one["id"] for one in metrics if one["attributes"]["name"] == "Risk Reviewed")
    found = plain(client.Events.get_events(filter=f'equals(metric_id,"{own}")', include=["metric", "profile"]))
    assert [one["attributes"]["event_properties"]["level"] for one in found["data"]] == ["high"]
    assert {one["type"] for one in found["included"]} == {"metric", "profile"}


def test_events_after_a_time_only(client: KlaviyoAPI) -> None:
    newest = plain(client.Events.get_events(sort="-datetime", page_size=5))["data"]
    edge = newest[-1]["attributes"]["datetime"]
    later = plain(client.Events.get_events(filter=f"greater-than(datetime,{str(edge).replace(' ', 'T')})", sort="datetime"))[
        "data"
    ]
    assert {one["id"] for one in later} == {one["id"] for one in newest[:-1]}


def test_lists_and_segments_name_their_members(client: KlaviyoAPI) -> None:
    lists = plain(client.Lists.get_lists())["data"]
    segments = plain(client.Segments.get_segments())["data"]
    assert len(lists) == 3
    assert plain(client.Lists.get_profiles_for_list(lists[0]["id"]))["data"]
    assert plain(client.Segments.get_profiles_for_segment(segments[0]["id"]))["data"]


def test_webhooks_are_made_listed_and_removed(client: KlaviyoAPI, sandbox: Sandbox) -> None:
    sandbox.ask("POST", "/klaviyo/_sandbox/klaviyo", json={"limits": False})
    topics = [one["id"] for one in plain(client.Webhooks.get_webhook_topics())["data"]]
    assert "event:klaviyo.opened_email" in topics
    attributes = {
        "name": "Shopwarden",
        "endpoint_url": "https://receiver.example.com/hook",
        "secret_key": "0123456789abcdef",
    }
    named = {"data": [{"type": "webhook-topic", "id": "event:klaviyo.opened_email"}]}
    body = {"data": {"type": "webhook", "attributes": attributes, "relationships": {"webhook-topics": named}}}
    made = plain(client.Webhooks.create_webhook(body))["data"]["id"]
    assert [one["id"] for one in plain(client.Webhooks.get_webhooks())["data"]] == [made]
    client.Webhooks.delete_webhook(made)
    assert plain(client.Webhooks.get_webhooks())["data"] == []


def test_a_wrong_key_a_bad_filter_and_a_plan_without_webhooks_are_told_as_such(sandbox: Sandbox) -> None:
    stranger = KlaviyoAPI("wrong", max_retries=0, test_host=sandbox.vendor("klaviyo"))
    with pytest.raises(ApiException) as refused:
        stranger.Profiles.get_profiles()
    assert refused.value.status == 401

    client = KlaviyoAPI("pk_test", max_retries=0, test_host=sandbox.vendor("klaviyo"))
    with pytest.raises(ApiException) as unread:
        client.Profiles.get_profiles(filter='contains(colour,"red")')
    assert unread.value.status == 400

    sandbox.ask("POST", "/klaviyo/_sandbox/klaviyo", json={"webhooks": False})
    with pytest.raises(ApiException) as denied:
        client.Webhooks.get_webhooks()
    assert denied.value.status == 403


def test_the_library_waits_and_asks_again_where_it_was_too_fast(client: KlaviyoAPI, sandbox: Sandbox) -> None:
    """The smallest tier allows one request a second."""
    for _ in range(2):
        assert "data" in plain(client.Webhooks.get_webhook_topics())
    calls = sandbox.ask("GET", "/_sandbox/log?vendor=klaviyo").json()["calls"]
    assert [call["status"] for call in calls].count(429) >= 1
