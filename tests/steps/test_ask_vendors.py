"""Asking vendors: in parallel within a deadline, each settling on its own, and telling why something is missing."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

import msgspec
import pytest

from shopwarden.contracts.vendor import Limits
from shopwarden.domain.answers import IpAnswer
from shopwarden.steps.settled import vendor_facts
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


async def test_an_answer_is_kept_and_not_asked_for_again(asked):
    async with serving(always(GOOD)) as server:
        account = connected(server.url)
        first = await asked.ask(account)
        second = await asked.ask(account)
    assert first.answers["acme.ip"].answers == (IpAnswer(fraud_score=71),)
    assert (first.learnt, second.learnt, first.missing) == (("acme.ip",), (), {})
    assert second.answers["acme.ip"].fresh
    assert second.answers["acme.ip"].made_up
    assert len(server.heard) == 1
    facts = vendor_facts(second)
    assert facts.ip == {"acme.ip": IpAnswer(fraud_score=71)}
    assert facts.made_up
    await until_idle(asked)
    (day,) = await asked.rows("vendor_days")
    assert (day["calls"], day["answered"], day["from_store"], day["cost"]) == (1, 1, 1, Decimal("0.01"))
    (call,) = await asked.rows("vendor_calls")
    assert (call["outcome"], call["status"], call["cost"], call["is_late"]) == ("answered", 200, Decimal("0.01"), False)


async def test_a_miss_is_an_answer_and_its_money_comes_back_where_misses_are_free(asked):
    async with serving(always(Said())) as server:
        settled = await asked.ask(connected(server.url))
        await asked.ask(connected(server.url))
    assert settled.answers["acme.ip"].answers == ()
    assert vendor_facts(settled).missing == {}
    (day,) = await asked.rows("vendor_days")
    assert (len(server.heard), day["missed"], day["cost"]) == (1, 1, 0)


async def test_an_old_answer_is_asked_anew_and_used_meanwhile(asked):
    async with serving(in_turn(GOOD, Said(500), Said(500), Said(body=b'{"score": 12}'))) as server:
        account = connected(server.url)
        await asked.ask(account)
        await asked.age(days=31)
        failed = await asked.ask(account)
        assert failed.answers["acme.ip"].answers == (IpAnswer(fraud_score=71),)
        assert not failed.answers["acme.ip"].fresh
        assert failed.missing["acme.ip"].kind == "unavailable"
        await asked.age(minutes=2)
        again = await asked.ask(account)
    assert again.answers["acme.ip"].answers == (IpAnswer(fraud_score=12),)


async def test_by_force_it_is_asked_again_but_not_within_a_minute(asked):
    async with serving(always(GOOD)) as server:
        account = connected(server.url)
        await asked.ask(account)
        await asked.ask(account, force=True)
        assert len(server.heard) == 1
        await asked.age(minutes=2)
        await asked.ask(account, force=True)
    assert len(server.heard) == 2


def four_vendors(url: str):
    """One that answers, one that hangs, one that fails, one out of credits, one answering rubbish."""
    names = ("good", "hanging", "failing", "broke", "rubbish")
    return {name: connected(url, name, limits=Limits(connect=1.0, total=5.0, tries=2)) for name in names}


async def by_vendor(heard: Heard) -> Said:
    name = heard.target.split("/")[1]
    if name == "hanging":
        return await hang(heard)
    return {"good": GOOD, "failing": Said(500), "broke": Said(402), "rubbish": Said(body=b"<html>")}[name]


async def test_the_answer_comes_within_its_deadline_and_says_what_is_missing(asked):
    async with serving(by_vendor) as server:
        begun = time.monotonic()
        settled = await asked.ask(four_vendors(server.url), deadline=1.0)
        took = time.monotonic() - begun
    assert 0.9 < took < 2.5
    assert set(settled.answers) == {"good.ip"}
    assert {key: why.kind for key, why in settled.missing.items()} == {
        "hanging.ip": "timeout",
        "failing.ip": "unavailable",
        "broke.ip": "quota",
        "rubbish.ip": "contract_changed",
    }
    sentences = [why.sentence for why in settled.missing.values()]
    assert all(len(sentence) > 20 and sentence[0].isupper() for sentence in sentences)


async def test_what_comes_late_is_kept_for_the_next_score(asked):
    late: list[tuple[object, ...]] = []

    async def on_late(*told: object) -> None:
        late.append(told)

    asked.tools.on_late = on_late

    async def slow(heard: Heard) -> Said:
        await asyncio.sleep(0.4)
        return GOOD

    async with serving(slow) as server:
        settled = await asked.ask(connected(server.url), deadline=0.1)
        assert (settled.answers, settled.missing["acme.ip"].kind) == ({}, "timeout")
        await until_idle(asked)
        again = await asked.ask(connected(server.url), deadline=0.1)
    assert again.answers["acme.ip"].answers
    assert len(server.heard) == 1
    assert late == [(asked.store_id, asked.customer_id, "acme.ip")]
    (call,) = await asked.rows("vendor_calls")
    assert call["is_late"]


async def test_a_caller_who_gives_up_does_not_lose_the_answer(asked):
    async def slow(heard: Heard) -> Said:
        await asyncio.sleep(0.2)
        return GOOD

    async with serving(slow) as server:
        job = asyncio.create_task(asked.ask(connected(server.url)))
        await asyncio.sleep(0.1)
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        await until_idle(asked)
        assert (await asked.ask(connected(server.url))).answers
    assert len(server.heard) == 1


async def test_all_at_once_ask_once_and_all_get_the_answer(asked):
    async def slow(heard: Heard) -> Said:
        await asyncio.sleep(0.1)
        return GOOD

    async with serving(slow) as server:
        settled = await asyncio.gather(*(asked.ask(connected(server.url)) for _ in range(20)))
    assert len(server.heard) == 1
    assert all(each.answers["acme.ip"].answers for each in settled)
    assert sum(bool(each.learnt) for each in settled) == 1


async def test_vendors_run_side_by_side(asked):
    async def slow(heard: Heard) -> Said:
        await asyncio.sleep(0.3)
        return GOOD

    async with serving(slow) as server:
        settled = await asked.ask({f"v{n}": connected(server.url, f"v{n}") for n in range(8)})
    assert (len(settled.answers), server.most_inside) == (8, 8)


async def test_by_hand_and_by_choice_nothing_is_asked(asked):
    async with serving(always(GOOD)) as server:
        by_hand = connected(server.url, policy="by_hand")
        assert (await asked.ask(by_hand)).missing["acme.ip"].kind == "policy"
        chosen = {"acme.ip": "A call costs more than this order puts at risk."}
        left_out = await asked.ask(connected(server.url), chosen=chosen)
        assert left_out.missing["acme.ip"] == msgspec.convert(
            {"kind": "policy", "sentence": chosen["acme.ip"]}, type(left_out.missing["acme.ip"])
        )
        assert not server.heard
        await asked.ask(by_hand, force=True)
        # What is kept is used, whatever the policy.
        assert (await asked.ask(by_hand)).answers
        assert (await asked.ask(connected(server.url), chosen=chosen)).answers
    assert len(server.heard) == 1
    await until_idle(asked)
    (day,) = await asked.rows("vendor_days")
    assert day["not_worth"] == 1


async def test_only_what_is_wanted_and_can_be_asked_is_asked(asked):
    async with serving(always(GOOD)) as server:
        account = connected(server.url, "acme", lookup("acme", "ip"), lookup("acme", "email"))
        settled = await asked.ask(account, lookups=["acme.email"])
        assert set(settled.answers) == {"acme.email"}
        nothing = await asked.ask(account, msgspec.structs.replace(INQUIRY, ip=None, email=None))
    assert (nothing.answers, nothing.missing) == ({}, {})
    assert [heard.target for heard in server.heard] == ["/acme/email/ann@shop.example"]


async def test_nobody_connected_is_no_error(asked):
    settled = await asked.ask({})
    assert (settled.answers, settled.missing) == ({}, {})
