"""A receipt: the same facts and weights give the same verdict, and what was tampered with is named."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from msgspec.structs import replace

from shopwarden.commands import receipt as receipt_command
from shopwarden.domain.verdict import Weights
from shopwarden.errors import StopError
from shopwarden.steps.assess import assess_order
from shopwarden.steps.receipt import recompute
from shopwarden.store.verdicts import StoredVerdict, find_verdict
from tests.steps.shop_rows import Shop


async def kept(shop: Shop) -> StoredVerdict:
    visitor = await shop.visitor("a", session_seconds=9.0, page_views=1, device_changes=5)
    await shop.token("t", "checkout", visitor)
    order = await shop.order("1", checkout_token="t", email="jane.doe@mailinator.com", browser_ip="203.0.113.7")
    async with shop.connection.transaction():
        stored = await assess_order(shop.connection, shop.store_id, order, trigger="webhook", event_key="e")
    found = await find_verdict(shop.connection, shop.store_id, stored.id)
    assert found is not None
    assert found.verdict.reasons
    return found


async def test_a_kept_verdict_comes_out_the_same(shop: Shop) -> None:
    stored = await kept(shop)
    assert recompute(stored).differences == ()
    assert receipt_command.lines(recompute(stored))[0].startswith("same: score")


async def test_other_weights_are_told_reason_by_reason(shop: Shop) -> None:
    stored = await kept(shop)
    heavier = replace(stored, weights=Weights(points={"behaviour.device_changes": 60}))
    told = recompute(heavier).differences
    assert any(line.startswith("behaviour.device_changes: was +30.00 points, is +60.00") for line in told)
    assert any(line.startswith("score: was") for line in told)


async def test_a_changed_fact_is_told(shop: Shop) -> None:
    stored = await kept(shop)
    assert stored.facts.visitor is not None
    calmer = replace(stored, facts=replace(stored.facts, visitor=replace(stored.facts.visitor, device_changes=0)))
    assert "behaviour.device_changes: gone, was +30.00 points" in recompute(calmer).differences


async def test_another_version_with_the_same_outcome_is_no_difference(shop: Shop) -> None:
    stored = await kept(shop)
    older = replace(stored, verdict=replace(stored.verdict, code_version="0.0.1"))
    outcome = recompute(older)
    assert outcome.differences == ()
    assert "recomputed by version" in receipt_command.lines(outcome)[0]


async def test_the_command_finds_the_verdict_and_exits_with_one_where_it_differs(
    shop: Shop, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = await kept(shop)
    assert (await receipt_command.load(database_url, stored.id)).verdict == stored.verdict
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
