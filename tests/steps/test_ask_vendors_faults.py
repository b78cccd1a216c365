"""Faults of vendors: what is given back, what is lost, what is bought again and when a vendor is left alone."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from shopwarden.contracts.vendor import Limits
from shopwarden.domain.answers import IpAnswer
from shopwarden.store.vendor_calls import end_call
from tests.outbound.local_server import Heard, Said, always, hang, in_turn, serving
from tests.steps.vendor_stage import INQUIRY, Stage, connected, lookup, stage

GOOD = Said(body=b'{"score": 71}')


@pytest.fixture
async def asked(database, store_id):
    made = stage(database, store_id)
    yield made
    await made.tools.close(patience=0.1)


async def until_idle(asked: Stage) -> None:
    async with asyncio.timeout(10):
        await asyncio.gather(*asked.tools.running, return_exceptions=True)


@pytest.mark.parametrize(
    ("said", "kind"), [(Said(401), "auth"), (Said(202), "pending"), (Said(429), "rate_limited"), (Said(403), "unavailable")]
)
async def test_what_was_not_charged_is_given_back_and_asked_again_after_a_while(asked, said, kind):
    async with serving(in_turn(said, said, GOOD) if said.status == 429 else in_turn(said, GOOD)) as server:
        settled = await asked.ask(connected(server.url))
        assert settled.missing["acme.ip"].kind == kind
        count = len(server.heard)
        # Told again without a call while its wait lasts.
        assert (await asked.ask(connected(server.url))).missing["acme.ip"].kind == kind
        assert len(server.heard) == count
        (day,) = await asked.rows("vendor_days")
        assert (day["faults"], day["cost"]) == (1, 0)
        await asked.age(hours=1)
        assert (await asked.ask(connected(server.url), force=True)).answers


async def test_a_paid_call_whose_answer_was_lost_is_not_made_again_for_a_day_but_by_hand(asked):
    limits = Limits(connect=1.0, total=0.2, tries=3)
    async with serving(hang) as server:
        account = connected(server.url, limits=limits)
        await asked.ask(account)
        await asked.age(hours=23)
        assert (await asked.ask(account)).missing["acme.ip"].kind == "lost"
        assert len(server.heard) == 1
        (day,) = await asked.rows("vendor_days")
        assert day["cost"] == Decimal("0.01")
        await asked.ask(account, force=True)
        assert len(server.heard) == 2
        await asked.age(hours=25)
        await asked.ask(account)
    assert len(server.heard) == 3


async def test_rubbish_was_paid_for_and_is_not_bought_again_at_once(asked):
    async with serving(always(Said(body=b"\x00\xff<html>"))) as server:
        for hours in (0, 1, 24):
            await asked.age(hours=hours)
            assert (await asked.ask(connected(server.url))).missing["acme.ip"].kind == "contract_changed"
    assert len(server.heard) == 2
    (day,) = await asked.rows("vendor_days")
    assert day["cost"] == Decimal("0.02")


async def test_a_claim_without_a_process_becomes_lost_and_a_free_one_is_asked_again(asked):
    free = connected("http://127.0.0.1:9", "free", lookup("free", "ip", price=Decimal(0)))
    async with serving(hang) as server:
        paid, free = connected(server.url, "paid"), connected(server.url, "free", lookup("free", "ip", price=Decimal(0)))
        both = {"paid": paid, "free": free}
        await asked.ask(both, deadline=0.2)
        await asked.tools.close(patience=0)
    second = stage(asked.database, asked.store_id)
    second.customer_id = asked.customer_id
    async with serving(always(GOOD)) as other:
        server_url = server.url
        both = {name: replace_url(each, server_url, other.url) for name, each in both.items()}
        busy = await second.ask(both, deadline=0.2)
        assert {why.kind for why in busy.missing.values()} == {"timeout"}
        await until_idle(second)
        await second.age(minutes=5)
        settled = await second.ask(both)
    await second.tools.close()
    assert settled.missing["paid.ip"].kind == "lost"
    assert set(settled.answers) == {"free.ip"}
    calls = {call["lookup"]: call for call in await second.rows("vendor_calls")}
    assert (calls["paid.ip"]["outcome"], calls["paid.ip"]["cost"]) == ("lost", Decimal("0.01"))


def replace_url(each, old: str, new: str):
    """The same account whose calls go elsewhere: its questions stay the same."""
    from dataclasses import replace

    asks = {look.key: look for look in each.vendor.lookups}

    def moved(look):
        return replace(look, ask=lambda inquiry, account: _moved(asks[look.key].ask(inquiry, account), old, new))

    return replace(each, vendor=replace(each.vendor, lookups=tuple(moved(look) for look in each.vendor.lookups)))


def _moved(ask, old: str, new: str):
    from dataclasses import replace

    return replace(ask, url=ask.url.replace(old, new))


async def test_one_vendors_slip_leaves_the_others_alone(asked):
    def broken(*_):
        raise KeyError("ann@shop.example")

    async with serving(always(GOOD)) as server:
        accounts = {
            "bad1": connected(server.url, "bad1", lookup("bad1", "ip", identity=broken)),
            "bad2": connected(server.url, "bad2", lookup("bad2", "ip", ask=broken)),
            "bad3": connected(server.url, "bad3", lookup("bad3", "ip", read=broken)),
            "good": connected(server.url, "good"),
        }
        settled = await asked.ask(accounts)
    assert set(settled.answers) == {"good.ip"}
    assert {key: why.kind for key, why in settled.missing.items()} == {
        "bad2.ip": "invalid_input",
        "bad3.ip": "contract_changed",
    }


async def test_an_answer_with_a_nul_byte_is_kept_without_it(asked):
    said = Said(body=json.dumps({"score": 1, "reference": "a\0b"}).encode())
    async with serving(always(said)) as server:
        assert (await asked.ask(connected(server.url))).answers
    (row,) = await asked.rows("vendor_answers")
    assert row["reference"] == "ab"


async def test_the_breaker_opens_after_five_faults_and_one_call_tries_the_vendor_again(asked):
    broken = {"on": True}

    async def behave(heard: Heard) -> Said:
        return Said(503) if broken["on"] else GOOD

    async with serving(behave) as server:
        account = connected(server.url, limits=Limits(total=2.0, tries=1))
        for n in range(7):
            await asked.ask(account, msgspec.structs.replace(INQUIRY, ip=f"81.2.69.{n + 1}"))
            await until_idle(asked)
        assert len(server.heard) == 5
        why = (await asked.ask(account)).missing["acme.ip"]
        assert (why.kind, "until" in why.sentence) == ("breaker", True)
        broken["on"] = False
        await asked.database.pool.execute(
            "UPDATE vendor_accounts SET open_until = $2 WHERE store_id = $1",
            asked.store_id,
            datetime.now(UTC) - timedelta(seconds=1),
        )
        many = [msgspec.structs.replace(INQUIRY, ip=f"81.2.70.{n + 1}") for n in range(10)]
        settled = await asyncio.gather(*(asked.ask(account, each) for each in many))
        assert sum(bool(each.answers) for each in settled) == 1
        assert len(server.heard) == 6
        await until_idle(asked)
        assert (await asked.ask(account)).answers
    (row,) = await asked.rows("vendor_accounts")
    assert (row["faults"], row["open_until"], row["last_fault_kind"]) == (0, None, "unavailable")


async def test_used_up_credits_stop_all_calls_at_once(asked):
    async with serving(always(Said(402))) as server:
        await asked.ask(connected(server.url))
        await until_idle(asked)
        other = await asked.ask(connected(server.url), msgspec.structs.replace(INQUIRY, ip="81.2.70.1"))
    assert (len(server.heard), other.missing["acme.ip"].kind) == (1, "breaker")


async def test_what_was_paid_for_waits_for_a_database_that_is_away_for_a_moment(asked, monkeypatch):
    failures = iter([ConnectionResetError(), TimeoutError()])

    async def reluctant(*given):
        if (failure := next(failures, None)) is not None:
            raise failure
        await end_call(*given)

    monkeypatch.setattr("shopwarden.steps.vendor_flight.end_call", reluctant)
    async with serving(always(GOOD)) as server:
        assert (await asked.ask(connected(server.url))).answers
        assert (await asked.ask(connected(server.url))).answers
    assert len(server.heard) == 1
    (call,) = await asked.rows("vendor_calls")
    assert call["outcome"] == "answered"


async def test_losing_redis_costs_nothing_but_the_way_to_postgresql(asked):
    without = stage(asked.database, asked.store_id, "redis://127.0.0.1:9/0")
    async with serving(always(GOOD)) as server:
        for _ in range(3):
            assert (await without.ask(connected(server.url))).answers
    assert len(server.heard) == 1
    await without.tools.close()


async def test_what_is_at_hand_for_a_customer_needs_no_row(asked, redis_url):
    with_cache = stage(asked.database, asked.store_id, redis_url)
    async with serving(always(GOOD)) as server:
        await with_cache.ask(connected(server.url))
        await until_idle(with_cache)
        await asked.database.pool.execute("DELETE FROM vendor_answers WHERE store_id = $1", asked.store_id)
        again = await with_cache.ask(connected(server.url))
        assert (again.answers["acme.ip"].answers, again.learnt) == ((IpAnswer(fraud_score=71),), ())
        # By force and for others it is not taken from there.
        await with_cache.ask(connected(server.url), customer_id=None)
    assert len(server.heard) == 2
    await with_cache.tools.close()


async def test_a_budget_gone_is_told_and_nothing_is_asked(asked):
    await asked.database.pool.execute(
        "INSERT INTO vendor_accounts (store_id, vendor, created_at, updated_at) VALUES ($1, 'acme', now(), now())",
        asked.store_id,
    )
    async with serving(always(GOOD)) as server:
        account = connected(server.url, daily_budget=Decimal("0.02"))
        many = [msgspec.structs.replace(INQUIRY, ip=f"81.2.70.{n + 1}") for n in range(6)]
        settled = await asyncio.gather(*(asked.ask(account, each) for each in many))
    assert len(server.heard) == 2
    assert sorted(why.kind for each in settled for why in each.missing.values()) == ["budget"] * 4
    (day,) = await asked.rows("vendor_days")
    assert (day["calls"], day["over_budget"], day["cost"]) == (2, 4, Decimal("0.02"))
