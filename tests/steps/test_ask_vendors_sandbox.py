"""All vendors at once, by their own contracts, against the sandbox: complete, in time, and each question billed once."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from shopwarden.domain.inquiry import AskedCustomer, AskedItem, AskedOrder, Inquiry
from shopwarden.domain.observation import Address
from shopwarden.steps.ask_vendors import ask_vendors, known_answers
from shopwarden.steps.settled import vendor_facts
from shopwarden.vendors import find_lookups
from tests.sandbox.running import running_sandbox, sandbox  # noqa: F401 - fixtures
from tests.steps.vendor_stage import Stage, stage

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOME = Address(
    first_name="Alex",
    last_name="MacCaw",
    address_line1="1 Main St",
    city="Boston",
    state_province="MA",
    postal_code="02108",
    country_code="US",
)
ASKED = Inquiry(
    at=AT,
    ip="216.160.83.56",
    user_agent="Mozilla/5.0",
    email="alex@clearbit.com",
    phone="+14105551773",
    first_name="Alex",
    last_name="MacCaw",
    address=HOME,
    customer=AskedCustomer(id="c-1", external_id="7", created_at=AT),
    order=AskedOrder(
        id="1001",
        created_at=AT,
        updated_at=AT,
        gateway="shopify_payments",
        total=Decimal("19.90"),
        currency="USD",
        items=(AskedItem(id="1", title="Tea", quantity=1, price=Decimal("19.90")),),
        billing=HOME,
        shipping=HOME,
    ),
    session_id="s-1",
    shop_domain="demo.myshopify.com",
)
ON = {key for key, (vendor, _) in find_lookups().items() if vendor.is_on}


@pytest.fixture
async def asked(database, store_id, sandbox, redis_url):  # noqa: F811
    made = stage(database, store_id, redis_url)
    made.tools.sandbox_url = sandbox.url
    yield made
    await made.tools.close(patience=0.1)


async def ask(asked: Stage, inquiry: Inquiry = ASKED, **wishes):
    return await ask_vendors(asked.tools, asked.store_id, inquiry, customer_id=asked.customer_id, **wishes)


async def idle(asked: Stage) -> None:
    async with asyncio.timeout(30):
        await asyncio.gather(*asked.tools.running, return_exceptions=True)


async def test_every_vendor_answers_and_is_billed_once_for_each_question(asked, sandbox):  # noqa: F811
    first = await ask(asked, deadline=20.0)
    assert set(first.answers) | set(first.missing) == ON
    assert set(first.missing) <= {"sift.score"}, first.missing
    assert all(known.made_up and known.fresh for known in first.answers.values())
    await idle(asked)
    billed = await sandbox.billed()
    again = await asyncio.gather(*(ask(asked) for _ in range(5)))
    # Somebody else's job, without anything at hand.
    asked.tools.cache = None
    again.append(await ask(asked))
    assert await sandbox.billed() == billed
    assert {key: known.answers for key, known in again[-1].answers.items()} == {
        key: known.answers for key, known in first.answers.items()
    }
    facts = vendor_facts(first)
    assert facts.made_up
    assert {"ipqualityscore.ip", "maxmind.insights"} <= set(facts.ip)
    assert "maxmind.minfraud" in facts.risk
    async with asked.database.pool.acquire() as connection:
        kept = await known_answers(asked.tools, connection, asked.store_id, ASKED)
    assert set(kept.answers) == set(first.answers)


async def test_the_slowest_vendor_alone_decides_how_long_it_takes(asked, sandbox):  # noqa: F811
    slow = {"ipqualityscore": 0.6, "maxmind": 0.9, "sendgrid": 0.5, "riskified": 0.7, "fullcontact": 0.8, "sift": 0.4}
    for vendor, seconds in slow.items():
        await sandbox.mode(vendor, "slow", seconds=seconds)
    begun = time.monotonic()
    settled = await ask(asked, deadline=20.0)
    took = time.monotonic() - begun
    assert set(settled.missing) <= {"sift.score"}
    # One after the other they would take three times as long: IPQualityScore and MaxMind are asked several questions.
    assert max(slow.values()) <= took < sum(slow.values())


async def test_hanging_failing_out_of_credits_and_rubbish_leave_the_rest_in_time(asked, sandbox):  # noqa: F811
    modes = {"ipqualityscore": "hang", "maxmind": "error", "fullcontact": "quota", "sendgrid": "rubbish"}
    for vendor, kind in modes.items():
        await sandbox.mode(vendor, kind)
    begun = time.monotonic()
    settled = await ask(asked, deadline=2.0)
    assert time.monotonic() - begun < 3.5
    why = {key: missing.kind for key, missing in settled.missing.items()}
    assert {why[key] for key in why if key.startswith("ipqualityscore")} == {"timeout"}
    assert {why[key] for key in why if key.startswith("maxmind")} == {"unavailable"}
    assert (why["fullcontact.person"], why["sendgrid.email"]) == ("quota", "contract_changed")
    assert {"riskified.decide", "peopledatalabs.person"} <= set(settled.answers)
    told = vendor_facts(settled).missing
    assert all(each.sentence.endswith(".") for each in told.values())


async def test_another_person_is_another_question(asked, sandbox):  # noqa: F811
    await ask(asked, deadline=20.0, lookups=["sendgrid.email"])
    other = msgspec.structs.replace(ASKED, email="someone.else@shop.example")
    await ask(asked, other, deadline=20.0, lookups=["sendgrid.email"])
    assert await sandbox.billed("sendgrid") == 2
