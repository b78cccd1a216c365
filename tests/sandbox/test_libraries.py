"""The vendors' own Python libraries, unchanged, get from the sandbox what they expect: only name server and trust differ."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import fullcontact
import geoip2.errors
import geoip2.webservice
import minfraud
import pytest
import python_http_client.exceptions
import segment.analytics as analytics
import sendgrid
import sift

from tests.sandbox.running import Sandbox

PAYLOADS = Path(__file__).parent / "payloads"
GEOIP = {"account_id": 42, "license_key": "sandbox"}


def payloads(name: str) -> list[dict[str, Any]]:
    with gzip.open(PAYLOADS / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def whole_transaction() -> dict[str, Any]:
    found = payloads("minfraud_fullcontact.jsonl.gz")
    return next(one["payload"] for one in found if one["path"].endswith("full-transaction-request.json"))


async def test_geoip2_reads_country_city_and_insights(vendors_hosts: Sandbox) -> None:
    with geoip2.webservice.Client(**GEOIP) as client:
        assert client.country("81.2.69.142").country.iso_code == "GB"
        assert client.city("2.125.160.216").location.time_zone == "Europe/London"
        known = client.insights("81.2.69.142")
        assert known.anonymizer.is_tor_exit_node
        assert known.traits.ip_risk_snapshot > 50
        assert str(known.traits.network) == "81.2.69.0/24"
        assert known.maxmind.queries_remaining == 9997
        assert client.insights("152.216.7.110").anonymizer.is_anonymous is False
    assert [call["path"].split("/")[3] for call in await vendors_hosts.log("maxmind")] == ["country", "city"] + [
        "insights"
    ] * 2


async def test_geoip2_works_asynchronously_and_sees_the_documented_errors(vendors_hosts: Sandbox) -> None:
    async with geoip2.webservice.AsyncClient(**GEOIP) as client:
        assert (await client.city("89.160.20.112")).country.iso_code == "SE"
        with pytest.raises(geoip2.errors.GeoIP2Error, match="reserved"):
            await client.city("10.0.0.1")
        await vendors_hosts.mode("maxmind", "quota", times=1)
        with pytest.raises(geoip2.errors.OutOfQueriesError):
            await client.city("89.160.20.112")
        await vendors_hosts.mode("maxmind", "error", times=1)
        with pytest.raises(geoip2.errors.HTTPError):
            await client.city("89.160.20.112")
    async with geoip2.webservice.AsyncClient(42, "wrong-key") as client:
        with pytest.raises(geoip2.errors.AuthenticationError):
            await client.insights("89.160.20.112")
    async with geoip2.webservice.AsyncClient(**GEOIP, host="geolite.info") as client:
        with pytest.raises(geoip2.errors.PermissionRequiredError):
            await client.insights("89.160.20.112")


async def test_minfraud_judges_a_whole_transaction(vendors_hosts: Sandbox) -> None:
    with minfraud.Client(**GEOIP) as client:
        score, insights = client.score(whole_transaction()), client.insights(whole_transaction())
        factors = client.factors(whole_transaction())
        assert score.risk_score == insights.risk_score == factors.risk_score
        assert insights.ip_address.country.iso_code == "US"
        assert insights.email.domain.classification == "business"
        assert factors.risk_score_reasons[0].reasons[0].code
        assert client.report({"ip_address": "152.216.7.110", "tag": "chargeback"}) is None
    async with minfraud.AsyncClient(42, "wrong") as client:
        with pytest.raises(minfraud.AuthenticationError):
            await client.score({"device": {"ip_address": "152.216.7.110"}})
    assert await vendors_hosts.billed("maxmind") == 3


async def test_sift_takes_events_scores_labels_and_decides(vendors_hosts: Sandbox) -> None:
    client = sift.Client(api_key="sandbox", account_id="acct")
    order = {
        "$user_id": "u-1",
        "$order_id": "o-1",
        "$user_email": "test@decline.com",
        "$amount": 9_990_000,
        "$currency_code": "USD",
    }
    answer = client.track(
        "$create_order", order, return_score=True, abuse_types=["payment_abuse"], include_score_percentiles=True
    )
    assert answer.is_ok()
    assert list(answer.body["score_response"]["scores"]) == ["payment_abuse"]
    assert answer.body["score_response"]["scores"]["payment_abuse"]["score"] > 0.9
    assert client.score("u-1").body["scores"]["payment_abuse"]["score"] > 0.9
    assert client.get_user_score("u-1").is_ok()
    assert client.label("u-1", {"$is_bad": True, "$abuse_type": "payment_abuse"}).is_ok()
    assert client.get_user_score("u-1").body["latest_labels"]["payment_abuse"]["is_bad"] is True
    assert client.unlabel("u-1", abuse_type="payment_abuse").http_status_code == 204

    found = client.get_decisions(entity_type="order", limit=3)
    assert (len(found.body["data"]), found.body["has_more"]) == (3, True)
    review = {"decision_id": "block_order_payment_abuse", "source": "MANUAL_REVIEW", "analyst": "ann@example.com"}
    assert client.apply_order_decision("u-1", "o-1", review).body["entity"] == {"id": "o-1", "type": "order"}
    assert client.get_order_decisions("o-1").body["decisions"]["payment_abuse"]["decision"] == {
        "id": "block_order_payment_abuse"
    }
    assert client.get_user_decisions("u-1").body["decisions"] == {}


async def test_sift_raises_for_what_the_vendor_refuses(vendors_hosts: Sandbox) -> None:
    with pytest.raises(sift.client.ApiException) as refused:
        sift.Client(api_key="wrong", account_id="acct").track("$logout", {"$user_id": "u-1"})
    assert refused.value.api_status == 51
    client = sift.Client(api_key="sandbox", account_id="acct")
    with pytest.raises(sift.client.ApiException) as nobody:
        client.get_user_score("never-seen")
    assert (nobody.value.http_status_code, nobody.value.api_status) == (404, 54)
    with pytest.raises(sift.client.ApiException) as unknown:
        client.track("$create_order", {"$user_id": "u-1", "$colour": "red"})
    assert unknown.value.api_status == 105


async def test_sift_takes_every_event_of_its_librarys_fixtures(vendors_hosts: Sandbox) -> None:
    client = sift.Client(api_key="sandbox", account_id="acct")
    events = payloads("sift_events.jsonl.gz")
    for one in events:
        kind = one["event"] if one["event"].startswith("$") else "$create_order"
        payload = {name: "u-1" if str(value).startswith("<expr") else value for name, value in one["payload"].items()}
        assert client.track(kind, payload).is_ok(), one["event"]
    assert await vendors_hosts.billed("sift") == len(events) == 30


async def test_sendgrid_validates(vendors_hosts: Sandbox) -> None:
    client = sendgrid.SendGridAPIClient("sandbox").client.validations.email
    answer = client.post(request_body={"email": "info@mailinator.com", "source": "signup"}).to_dict["result"]
    assert answer["verdict"] == "Risky"
    assert answer["checks"]["domain"]["is_suspected_disposable_address"] is True
    assert answer["checks"]["local_part"]["is_suspected_role_address"] is True
    with pytest.raises(python_http_client.exceptions.BadRequestsError):
        client.post(request_body={})
    with pytest.raises(python_http_client.exceptions.ForbiddenError):
        sendgrid.SendGridAPIClient("SG.mail-send").client.validations.email.post(request_body={"email": "a@example.com"})
    with pytest.raises(python_http_client.exceptions.UnauthorizedError):
        sendgrid.SendGridAPIClient("wrong").client.validations.email.post(request_body={"email": "a@example.com"})


async def test_fullcontact_finds_persons(vendors_hosts: Sandbox) -> None:
    client = fullcontact.FullContactClient("sandbox")
    found = client.person.enrich(email="marquitaross006@gmail.com")
    assert found.is_successful
    assert found.json()["fullName"] == "Marquita Ross"
    assert found.get_name()["given"] == "Marquita"
    assert client.person.enrich(email="unknown@example.com").get_status_code() == 404
    assert client.person.enrich(email="pending@example.com").get_status_code() == 202
    assert fullcontact.FullContactClient("wrong").person.enrich(email="a@example.com").get_status_code() == 403
    assert [call["billed"] for call in await vendors_hosts.log("fullcontact")] == [True, True, False, False]


async def test_fullcontact_takes_the_whole_request_of_its_fixtures(vendors_hosts: Sandbox) -> None:
    found = payloads("minfraud_fullcontact.jsonl.gz")
    whole = next(one["payload"] for one in found if one["path"].endswith("api_requests/person_enrich_positive.json"))
    answer = fullcontact.FullContactClient("sandbox").person.enrich(**whole)
    assert answer.get_employment()[0]["title"] == "Senior Petroleum Manager"


async def test_segment_sends_its_batches(vendors_hosts: Sandbox) -> None:
    failures: list[object] = []
    client = analytics.Client("sandbox", on_error=lambda error, items: failures.append(error), max_retries=1)
    client.identify("u-1", {"email": "ann@example.com"})
    client.track("u-1", "Order Completed", {"order_id": "o-1", "total": 9.9})
    client.page("u-1", "docs", "home")
    client.group("u-1", "g-1")
    client.alias("anonymous", "u-1")
    client.flush()
    client.join()
    assert failures == []
    assert vendors_hosts.running.desk.log[0].path == "/v1/batch"
    assert len(vendors_hosts.running.desk._remembered("segment")["messages"]) == 5  # type: ignore[arg-type]
