"""A trial over stored orders: the same advice as live gave, figures that add up, and a crash that loses nothing."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from bench.decided import DAYS, FIRST, decided
from shopwarden.domain.backtest import ListChanges, ListWish, Trial
from shopwarden.domain.backtest_result import Result, Side
from shopwarden.domain.ids import StoreId
from shopwarden.domain.policy import DEFAULT_POLICY, Effect, Policy, Rule, Ruleset
from shopwarden.domain.weights import Weights
from shopwarden.steps import backtest_run
from shopwarden.steps.backtest_run import do_one
from shopwarden.store.backtests import cancel_backtest, claim_backtest, find_backtest
from shopwarden.store.database import Database
from shopwarden.store.rulesets import put_ruleset
from shopwarden.store.weights import put_weights
from tests.backtests.trying import ask_for, decide_orders, done, tried

DEAR = Rule(id=UUID(int=7), version=1, name="dear", condition="order.total > 150.0", effect=Effect(advice="review"),
            state="live")  # fmt: skip
STRICT = Policy(weights=Weights(review_at=5, decline_at=20), ruleset=Ruleset(rules=(DEAR,)))


class StopHere(Exception):
    """The worker dies."""


def totals(side: Side) -> Counter[str]:
    count: Counter[str] = Counter()
    for row in side.table.values():
        for advice, sums in row.items():
            count[advice] += sums.orders
    return count


async def test_every_order_gets_the_advice_it_got_live(database: Database, database_url: str, store_id: StoreId) -> None:
    """Half were decided by the defaults, half by weights and rules that were replaced since."""
    async with database.transaction() as connection:
        weights = (await put_weights(connection, store_id, STRICT.weights, "user:tests", None)).weights
        ruleset = await put_ruleset(connection, store_id, (DEAR,), "user:tests", None)
    await decide_orders(database, store_id, range(200))
    await decide_orders(database, store_id, range(200, 400), Policy(weights=weights, ruleset=ruleset))
    result = await tried(database, database_url, store_id, DEFAULT_POLICY)
    assert (result.orders, result.reproduced.same, result.reproduced.differing) == (400, 400, ())
    live = await database.pool.fetch("SELECT advice, count(*) FROM verdicts WHERE store_id = $1 GROUP BY 1", store_id)
    assert totals(result.live) == dict(live)
    by_defaults = decided(store_id, range(400), 400).verdicts
    assert totals(result.present) == Counter(str(row[10]) for row in by_defaults)
    assert result.present == result.candidate
    assert result.shifts == result.changed == ()


async def test_a_candidate_is_counted_as_the_judge_would_have_it(
    database: Database, database_url: str, store_id: StoreId
) -> None:
    await decide_orders(database, store_id, range(400))
    result = await tried(database, database_url, store_id, STRICT)
    again = decided(store_id, range(400), 400, STRICT)
    assert totals(result.candidate) == Counter(str(row[10]) for row in again.verdicts)
    frauds = {str(row[2]) for row in again.labels if row[4] == "fraud"}
    stopped = [row for row in again.orders if row[2] in frauds and row[15] == "decline"]
    assert result.candidate.fraud_stopped.orders == len(stopped) > 0
    assert result.candidate.fraud_stopped.money == {"USD": sum(row[7] for row in stopped)}  # type: ignore[misc]
    assert sum(shift.by_label["fraud"].orders for shift in result.shifts) >= 0
    moved = sum(sums.orders for shift in result.shifts for sums in shift.by_label.values())
    before = decided(store_id, range(400), 400)
    assert moved == sum(one[15] != other[15] for one, other in zip(before.orders, again.orders, strict=True))
    (rule,) = result.rules
    assert rule.applied == sum(sums.orders for sums in rule.matched.values()) > 0
    assert len(result.changed) == 10
    first = result.changed[0]
    assert first.present.advice != first.candidate.advice
    assert first.reasons == () or all(each.present != each.candidate for each in first.reasons)
    assert result.candidate.reviews_per_day == result.candidate.reviews.orders / (DAYS + 1)


async def test_what_is_heard_anew_is_what_was_heard(database: Database, database_url: str, store_id: StoreId) -> None:
    """Decisions kept before strengths were, or by other signals."""
    await decide_orders(database, store_id, range(150))
    quick = await tried(database, database_url, store_id, STRICT)
    await database.pool.execute("UPDATE verdicts SET heard = CASE WHEN random() < 0.5 THEN heard || '\\x00'::bytea END")
    await database.pool.execute("UPDATE verdicts SET heard = set_byte(heard, 4, 1 + get_byte(heard, 4) % 255)")
    slow = await tried(database, database_url, store_id, STRICT)
    assert without_time(quick) == without_time(slow)


def without_time(result: Result) -> Result:
    return msgspec.structs.replace(result, seconds=0.0)


async def test_lists_are_tried_without_touching_them(database: Database, database_url: str, store_id: StoreId) -> None:
    await decide_orders(database, store_id, range(60))
    network = ListChanges(add=(ListWish(list="block", kind="ip", value="203.0.0.0/17"),))
    result = await tried(database, database_url, store_id, DEFAULT_POLICY, network)
    inside = await database.pool.fetchval("SELECT count(*) FROM orders WHERE browser_ip << '203.0.0.0/17'::inet")
    others = sum(1 for row in decided(store_id, range(60), 60).orders
                 if int(str(row[6]).split(".")[2]) >= 128 and row[15] == "decline")  # fmt: skip
    assert totals(result.candidate)["decline"] == inside + others
    assert any("block list" in sentence for sentence in result.changed[0].candidate.overrides)
    assert await database.pool.fetchval("SELECT count(*) FROM list_entries") == 0


async def test_erased_decisions_are_counted_and_only_the_last_one_of_an_order_counts(
    database: Database, database_url: str, store_id: StoreId
) -> None:
    await decide_orders(database, store_id, range(50))
    ids = [row[0] for row in await database.pool.fetch("SELECT id FROM verdicts ORDER BY created_at LIMIT 3")]
    await database.pool.execute("UPDATE verdicts SET verdict = '{}', facts = '{}' WHERE id = $1", ids[0])
    # The second order had a verdict before, the third one is a test.
    await database.pool.execute(
        "INSERT INTO verdicts SELECT (jsonb_populate_record(v, jsonb_build_object('id', gen_random_uuid(), 'event_key', 'x',"
        " 'created_at', v.created_at - interval '1 hour'))).* FROM verdicts v WHERE id = $1", ids[1],
    )  # fmt: skip
    await database.pool.execute("UPDATE orders SET is_test = true WHERE verdict_id = $1", ids[2])
    backtest = await ask_for(database, store_id, Trial(present=DEFAULT_POLICY, candidate=STRICT))
    over = await done(database, database_url, backtest)
    result = msgspec.convert(over.result, Result)
    assert (result.orders, result.erased, result.unreadable) == (48, 1, 0)
    assert over.done == over.total == 51 or over.total == 50


async def test_labels_are_those_known_when_it_was_asked(database: Database, database_url: str, store_id: StoreId) -> None:
    await decide_orders(database, store_id, range(300))
    everything = await tried(database, database_url, store_id, DEFAULT_POLICY)
    await database.pool.execute("UPDATE labels SET known_at = $1", datetime.now(UTC) + timedelta(days=1))
    nothing = await tried(database, database_url, store_id, DEFAULT_POLICY)
    assert sum(sums.orders for sums in everything.live.table["fraud"].values()) > 0
    assert sum(sums.orders for sums in nothing.live.table["unknown"].values()) == 300


async def test_a_trial_whose_worker_died_goes_on_where_it_was(
    database: Database, database_url: str, store_id: StoreId, monkeypatch
) -> None:
    monkeypatch.setattr(backtest_run, "STRETCH", 20)
    await decide_orders(database, store_id, range(120))
    whole = await tried(database, database_url, store_id, STRICT)
    backtest = await ask_for(database, store_id, Trial(present=DEFAULT_POLICY, candidate=STRICT))
    dead = uuid4()
    told = backtest_run._Run._tell

    async def half_way(run: backtest_run._Run, progress: object) -> None:
        await told(run, progress)  # type: ignore[arg-type]
        if len(run._done) >= 2:
            raise StopHere

    async with database.pool.acquire() as connection:
        claimed = await claim_backtest(connection, dead)
        assert claimed is not None
        assert await claim_backtest(connection, uuid4()) is None
    monkeypatch.setattr(backtest_run._Run, "_tell", half_way)
    with contextlib.suppress(StopHere):
        await backtest_run._Run(database, database_url, claimed, dead).run()
    monkeypatch.setattr(backtest_run._Run, "_tell", told)
    await database.pool.execute("UPDATE backtests SET claimed_until = now() - interval '1 s' WHERE id = $1", backtest.id)
    over = await done(database, database_url, backtest)
    assert over.state == "done"
    assert without_time(msgspec.convert(over.result, Result)) == without_time(whole)


async def test_a_cancelled_trial_stops_and_keeps_nothing(database: Database, database_url: str, store_id: StoreId) -> None:
    await decide_orders(database, store_id, range(20))
    backtest = await ask_for(database, store_id, Trial(present=DEFAULT_POLICY, candidate=STRICT), FIRST)
    worker = uuid4()
    async with database.pool.acquire() as connection:
        claimed = await claim_backtest(connection, worker)
        assert claimed is not None
        assert (await cancel_backtest(connection, store_id, backtest.id)).state == "cancelled"  # type: ignore[union-attr]
    with pytest.raises(backtest_run.Cancelled):
        await backtest_run._Run(database, database_url, claimed, worker).run()
    async with database.pool.acquire() as connection:
        found = await find_backtest(connection, store_id, backtest.id)
    assert found is not None
    assert (found.state, found.result) == ("cancelled", {})
    assert not await do_one(database, database_url, uuid4())
