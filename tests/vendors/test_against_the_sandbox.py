"""What vendors are asked by us the sandbox takes, and what it answers is read: two readings of each contract that agree."""

from __future__ import annotations

import httpx
import pytest

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Lookup, Vendor, VendorFault
from shopwarden.vendors import find_vendors
from tests.sandbox.running import Sandbox, running_sandbox, sandbox  # noqa: F401
from tests.vendors.recorded import inquiry_of, lookups, settled

LOOKUPS = [pytest.param(vendor, lookup, id=lookup.key) for vendor, lookup in lookups()]
CHECKED = [pytest.param(vendor, id=vendor.name) for vendor in find_vendors().values() if vendor.check is not None]
# Sift has no word of its own for a used-up plan: it asks to slow down.
NO_QUOTA = {"sift": "rate_limited"}
FAULTS = {"quota": "quota", "rate_limited": "rate_limited", "error": "unavailable", "rubbish": "contract_changed"}


def account_of(vendor: Vendor, url: str, **values: str) -> Account:
    dummies = {each.name: "sandbox" for each in vendor.credentials if each.needed}
    return Account(vendor.name, dummies | values, base_url=f"{url}/{vendor.name}", made_up=True)


def send(ask: Ask) -> Reply:
    said = httpx.request(ask.method, ask.url, headers=dict(ask.headers), content=ask.body, trust_env=False, timeout=20)
    return Reply(said.status_code, dict(said.headers), said.content)


@pytest.mark.parametrize(("vendor", "lookup"), LOOKUPS)
async def test_the_sandbox_answers_what_we_ask(vendor: Vendor, lookup: Lookup, sandbox: Sandbox) -> None:  # noqa: F811
    account = account_of(vendor, sandbox.url)
    assert lookup.wanted(account)
    first = lookup.read(send(lookup.ask(inquiry_of(), account)))
    assert lookup.subject in {type(answer).__struct_config__.tag for answer in first.answers}
    again = lookup.read(send(lookup.ask(inquiry_of(), account)))
    assert again.answers == first.answers or lookup.subject == "risk"


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
