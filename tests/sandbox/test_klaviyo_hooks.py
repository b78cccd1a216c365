"""The made-up Klaviyo account sends signed webhooks, keeps what was written, and holds to its limits."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.sandbox.running import Sandbox
from tests.sandbox.shop_talk import Receiver, receiving

SECRET = "0123456789abcdef"
HEADERS = {"authorization": "Klaviyo-API-Key sandbox", "revision": "2026-10-15", "content-type": "application/vnd.api+json"}
OPENED = "event:klaviyo.opened_email"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def api(sandbox: Sandbox, method: str, path: str, **more: Any) -> Any:
    return sandbox.ask(method, f"/klaviyo/api{path}", headers=HEADERS, **more)


def control(sandbox: Sandbox, method: str, what: str = "", **members: Any) -> dict[str, Any]:
    answer = sandbox.ask(method, f"/klaviyo/_sandbox/klaviyo{what}", json=members or None, timeout=40)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def subscribe(sandbox: Sandbox, uri: str) -> str:
    data = {
        "type": "webhook",
        "attributes": {"name": "Shopwarden", "endpoint_url": uri, "secret_key": SECRET},
        "relationships": {"webhook-topics": {"data": [{"type": "webhook-topic", "id": OPENED}]}},
    }
    made = api(sandbox, "POST", "/webhooks", json={"data": data})
    assert made.status_code == 201, made.text
    return str(made.json()["data"]["id"])


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    wanted = hmac.new(SECRET.encode(), body + headers["klaviyo-timestamp"].encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, headers["klaviyo-signature"])


async def test_an_event_is_told_to_who_has_its_topic(sandbox: Sandbox, receiver: Receiver) -> None:
    webhook = subscribe(sandbox, receiver.uri)
    person = api(sandbox, "GET", "/profiles").json()["data"][0]["id"]
    made = control(sandbox, "POST", "/events", metric="Opened Email", profile=person, properties={"machine_open": True})
    control(sandbox, "POST", "/events", metric="Clicked Email", profile=person)
    await receiver.wait(1)
    control(sandbox, "GET", "/deliveries/settled")
    ((headers, body),) = receiver.heard
    assert is_signed(headers, body)
    assert parsedate_to_datetime(headers["klaviyo-timestamp"])
    told = receiver.bodies()[0]
    assert told["meta"]["klaviyo_webhook_id"] == headers["klaviyo-webhook-id"] == webhook
    assert [(one["topic"], one["external_id"]) for one in told["data"]] == [(OPENED, made["event"]["id"])]
    assert told["data"][0]["payload"]["data"]["relationships"]["profile"]["data"]["id"] == person


async def test_old_and_wrongly_signed_webhooks_come_on_command(sandbox: Sandbox, receiver: Receiver) -> None:
    subscribe(sandbox, receiver.uri)
    control(sandbox, "POST", "/webhook", topic=OPENED, stale=600)
    control(sandbox, "POST", "/webhook", topic=OPENED, wrong=True)
    await receiver.wait(2)
    signed = sorted(is_signed(headers, body) for headers, body in receiver.heard)
    assert signed == [False, True]
    times = sorted(parsedate_to_datetime(headers["klaviyo-timestamp"]) for headers, _ in receiver.heard)
    assert (times[1] - times[0]).total_seconds() > 500


async def test_the_sandbox_sends_one_anywhere(sandbox: Sandbox, receiver: Receiver) -> None:
    sent = await sandbox.send("klaviyo", receiver.uri, "opened_email", secret=SECRET)
    assert sent["status"] == 200
    assert is_signed(*receiver.heard[0])


def test_more_requests_than_the_tier_allows_are_refused_with_a_wait(sandbox: Sandbox) -> None:
    answers = [api(sandbox, "GET", "/webhook-topics") for _ in range(3)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[0] == 200
    assert 429 in statuses
    assert int(answers[statuses.index(429)].headers["retry-after"]) >= 1
    assert "ratelimit-remaining" in answers[0].headers


def test_a_request_without_key_revision_or_body_is_refused(sandbox: Sandbox) -> None:
    for without, status in (("authorization", 401), ("revision", 400)):
        headers = {name: value for name, value in HEADERS.items() if name != without}
        answer = sandbox.ask("GET", "/klaviyo/api/profiles", headers=headers)
        assert answer.status_code == status
        assert answer.json()["errors"][0]["status"] == status
    assert api(sandbox, "POST", "/profiles", content=b"{").status_code == 400
    assert api(sandbox, "POST", "/profiles", json={"data": {"type": "profile", "attributes": {}}}).status_code == 400
    assert api(sandbox, "GET", "/nothing").status_code == 404
    assert api(sandbox, "DELETE", "/profiles").status_code == 405


def test_what_was_written_is_kept_to_look_at(sandbox: Sandbox) -> None:
    person = api(sandbox, "GET", "/profiles").json()["data"][0]["id"]
    body = {"data": {"type": "profile", "id": person, "attributes": {"properties": {"risk_level": "low"}}}}
    assert api(sandbox, "PATCH", f"/profiles/{person}", json=body).status_code == 200
    (write,) = control(sandbox, "GET", "/writes")["writes"]
    assert write["kind"] == f"PATCH /api/profiles/{person}"
    assert write["input"] == body


def test_a_changed_profile_is_found_after_the_time_it_was_last_looked_at(sandbox: Sandbox) -> None:
    last = api(sandbox, "GET", "/profiles?sort=-updated&page[size]=1").json()["data"][0]
    edge = last["attributes"]["updated"].replace("+00:00", "Z")
    after = f"/profiles?sort=updated&filter=greater-than(updated,{edge})"
    assert api(sandbox, "GET", after).json()["data"] == []
    person = api(sandbox, "GET", "/profiles?page[size]=1").json()["data"][0]["id"]
    control(sandbox, "POST", "/profiles", id=person, attributes={"first_name": "Changed"})
    assert [one["id"] for one in api(sandbox, "GET", after).json()["data"]] == [person]


def test_pages_hold_every_event_once_forth_and_back(sandbox: Sandbox) -> None:
    control(sandbox, "POST", profiles=40, limits=False)
    seen: dict[str, list[str]] = {}
    for sort in ("datetime", "-datetime"):
        path = f"/klaviyo/api/events?page[size]=50&sort={sort}"
        seen[sort] = []
        while path:
            page = sandbox.ask("GET", path, headers=HEADERS).json()
            seen[sort] += [one["id"] for one in page["data"]]
            link = page["links"]["next"]
            path = link.removeprefix(sandbox.url) if link else ""
    assert seen["datetime"] == seen["-datetime"][::-1]
    assert len(set(seen["datetime"])) == len(seen["datetime"]) == control(sandbox, "GET")["events"]
