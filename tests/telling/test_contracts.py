"""What is told and asked is what the stand-ins of Sift and Riskified take, which know nothing of how it was made."""

from __future__ import annotations

from typing import Any

import pytest

from shopwarden.contracts.vendor import Account, VendorFault
from shopwarden.domain.answers import RiskAnswer
from shopwarden.vendors import find_vendors
from shopwarden.vendors.riskified import historical
from tests.sandbox.running import Sandbox
from tests.telling.stage import Recorder
from tests.vendors.recorded import happening_of, inquiry_of, recorded

TELLS = [
    pytest.param(name, case, id=f"{name}-{case['kind']}-{number}")
    for name in ("sift", "riskified")
    for number, case in enumerate(recorded(name)["teller"]["tells"])
]


def account_of(name: str, sandbox: Sandbox, **values: str) -> Account:
    needed = {each.name: "sandbox" for each in find_vendors()[name].credentials if each.needed}
    return Account(name, needed | values, base_url=sandbox.vendor(name), made_up=True)


async def send(name: str, ask: Any) -> Any:
    outbound = Recorder()
    try:
        limits = find_vendors()[name].limits
        return await outbound.ask(ask, limits=limits, hosts=("127.0.0.1",), lane=name)
    finally:
        await outbound.close()


@pytest.mark.parametrize(("name", "case"), TELLS)
async def test_every_telling_is_taken(name: str, case: dict[str, Any], sandbox: Sandbox) -> None:
    vendor, happening = find_vendors()[name], happening_of(case)
    account = account_of(name, sandbox, account_id="acct1")
    assert vendor.teller is not None
    for ask in vendor.teller.tell(happening, account):
        vendor.teller.read(await send(name, ask))


@pytest.mark.parametrize(("name", "over"), [("sift", {}), ("sift", {"order": None}), ("riskified", {})])
async def test_an_order_is_judged(name: str, over: dict[str, Any], sandbox: Sandbox) -> None:
    (lookup,) = find_vendors()[name].lookups
    if over:
        teller = find_vendors()[name].teller
        assert teller is not None
        for ask in teller.tell(happening_of({"kind": "customer_created"}), account_of(name, sandbox)):
            await send(name, ask)
    ask = lookup.ask(inquiry_of(over), account_of(name, sandbox))
    (answer,) = lookup.read(await send(name, ask)).answers
    assert isinstance(answer, RiskAnswer)
    assert answer.score is not None or answer.opinion is not None


@pytest.mark.parametrize(("mail", "opinion"), [("test@approve.com", "approve"), ("test@decline.com", "decline")])
async def test_riskifieds_own_test_addresses_decide(mail: str, opinion: str, sandbox: Sandbox) -> None:
    (lookup,) = find_vendors()["riskified"].lookups
    reply = await send("riskified", lookup.ask(inquiry_of({"email": mail}), account_of("riskified", sandbox)))
    (answer,) = lookup.read(reply).answers
    assert isinstance(answer, RiskAnswer)
    assert answer.opinion == opinion


async def test_an_order_handed_in_is_decided_later(sandbox: Sandbox) -> None:
    (lookup,) = find_vendors()["riskified"].lookups
    ask = lookup.ask(inquiry_of(), account_of("riskified", sandbox, mode="submit"))
    with pytest.raises(VendorFault) as raised:
        lookup.read(await send("riskified", ask))
    assert raised.value.kind == "pending"


async def test_a_wrong_token_and_a_changed_body_are_refused(sandbox: Sandbox) -> None:
    vendor = find_vendors()["riskified"]
    (lookup,) = vendor.lookups
    reply = await send("riskified", lookup.ask(inquiry_of(), account_of("riskified", sandbox, auth_token="another")))
    with pytest.raises(VendorFault) as raised:
        lookup.read(reply)
    assert raised.value.kind == "auth"


async def test_orders_of_the_past_are_handed_over_in_one(sandbox: Sandbox) -> None:
    reply = await send("riskified", historical([inquiry_of(), inquiry_of()], account_of("riskified", sandbox)))
    assert reply.status == 200


@pytest.mark.parametrize("name", ["sift", "riskified", "segment"])
async def test_the_connection_is_proven(name: str, sandbox: Sandbox) -> None:
    vendor = find_vendors()[name]
    assert vendor.check is not None
    assert vendor.read_check is not None
    assert vendor.read_check(await send(name, vendor.check(account_of(name, sandbox))))
