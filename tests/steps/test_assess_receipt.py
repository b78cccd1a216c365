"""A receipt: the same facts, weights and rules give the same bytes; what was tampered with or has moved on is named."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shopwarden.commands import receipt as receipt_command
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.policy import NO_RULES, Effect, Rule
from shopwarden.domain.verdict import Verdict, Weights
from shopwarden.errors import StopError
from shopwarden.steps.assess import assess_order
from shopwarden.steps.judge import judge
from shopwarden.steps.receipt import compared_bytes, lines, receipt_of, recompute
from shopwarden.steps.receipt_differences import differences
from shopwarden.store.rulesets import put_ruleset
from shopwarden.store.verdicts import StoredVerdict, find_verdict
from shopwarden.store.weights import put_weights
from tests.signals.any_facts import any_facts
from tests.steps.shop_rows import Shop

VPN = Rule(
    id=new_id(),
    version=1,
    name="Throwaway mail",
    condition="email.is_disposable && risk.score >= 0",
    effect=Effect(points=7.25, advice="decline", tags=("checked",)),
    state="live",
)
HALF = Rule(id=new_id(), version=1, name="Half", condition="true", effect=Effect(points=3.5), state="partial", share=50)
UNKNOWN = Rule(id=new_id(), version=1, name="Unknown", condition="ip.recent_abuse", effect=Effect(), state="shadow")


async def kept(shop: Shop, *rules: Rule) -> StoredVerdict:
    visitor = await shop.visitor("a", session_seconds=9.0, page_views=1, device_changes=5)
    await shop.token("t", "checkout", visitor)
    order = await shop.order("1", checkout_token="t", email="jane.doe@mailinator.com", browser_ip="203.0.113.7")
    async with shop.connection.transaction():
        if rules:
            await put_ruleset(shop.connection, StoreId(shop.store_id), rules, "user:1", None)
        stored = await assess_order(shop.connection, shop.store_id, order, trigger="webhook", event_key="e")
    found = await find_verdict(shop.connection, shop.store_id, stored.id)
    assert found is not None
    assert found.verdict.reasons
    return found


async def test_a_kept_verdict_comes_out_the_same(shop: Shop) -> None:
    stored = await kept(shop)
    receipt = recompute(stored, NO_RULES)
    assert receipt.differences == ()
    assert receipt.digest == receipt.digest_again
    assert next(lines(receipt)).startswith("same: score")


async def test_weights_and_rules_that_moved_on_leave_the_receipt_the_same(shop: Shop) -> None:
    stored = await kept(shop, VPN, HALF, UNKNOWN)
    assert [hit.name for hit in stored.verdict.rules] == ["Throwaway mail", "Half", "Unknown"]
    assert stored.verdict.advice == "decline"
    async with shop.connection.transaction():
        await put_ruleset(shop.connection, StoreId(shop.store_id), (), "user:1", "tidied up")
        heavier = Weights(points={"behaviour.device_changes": 60}, review_at=1, decline_at=2)
        await put_weights(shop.connection, StoreId(shop.store_id), heavier, "user:1", None)
    receipt = await receipt_of(shop.connection, StoreId(shop.store_id), stored.id)
    assert receipt is not None
    assert receipt.differences == ()
    assert receipt.digest == receipt.digest_again


async def test_a_ruleset_that_is_gone_or_another_one_is_told(shop: Shop) -> None:
    stored = await kept(shop, VPN)
    told = recompute(stored, NO_RULES).differences
    assert any(line.startswith(f"rule Throwaway mail ({VPN.id}): gone, was applied") for line in told)
    assert any(line.startswith("override rule:") for line in told)
    assert any(line.startswith("tags: was") for line in told)
    later = replace(stored, verdict=replace(stored.verdict, ruleset_version=77, weights_version=5))
    await shop.connection.execute(
        'UPDATE verdicts SET verdict = verdict || \'{"ruleset_version": 77, "weights_version": 5}\''
    )
    receipt = await receipt_of(shop.connection, StoreId(shop.store_id), later.id)
    assert receipt is not None
    assert receipt.differences[:2] == (
        "ruleset: version 77 is not kept any more",
        "weights: version 5 is not kept any more",
    )


async def test_other_weights_are_told_reason_by_reason(shop: Shop) -> None:
    stored = await kept(shop)
    heavier = replace(stored, weights=Weights(points={"behaviour.device_changes": 60}))
    told = recompute(heavier, NO_RULES).differences
    assert any(line.startswith("behaviour.device_changes: was +30.00 points, is +60.00") for line in told)
    assert any(line.startswith("score: was") for line in told)


async def test_a_changed_fact_is_told(shop: Shop) -> None:
    stored = await kept(shop)
    assert stored.facts.visitor is not None
    calmer = replace(stored, facts=replace(stored.facts, visitor=replace(stored.facts.visitor, device_changes=0)))
    assert "behaviour.device_changes: gone, was +30.00 points" in recompute(calmer, NO_RULES).differences


async def test_another_version_with_the_same_outcome_is_no_difference(shop: Shop) -> None:
    stored = await kept(shop)
    older = replace(stored, verdict=replace(stored.verdict, code_version="0.0.1"))
    outcome = recompute(older, NO_RULES)
    assert outcome.differences == ()
    assert "recomputed by version" in next(lines(outcome))


@given(one=any_facts, other=any_facts)
@settings(max_examples=60, deadline=None)
def test_where_the_bytes_differ_something_is_named(one: Any, other: Any) -> None:
    then, now = judge(one, Weights()), judge(other, Weights(version=1))
    assert bool(tuple(differences(then, now))) == (compared_bytes(then) != compared_bytes(now))
    assert not tuple(differences(then, then))


@given(any_facts, st.sampled_from([name for name in Verdict.__struct_fields__ if name != "code_version"]))
@settings(max_examples=60, deadline=None)
def test_every_field_that_is_tampered_with_is_named(facts: Any, name: str) -> None:
    then = judge(facts, Weights())
    other = judge(
        replace(facts, at=facts.at.replace(year=2000), visitor=None, order=None), Weights(review_at=0, decline_at=0)
    )
    now = replace(then, **{name: getattr(other, name)})
    assert bool(tuple(differences(then, now))) == (compared_bytes(then) != compared_bytes(now))


async def test_the_command_finds_the_verdict_and_exits_with_one_where_it_differs(
    shop: Shop, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = await kept(shop)
    assert (await receipt_command.load(database_url, stored.id)).stored == stored.verdict
    with pytest.raises(StopError):
        await receipt_command.load(database_url, stored.subject_id)  # type: ignore[arg-type]
    await shop.connection.execute("UPDATE verdicts SET facts = facts #- '{visitor,device_changes}' WHERE true")
    run: Any = receipt_command.command
    monkeypatch.setattr(receipt_command, "lend_urls", lambda _: (database_url, ""))
    import asyncio

    with pytest.raises(typer.Exit) as left:
        await asyncio.to_thread(run, stored.id)
    assert left.value.exit_code == 1
    printed = capsys.readouterr().out
    assert printed.startswith("different: score")
    assert "behaviour.device_changes: gone" in printed
