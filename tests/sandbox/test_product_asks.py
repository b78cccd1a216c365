"""The product's own adapters and the sandbox, written apart from the same contracts, understand each other."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args

import httpx
import msgspec
import pytest

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Finding, Lookup, Vendor, VendorFault
from shopwarden.domain.inquiry import AskedCustomer, AskedItem, AskedOrder, Happening, HappeningKind, Inquiry
from shopwarden.domain.observation import Address
from shopwarden.vendors import find_vendors
from tests.sandbox.running import Sandbox

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOME = Address(
    first_name="Alex", last_name="MacCaw", address_line1="1 Main St", city="Boston", state_province="MA",
    postal_code="02108", country_code="US",
)  # fmt: skip
FAULTS = [
    ("quota", {"quota", "rate_limited"}),
    ("rate_limited", {"rate_limited"}),
    ("error", {"unavailable"}),
    ("refuse", {"auth"}),
    ("rubbish", {"contract_changed"}),
]
ORDER = AskedOrder(
    id="1001",
    created_at=AT,
    updated_at=AT,
    total=Decimal("19.90"),
    currency="USD",
    items=(AskedItem(id="1", title="Tea", quantity=1, price=Decimal("19.90")),),
    billing=HOME,
    shipping=HOME,
    gateway="shopify_payments",
)
INQUIRY = Inquiry(
    at=AT,
    ip="216.160.83.56",
    user_agent="Mozilla/5.0",
    email="alex@clearbit.com",
    phone="+14105551773",
    first_name="Alex",
    last_name="MacCaw",
    address=HOME,
    customer=AskedCustomer(id="c-1", external_id="7", created_at=AT),
    order=ORDER,
    session_id="s-1",
    shop_domain="demo.myshopify.com",
)
VENDORS = {name: vendor for name, vendor in find_vendors().items() if vendor.lookups or vendor.teller}
LOOKUPS = [lookup.key for vendor in VENDORS.values() for lookup in vendor.lookups]


def account(sandbox: Sandbox, vendor: Vendor, secret: str = "sandbox") -> Account:
    values = {each.name: each.default or secret for each in vendor.credentials if each.needed}
    return Account(vendor.name, values, sandbox.vendor(vendor.name), made_up=True)


def exchange(ask: Ask) -> Reply:
    answer = httpx.request(ask.method, ask.url, headers=dict(ask.headers), content=ask.body, trust_env=False)
    return Reply(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content)


def find(key: str) -> tuple[Vendor, Lookup]:
    vendor = VENDORS[key.partition(".")[0]]
    return vendor, next(lookup for lookup in vendor.lookups if lookup.key == key)


def look_up(sandbox: Sandbox, key: str, inquiry: Inquiry = INQUIRY, secret: str = "sandbox") -> Finding:
    vendor, lookup = find(key)
    return lookup.read(exchange(lookup.ask(inquiry, account(sandbox, vendor, secret))))


def prepare(sandbox: Sandbox, key: str) -> None:
    """Sift answers for those only of whom it has heard."""
    if key == "sift.score":
        vendor, _ = find(key)
        assert vendor.teller is not None
        happened = Happening(kind="order_created", at=AT, inquiry=INQUIRY)
        for ask in vendor.teller.tell(happened, account(sandbox, vendor)):
            vendor.teller.read(exchange(ask))


@pytest.mark.parametrize("key", LOOKUPS)
async def test_every_question_gets_an_answer_that_can_be_read(sandbox: Sandbox, key: str) -> None:
    prepare(sandbox, key)
    before = await sandbox.billed()
    found = look_up(sandbox, key)
    assert found.answers
    assert await sandbox.billed() == before + 1
    assert look_up(sandbox, key).answers == found.answers


@pytest.mark.parametrize("key", LOOKUPS)
@pytest.mark.parametrize(("kind", "faults"), FAULTS)
async def test_every_misbehaviour_is_understood(sandbox: Sandbox, key: str, kind: str, faults: set[str]) -> None:
    await sandbox.mode(key.partition(".")[0], kind)
    with pytest.raises(VendorFault) as fault:
        look_up(sandbox, key)
    assert fault.value.kind in faults


@pytest.mark.parametrize("key", [key for key in LOOKUPS if not key.startswith("riskified")])
async def test_a_wrong_key_is_a_fault_of_the_account(sandbox: Sandbox, key: str) -> None:
    with pytest.raises(VendorFault) as fault:
        look_up(sandbox, key, secret="wrong")
    assert fault.value.kind == "auth"


@pytest.mark.parametrize("key", [key for key in LOOKUPS if key.endswith(".person")])
async def test_a_person_nobody_knows_is_an_empty_answer(sandbox: Sandbox, key: str) -> None:
    nobody = Inquiry(at=AT, email="unknown@example.com")
    assert look_up(sandbox, key, nobody).answers == ()


@pytest.mark.parametrize("name", [name for name, vendor in VENDORS.items() if vendor.check])
async def test_the_check_of_an_account_spends_nothing(sandbox: Sandbox, name: str) -> None:
    vendor = VENDORS[name]
    assert vendor.check is not None
    assert vendor.read_check is not None
    assert vendor.read_check(exchange(vendor.check(account(sandbox, vendor))))
    assert await sandbox.billed(name) == 0


@pytest.mark.parametrize("name", [name for name, vendor in VENDORS.items() if vendor.teller])
@pytest.mark.parametrize("kind", get_args(HappeningKind))
async def test_every_happening_is_taken(sandbox: Sandbox, name: str, kind: HappeningKind) -> None:
    vendor = VENDORS[name]
    assert vendor.teller is not None
    if kind not in vendor.teller.kinds:
        assert not vendor.teller.tell(Happening(kind=kind, at=AT, inquiry=INQUIRY), account(sandbox, vendor))
        return
    happened = Happening(
        kind=kind, at=AT, inquiry=INQUIRY, reference="r-1", amount=Decimal("19.90"), currency="USD", item=ORDER.items[0],
        status="success", reason="fraud", code="card_declined", decision="decline", is_bad=True, by="ann@example.com",
    )  # fmt: skip
    first = msgspec.structs.replace(happened, kind="order_created")
    own = account(sandbox, vendor)
    for ask in (*vendor.teller.tell(first, own), *vendor.teller.tell(happened, own)):
        vendor.teller.read(exchange(ask))
