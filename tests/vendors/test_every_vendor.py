"""One suite for all vendors: what each asks, and how it reads what was recorded of it. See `tests.vendors.recorded`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Finding, Lookup, Vendor, VendorFault
from shopwarden.domain.inquiry import Inquiry
from shopwarden.vendors import find_vendors
from tests.vendors.breaking import broken_bodies, rubbish, with_holes
from tests.vendors.recorded import (
    Recorded,
    account_of,
    happening_of,
    inquiry_of,
    lookups,
    of_lookup,
    recorded,
    reply_of,
    secrets_of,
    settled,
)

KINDS = {"good", "empty", "error", "not_available", "half_broken"}
VENDORS = [pytest.param(vendor, id=vendor.name) for vendor in find_vendors().values()]
LOOKUPS = [pytest.param(vendor, lookup, id=lookup.key) for vendor, lookup in lookups()]
REPLIES = [
    pytest.param(vendor, lookup, case, id=f"{lookup.key}-{case['kind']}-{case.get('name', case['status'])}")
    for vendor, lookup in lookups()
    for case in of_lookup(lookup).get("replies", [])
]
GOOD = [each for each in REPLIES if each.values[2]["kind"] == "good"]
ASKS = [
    pytest.param(vendor, lookup, case, id=f"{lookup.key}-{number}")
    for vendor, lookup in lookups()
    for number, case in enumerate(of_lookup(lookup).get("asks", []))
]
TELLS = [
    pytest.param(vendor, case, id=f"{vendor.name}-{case['kind']}-{number}")
    for vendor in find_vendors().values()
    for number, case in enumerate(recorded(vendor.name).get("teller", {}).get("tells", []))
]


def kinds_of(cases: list[Recorded]) -> set[str]:
    return {case["kind"] for case in cases}


@pytest.mark.parametrize("vendor", VENDORS)
def test_everything_a_vendor_can_say_is_recorded(vendor: Vendor) -> None:
    record = recorded(vendor.name)
    assert set(record.get("lookups", {})) == {lookup.key for lookup in vendor.lookups}
    for lookup in vendor.lookups:
        assert of_lookup(lookup)["asks"]
        assert kinds_of(of_lookup(lookup)["replies"]) == KINDS
    if vendor.teller is not None:
        assert {case["kind"] for case in record["teller"]["tells"]} == vendor.teller.kinds
        assert kinds_of(record["teller"]["replies"]) >= {"good", "error", "half_broken"}
    if vendor.check is not None:
        assert kinds_of(record["check"]["replies"]) >= {"good", "error"}
    assert all(record["account"].get(each.name) for each in vendor.credentials if each.needed)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_is_described(vendor: Vendor) -> None:
    assert vendor.name.isidentifier()
    assert vendor.title
    assert vendor.about.endswith(".")
    assert (vendor.check is None) == (vendor.read_check is None)
    for lookup in vendor.lookups:
        assert lookup.key.startswith(f"{vendor.name}.")
        assert lookup.title
        assert lookup.feeds
        assert lookup.price >= 0
        assert set(lookup.needs) <= {field.name for field in msgspec.structs.fields(Inquiry)}
    for each in vendor.credentials:
        assert each.variable.isupper()
        assert each.meaning
        assert not each.choices or not each.default or each.default in each.choices


def check_ask(ask: Ask, case: Recorded, vendor: Vendor, account: Account) -> None:
    """The request is what is written down, it goes where the vendor is, and no secret shows."""
    assert (ask.method, ask.url) == (case["method"], case["url"])
    assert dict(ask.headers) == case.get("headers", dict(ask.headers))
    assert body_of(ask, case) == next((case[form] for form in ("json", "form", "text") if form in case), None)
    hosts = vendor.hosts + (vendor.hosts_of(account) if vendor.hosts_of else ())
    address = urlsplit(ask.url)
    assert address.scheme == "https"
    assert address.hostname in hosts
    for secret in secrets_of(vendor, account):
        assert secret not in ask.name
        assert case.get("key_in_url") or secret not in ask.url
        assert case.get("key_in_url") or secret not in repr(ask)


def body_of(ask: Ask, case: Recorded) -> object:
    if ask.body is None or (not ask.body and "text" not in case):
        return None
    if "json" in case:
        assert next(value for name, value in ask.headers.items() if name.lower() == "content-type").startswith(
            "application/"
        )
        return json.loads(ask.body)
    return dict(parse_qsl(ask.body.decode())) if "form" in case else ask.body.decode()


@pytest.mark.parametrize(("vendor", "lookup", "case"), ASKS)
def test_what_is_asked(vendor: Vendor, lookup: Lookup, case: Recorded) -> None:
    account = account_of(vendor, case.get("account"))
    inquiry = inquiry_of(of_lookup(lookup).get("inquiry"), case.get("inquiry"))
    check_ask(lookup.ask(inquiry, account), case, vendor, account)
    assert lookup.identity(inquiry, account) == lookup.identity(inquiry, account)
    assert not set(secrets_of(vendor, account)) & set(lookup.identity(inquiry, account))


@pytest.mark.parametrize(("vendor", "case"), TELLS)
def test_what_is_told(vendor: Vendor, case: Recorded) -> None:
    assert vendor.teller is not None
    account = account_of(vendor, case.get("account"))
    told = vendor.teller.tell(happening_of(case), account)
    assert len(told) == len(case["asks"])
    for ask, expected in zip(told, case["asks"], strict=True):
        check_ask(ask, expected, vendor, account)


@pytest.mark.parametrize(("vendor", "lookup"), LOOKUPS)
def test_what_is_needed_is_enough_and_a_sandbox_takes_the_vendors_place(vendor: Vendor, lookup: Lookup) -> None:
    whole = inquiry_of(of_lookup(lookup).get("inquiry"))
    least = Inquiry(at=whole.at, **{name: getattr(whole, name) for name in lookup.needs})
    values = {each.name: "sandbox" for each in vendor.credentials if each.needed}
    account = Account(vendor.name, values, base_url="http://127.0.0.1:8585/x", made_up=True)
    for inquiry in (whole, least):
        assert lookup.ask(inquiry, account).url.startswith("http://127.0.0.1:8585/x/")


@pytest.mark.parametrize(("vendor", "lookup"), LOOKUPS)
@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "100.64.0.9", "192.0.2.7", "fd00::1", "not an address"])
def test_addresses_that_are_not_public_never_leave(vendor: Vendor, lookup: Lookup, address: str) -> None:
    inquiry = inquiry_of(of_lookup(lookup).get("inquiry"), {"ip": address})
    ask = settled(lambda: lookup.ask(inquiry, account_of(vendor)))
    if isinstance(ask, VendorFault):
        assert ask.kind == "invalid_input"
    else:
        assert "ip" not in lookup.needs
        assert address not in ask.url + (ask.body or b"").decode()


@pytest.mark.parametrize(("vendor", "lookup"), LOOKUPS)
def test_the_same_question_is_the_same_and_another_one_is_not(vendor: Vendor, lookup: Lookup) -> None:
    account = account_of(vendor)
    whole = inquiry_of(of_lookup(lookup).get("inquiry"))
    assert whole.order is not None
    later = msgspec.structs.replace(whole, at=whole.at + timedelta(days=1), session_id="another")
    assert lookup.identity(later, account) == lookup.identity(whole, account)
    others = {
        "ip": "81.2.69.160",
        "email": "another@example.org",
        "phone": "+442079460959",
        "order": msgspec.structs.replace(whole.order, id="another"),
        "customer": whole.customer and msgspec.structs.replace(whole.customer, id="another", external_id="another"),
    }
    for name in lookup.needs:
        other = msgspec.structs.replace(whole, **{name: others[name]})
        if name == "customer":
            other = msgspec.structs.replace(other, order=None)
        assert lookup.identity(other, account) != lookup.identity(whole, account), name


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_in(each)


def outcome(lookup: Lookup, reply: Reply) -> dict[str, Any] | VendorFault:
    """Every answer by its tag as plain data, or the fault. Anything else that is raised fails the test."""
    finding = settled(lambda: lookup.read(reply))
    if isinstance(finding, VendorFault):
        return finding
    assert isinstance(finding, Finding)
    answers = [msgspec.json.decode(msgspec.json.encode(answer)) for answer in finding.answers]
    assert not any("\0" in text for text in texts_in(answers)), "PostgreSQL stores no NUL"
    assert len({answer["type"] for answer in answers}) == len(answers)
    return {answer.pop("type"): answer for answer in answers}


@pytest.mark.parametrize(("vendor", "lookup", "case"), REPLIES)
def test_what_is_read(vendor: Vendor, lookup: Lookup, case: Recorded) -> None:
    read = outcome(lookup, reply_of(case))
    if "fault" in case:
        assert isinstance(read, VendorFault)
        assert (read.kind, read.after) == (case["fault"], case.get("after"))
        assert not any(secret in str(read) for secret in secrets_of(vendor, account_of(vendor)))
        assert not any(word in str(read) for word in ("@", "81.2.69", "+44"))
    else:
        assert read == case["gives"]
        assert bool(read) == (case["kind"] in {"good", "half_broken"}) or case["kind"] == "not_available"


@pytest.mark.parametrize(("vendor", "lookup", "case"), GOOD)
def test_a_broken_field_costs_no_more_than_itself(vendor: Vendor, lookup: Lookup, case: Recorded) -> None:
    good = case["gives"]
    for where, body in broken_bodies(case["json"]):
        read = outcome(lookup, Reply(case["status"], case.get("headers", {}), json.dumps(body).encode()))
        if isinstance(read, VendorFault):
            assert where.count("/") <= 2, where
            continue
        lost = sum(len(set(fields) - set(read.get(tag, {}))) for tag, fields in good.items())
        assert lost <= 3, f"{where} costs {lost} fields"


@pytest.mark.parametrize(("vendor", "lookup"), LOOKUPS)
@given(reply=rubbish())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rubbish_is_a_fault_or_nothing_and_never_anything_else(vendor: Vendor, lookup: Lookup, reply: Reply) -> None:
    outcome(lookup, reply)


@pytest.mark.parametrize(("vendor", "lookup"), LOOKUPS)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_good_replies_with_holes_are_read(vendor: Vendor, lookup: Lookup, data: st.DataObject) -> None:
    good = [case for case in of_lookup(lookup)["replies"] if case["kind"] == "good"]
    case = data.draw(st.sampled_from(good))
    body = data.draw(with_holes(case["json"]))
    outcome(lookup, Reply(case["status"], case.get("headers", {}), json.dumps(body).encode()))


@pytest.mark.parametrize("vendor", VENDORS)
@given(reply=rubbish())
@settings(max_examples=40, deadline=None)
def test_rubbish_breaks_neither_the_teller_nor_the_check(vendor: Vendor, reply: Reply) -> None:
    for read in (vendor.teller and vendor.teller.read, vendor.read_check):
        if read is not None:
            settled(partial(read, reply))  # type: ignore[arg-type]


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_the_teller_and_the_check_read(vendor: Vendor) -> None:
    record = recorded(vendor.name)
    if vendor.check is not None:
        account = account_of(vendor)
        check_ask(vendor.check(account), record["check"]["ask"], vendor, account)
    for part, read in (("teller", vendor.teller and vendor.teller.read), ("check", vendor.read_check)):
        for case in record.get(part, {}).get("replies", []):
            said = settled(partial(read, reply_of(case)))  # type: ignore[arg-type]
            if isinstance(said, VendorFault):
                assert said.kind == case.get("fault"), case
                assert not any(secret in str(said) for secret in secrets_of(vendor, account_of(vendor)))
            else:
                assert "fault" not in case, case
                assert case.get("says", "") in (said or "")
