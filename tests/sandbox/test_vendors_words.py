"""What each vendor refuses, in its own words; and that what it says of one subject is always the same and plausible."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.sandbox.dice import Dice
from shopwarden.sandbox.mail import mail_of
from shopwarden.sandbox.persons import person_of
from shopwarden.sandbox.places import place_of
from tests.sandbox.running import Sandbox

JSON = {"content-type": "application/json"}
BASIC = httpx.BasicAuth("sandbox", "sandbox")
KEYED = {
    "ipqualityscore": ("POST", "/ipqualityscore/api/json/email", {"headers": {"ipqs-key": "K"}, "data": {"email": "MAIL"}}),
    "maxmind": ("POST", "/maxmind/minfraud/v2.0/insights", {"auth": ("42", "K"), "json": {"email": {"address": "MAIL"}}}),
    "clearbit": ("GET", "/clearbit/v2/people/find", {"auth": ("K", ""), "params": {"email": "MAIL"}}),
    "peopledatalabs": (
        "POST",
        "/peopledatalabs/v5/person/enrich",
        {"headers": {"x-api-key": "K"}, "json": {"email": "MAIL"}},
    ),
    "fullcontact": (
        "POST",
        "/fullcontact/v3/person.enrich",
        {"headers": {"authorization": "Bearer K"}, "json": {"email": "MAIL"}},
    ),
    "sendgrid": (
        "POST",
        "/sendgrid/v3/validations/email",
        {"headers": {"authorization": "Bearer K"}, "json": {"email": "MAIL"}},
    ),
    "sift": (
        "POST",
        "/sift/v205/events?return_score=true",
        {"json": {"$type": "$create_account", "$api_key": "K", "$user_id": "u", "$user_email": "MAIL"}},
    ),
}
REFUSED = {
    "ipqualityscore": (200, "Invalid or unauthorized key"),
    "maxmind": (401, "AUTHORIZATION_INVALID"),
    "clearbit": (401, '"type":"auth"'),
    "peopledatalabs": (401, "authentication_error"),
    "fullcontact": (403, "API Key is missing or invalid"),
    "sendgrid": (401, "authorization grant is invalid"),
    "sift": (401, '"status":51'),
}
EMPTY = {
    "ipqualityscore": 200,
    "maxmind": 402,
    "clearbit": 402,
    "peopledatalabs": 402,
    "fullcontact": 403,
    "sendgrid": 429,
    "sift": 429,
}


def ask(sandbox: Sandbox, vendor: str, mail: str, key: str = "sandbox", timeout: float = 5.0) -> httpx.Response:
    method, path, parts = KEYED[vendor]
    filled: dict[str, Any] = json.loads(json.dumps(parts).replace('"MAIL"', f'"{mail}"'))
    filled = json.loads(json.dumps(filled).replace('"K"', f'"{key}"').replace("Bearer K", f"Bearer {key}"))
    if "auth" in filled:
        filled["auth"] = tuple(filled["auth"])
    return sandbox.ask(method, path, timeout=timeout, **filled)


@pytest.mark.parametrize("vendor", KEYED)
async def test_a_wrong_key_is_refused_in_the_vendors_words(sandbox: Sandbox, vendor: str) -> None:
    said = ask(sandbox, vendor, "ann@example.com", key="wrong")
    status, words = REFUSED[vendor]
    assert said.status_code == status
    assert words in said.text
    assert await sandbox.billed(vendor) == 0


@pytest.mark.parametrize("vendor", KEYED)
async def test_magic_addresses_do_what_they_say(sandbox: Sandbox, vendor: str) -> None:
    assert ask(sandbox, vendor, "quota@example.com").status_code == EMPTY[vendor]
    assert ask(sandbox, vendor, "error@example.com").status_code >= 500
    with pytest.raises(ValueError):
        ask(sandbox, vendor, "rubbish@example.com").json()
    assert await sandbox.billed(vendor) == 0
    with pytest.raises(httpx.ReadTimeout):
        ask(sandbox, vendor, "timeout@example.com", timeout=0.2)
    assert await sandbox.billed(vendor) == 1


@pytest.mark.parametrize("vendor", KEYED)
@pytest.mark.parametrize("kind", ["error", "quota", "rate_limited", "refuse", "down"])
async def test_every_vendor_knows_every_mode(sandbox: Sandbox, vendor: str, kind: str) -> None:
    await sandbox.mode(vendor, kind)
    if kind == "down":
        with pytest.raises(httpx.RemoteProtocolError):
            ask(sandbox, vendor, "ann@example.com")
        return
    said = ask(sandbox, vendor, "ann@example.com")
    assert (said.status_code >= 400) or said.json()["success"] is False
    assert (said.headers.get("retry-after") is not None) == (kind == "rate_limited")
    assert await sandbox.billed(vendor) == 0


@pytest.mark.parametrize("vendor", KEYED)
async def test_the_same_person_gets_the_same_answer(sandbox: Sandbox, vendor: str) -> None:
    moving = {"time", "queries_remaining", "request"}

    def still(found: object) -> object:
        if isinstance(found, dict):
            return {name: still(value) for name, value in found.items() if name not in moving}
        return [still(one) for one in found] if isinstance(found, list) else found

    first, again, other = (
        still(ask(sandbox, vendor, mail).json()) for mail in ("alex@clearbit.com", "alex@clearbit.com", "x@web.de")
    )
    assert first == again != other


async def test_misses_and_waits_as_documented(sandbox: Sandbox) -> None:
    assert [
        ask(sandbox, vendor, "unknown@example.com").status_code for vendor in ("clearbit", "peopledatalabs", "fullcontact")
    ] == [404] * 3
    assert ask(sandbox, "clearbit", "pending@example.com").json() == {"pending": True}
    assert ask(sandbox, "fullcontact", "pending@example.com").status_code == 202
    billed = {vendor: await sandbox.billed(vendor) for vendor in ("clearbit", "peopledatalabs", "fullcontact")}
    assert billed == {"clearbit": 1, "peopledatalabs": 0, "fullcontact": 1}


async def test_ipqualityscore_takes_its_key_in_header_body_or_path_and_keeps_it_out_of_the_log(sandbox: Sandbox) -> None:
    ways = [
        sandbox.ask("POST", "/ipqualityscore/api/json/ip", headers={"ipqs-key": "secret1"}, data={"ip": "81.2.69.142"}),
        sandbox.ask("POST", "/ipqualityscore/api/json/ip", json={"ip": "81.2.69.142", "key": "secret1"}),
        sandbox.ask("GET", "/ipqualityscore/api/json/ip/secret1/81.2.69.142?strictness=1"),
    ]
    assert ways[0].json() == ways[1].json() == ways[2].json()
    assert ways[0].json()["tor"] is True
    account = sandbox.ask("GET", "/ipqualityscore/api/json/account/secret1").json()
    assert (account["usage"], account["proxy_usage"]) == (3, 3)
    assert "secret1" not in str(await sandbox.log("ipqualityscore"))
    bad = sandbox.ask("GET", "/ipqualityscore/api/json/ip/secret1/10.0.0.1")
    assert (bad.status_code, bad.json()["success"], await sandbox.billed("ipqualityscore")) == (200, False, 3)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"ip_address": "1.1.1.1"}, "TAG_REQUIRED"),
        ({"tag": "odd", "ip_address": "1.1.1.1"}, "TAG_INVALID"),
        ({"tag": "clear"}, "TRANSACTION_ID_REQUIRED"),
        ({"tag": "clear", "ip_address": "x"}, "IP_ADDRESS_INVALID"),
        ({"tag": "clear", "minfraud_id": "7"}, "MINFRAUD_ID_INVALID"),
        ({"tag": "clear", "maxmind_id": "7"}, "MAXMIND_ID_INVALID"),
        ({"tag": "clear", "transaction_id": "7", "notes": "x" * 1001}, "NOTES_INVALID"),
        ({"tag": "clear", "transaction_id": "7", "colour": "red"}, "PARAMETER_UNKNOWN"),
        (None, ""),
    ],
)
def test_a_report_to_maxmind_is_checked(sandbox: Sandbox, body: dict[str, str] | None, code: str) -> None:
    taken = {"tag": "chargeback", "transaction_id": "7", "notes": "n"}
    said = sandbox.ask("POST", "/maxmind/minfraud/v2.0/transactions/report", auth=BASIC, json=body or taken)
    assert (said.status_code, said.json()["code"] if said.content else "") == (400 if code else 204, code)


def signed(body: object, secret: str = "sandbox") -> dict[str, Any]:
    raw = json.dumps(body).encode()
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    version = {"accept": "application/vnd.riskified.com; version=2"}
    shop = {"x-riskified-shop-domain": "s.example", "x-riskified-hmac-sha256": digest}
    return {"content": raw, "headers": {**JSON, **version, **shop}}


def order(mail: str, number: str = "1001") -> dict[str, object]:
    return {
        "id": number,
        "email": mail,
        "created_at": "2026-11-22T10:00:00Z",
        "updated_at": "2026-11-22T10:00:00Z",
        "gateway": "shopify_payments",
        "browser_ip": "216.160.83.56",
        "total_price": 10.5,
        "line_items": [{"title": "Tea", "price": 10.5, "quantity": 1}],
        "payment_details": [{"credit_card_bin": "411111"}],
        "customer": {"email": mail},
        "billing_address": {"country_code": "US"},
    }


async def test_riskified_judges_what_is_rightly_signed_and_whole(sandbox: Sandbox) -> None:
    def decide(mail: str, **more: str) -> httpx.Response:
        return sandbox.ask("POST", "/riskified/api/decide", **signed({"order": order(mail)}, **more))

    assert decide("test@approve.com").json()["order"]["status"] == "approved"
    assert decide("test@decline.com").json()["order"]["status"] == "declined"
    assert decide("test@approve.com", secret="another").status_code == 401
    await sandbox.secret("riskified", "another")
    assert decide("test@approve.com", secret="another").status_code == 200
    await sandbox.reset()
    gap = sandbox.ask("POST", "/riskified/api/decide", **signed({"order": {"id": "1"}}))
    assert (gap.status_code, "missing fields: email" in gap.json()["error"]["message"]) == (400, True)


async def test_riskified_hears_what_became_of_an_order(sandbox: Sandbox) -> None:
    def tell(what: str, **members: object) -> int:
        return sandbox.ask("POST", f"/riskified/api/{what}", **signed({"order": {"id": "1001", **members}})).status_code

    assert tell("cancel", cancelled_at="2026-11-22T10:00:00Z", cancel_reason="fraud") == 404
    assert (
        sandbox.ask("POST", "/riskified/api/submit", **signed({"order": order("a@example.com")})).json()["order"]["status"]
        == "submitted"
    )
    refund = {"refund_id": "r", "amount": 1, "currency": "USD", "refunded_at": "2026-11-22T10:00:00Z", "reason": "x"}
    assert tell("refund", refunds=[refund]) == 200
    assert tell("refund", refunds=[{"refund_id": "r"}]) == 400
    assert (
        tell("fulfill", fulfillments=[{"fulfillment_id": "f", "created_at": "2026-11-22T10:00:00Z", "status": "success"}])
        == 200
    )
    assert tell("decision", decision={"external_status": "approved", "decided_at": "2026-11-22T10:00:00Z"}) == 200
    assert tell("decision", decision={"external_status": "odd", "decided_at": "2026-11-22T10:00:00Z"}) == 400
    assert tell("chargeback", chargeback_details={"id": "c"}) == 200
    denied = {"id": "c1", "payment_details": [{"authorization_error": {"error_code": "declined"}}]}
    said = sandbox.ask("POST", "/riskified/api/checkout_denied", **signed({"checkout": denied}))
    assert said.json()["checkout"]["status"] == "denied"
    many = {"orders": [order("a@example.com"), order("b@example.com", "1002")]}
    assert sandbox.ask("POST", "/riskified/api/historical", **signed(many)).status_code == 200


SEED = Dice("any")


@given(st.text(max_size=40))
def test_anything_written_as_an_address_is_judged_without_failing(text: str) -> None:
    found = mail_of(text, SEED)
    assert 0 <= found.risk <= 1
    assert mail_of(text.upper() if text.isascii() else text, SEED).risk == found.risk
    person_of(text, SEED)


def test_most_people_and_addresses_are_good_and_some_are_not() -> None:
    mails = [mail_of(f"buyer{number}@example{number % 7}.com", SEED).risk for number in range(2000)]
    assert 0.8 < sum(risk < 0.4 for risk in mails) / 2000 < 0.9
    assert 0.02 < sum(risk > 0.78 for risk in mails) / 2000 < 0.09
    known = [person_of(f"buyer{number}@example.com", SEED) is not None for number in range(1000)]
    assert 0.6 < sum(known) / 1000 < 0.72
    places = [place_of(f"24.{number % 200}.{number}.9", SEED) for number in range(200)]
    hidden = [place.hidden for place in places if place is not None]
    assert len(hidden) > 150
    assert sum(hidden) / len(hidden) < 0.15


def test_hashes_of_a_documented_person_are_that_person() -> None:
    raw = b"marquitaross006@gmail.com"
    forms = [hashlib.md5(raw).hexdigest(), hashlib.sha1(raw).hexdigest(), hashlib.sha256(raw).hexdigest(), raw.decode()]
    found = [person_of(form, SEED) for form in forms]
    assert [who.name if who else None for who in found] == ["Marquita Ross"] * 4
    for address in ("someone@example.com", "another@example.org"):
        assert person_of(address, SEED) == person_of(hashlib.sha256(address.encode()).hexdigest(), SEED)
