"""What vendors are asked by us the sandbox takes, and what it answers is read: two readings of each contract that agree."""

from __future__ import annotations

import httpx
import pytest

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Lookup, Vendor, VendorFault
from shopwarden.vendors import find_lookups, find_vendors
from tests.sandbox.running import Sandbox, running_sandbox, sandbox  # noqa: F401
from tests.vendors.recorded import inquiry_of, lookups, settled

LOOKUPS = [pytest.param(vendor, lookup, id=lookup.key) for vendor, lookup in lookups()]
CHECKED = [pytest.param(vendor, id=vendor.name) for vendor in find_vendors().values() if vendor.check is not None]
# These have no word of their own for a used-up plan: they ask to slow down.
NO_QUOTA = {"sendgrid": "rate_limited", "sift": "rate_limited"}
FAULTS = {"quota": "quota", "rate_limited": "rate_limited", "error": "unavailable", "rubbish": "contract_changed"}


def account_of(vendor: Vendor, url: str, **values: str) -> Account:
    dummies = {each.name: "sandbox" for each in vendor.credentials if each.needed}
    return Account(vendor.name, dummies | values, base_url=f"{url}/{vendor.name}", made_up=True)


CLIENT = httpx.Client(verify=False, trust_env=False, timeout=20)


def send(ask: Ask) -> Reply:
    said = CLIENT.request(ask.method, ask.url, headers=dict(ask.headers), content=ask.body)
    return Reply(said.status_code, dict(said.headers), said.content)


@pytest.mark.parametrize(("vendor", "lookup"), LOOKUPS)
async def test_the_sandbox_answers_what_we_ask(vendor: Vendor, lookup: Lookup, sandbox: Sandbox) -> None:  # noqa: F811
    account = account_of(vendor, sandbox.url)
    assert lookup.wanted(account)
    first = lookup.read(send(lookup.ask(inquiry_of(), account)))
    assert lookup.subject in {type(answer).__struct_config__.tag for answer in first.answers}
    again = lookup.read(send(lookup.ask(inquiry_of(), account)))
    assert again.answers == first.answers or lookup.subject == "risk"


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("ipqualityscore.ip", {"auth_style": "path"}), ("ipqualityscore.email", {"auth_style": "path"}),
        ("ipqualityscore.phone", {"auth_style": "path"}), ("maxmind.insights", {"service": "city"}),
        ("maxmind.minfraud", {"minfraud_service": "factors"}), ("maxmind.minfraud", {"minfraud_service": "score"}),
        ("fullcontact.person", {"email_form": "sha256"}), ("fullcontact.person", {"email_form": "md5"}),
    ],
)  # fmt: skip
async def test_every_setting_is_taken_there(key: str, values: dict[str, str], sandbox: Sandbox) -> None:  # noqa: F811
    vendor, lookup = find_lookups()[key]
    ask = lookup.ask(inquiry_of(), account_of(vendor, sandbox.url, **values))
    assert lookup.read(send(ask)).answers or vendor.name == "fullcontact"  # a hash is another made-up person, maybe unknown


@pytest.mark.parametrize(("vendor", "lookup"), LOOKUPS)
@pytest.mark.parametrize("mode", FAULTS)
async def test_what_goes_wrong_there_is_known_here(
    vendor: Vendor,
    lookup: Lookup,
    mode: str,
    sandbox: Sandbox,  # noqa: F811
) -> None:
    await sandbox.mode(vendor.name, mode)
    read = settled(lambda: lookup.read(send(lookup.ask(inquiry_of(), account_of(vendor, sandbox.url)))))
    assert isinstance(read, VendorFault)
    assert read.kind == (NO_QUOTA.get(vendor.name, "quota") if mode == "quota" else FAULTS[mode])


@pytest.mark.parametrize("vendor", CHECKED)
async def test_the_check_works_and_costs_nothing(vendor: Vendor, sandbox: Sandbox) -> None:  # noqa: F811
    assert vendor.check is not None
    assert vendor.read_check is not None
    assert vendor.read_check(send(vendor.check(account_of(vendor, sandbox.url))))
    assert await sandbox.billed(vendor.name) == 0
