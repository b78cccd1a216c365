"""What follows a verdict: whose case it is, when there is none, when there is one again, and who hears of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from shopwarden.domain.case import Decision
from shopwarden.domain.case_moves import Mover, decide
from shopwarden.domain.ids import new_id
from shopwarden.domain.order_check import OrderCheck
from shopwarden.domain.policy import Effect
from shopwarden.domain.thresholds import Thresholds
from shopwarden.steps.check_order import check_order
from shopwarden.steps.decide_case import Which, move_case
from shopwarden.steps.watch_cases import watch_cases
from shopwarden.store.alerts import raise_alerts
from tests.review.desk import REVIEW, Desk, rule

ADVISED = rule(Effect(advice="review"), "Odd")
FINE = rule(Effect(advice="approve"), "Fine")
BAD = rule(Effect(advice="decline"), "Bad")


async def decided(desk: Desk, case_id: object, decision: Decision) -> None:
    async with desk.database.transaction() as connection:
        await move_case(connection, desk.store_id, Which(case_id), decide(decision), Mover("key:x", datetime.now(UTC)))  # type: ignore[arg-type]


async def test_an_order_that_is_fine_costs_no_job(desk: Desk) -> None:
    await desk.rules(FINE)
    await desk.judge(await desk.order())
    assert await desk.rows("SELECT FROM outbox WHERE store_id = $1 AND payload ? 'follow'") == []


@pytest.mark.parametrize(
    "more",
    [
        {"created_at": datetime.now(UTC) - timedelta(days=30)},
        {"cancelled_at": datetime.now(UTC)},
        {"is_test": True},
    ],
    ids=["long ago", "cancelled", "a test"],
)
async def test_what_is_over_is_no_case(desk: Desk, more: dict[str, object]) -> None:
    await desk.rules(ADVISED)
    order_id = await desk.order(**more)
    await desk.judge(order_id)
    await desk.run_jobs()
    assert await desk.case_of(order_id) is None


async def test_expected_loss_is_the_amount_times_the_probability(desk: Desk) -> None:
    await desk.rules(ADVISED)
    order_id = await desk.order(total=Decimal("250.00"))
    stored = await desk.judge(order_id)
    await desk.run_jobs()
    case = await desk.case_of(order_id)
    assert case is not None
    assert case.expected_loss == (Decimal(250) * Decimal(str(stored.verdict.probability))).quantize(Decimal("0.01"))


async def test_a_newer_verdict_renews_the_open_case_even_where_it_approves(desk: Desk) -> None:
    await desk.rules(ADVISED)
    case = await desk.reviewed()
    await desk.rules(FINE)
    await desk.judge(case.subject_id)
    await desk.run_jobs()
    now = await desk.case_of(case.subject_id)
    assert now is not None
    assert (now.id, now.advice, now.version, now.state) == (case.id, "approve", 2, "open")


async def test_what_was_approved_is_a_case_again_only_where_more_speaks_against_it(desk: Desk) -> None:
    await desk.rules(ADVISED)
    case = await desk.reviewed()
    await decided(desk, case.id, "approve")
    await desk.judge(case.subject_id)
    await desk.run_jobs()
    same = await desk.case_of(case.subject_id)
    assert same is not None
    assert same.id == case.id
    await desk.rules(BAD)
    await desk.judge(case.subject_id)
    await desk.run_jobs()
    again = await desk.case_of(case.subject_id)
    assert again is not None
    assert (again.id != case.id, again.state, again.advice) == (True, "open", "decline")


async def test_what_was_declined_stays_so(desk: Desk) -> None:
    await desk.rules(ADVISED)
    case = await desk.reviewed()
    await decided(desk, case.id, "decline")
    await desk.rules(BAD)
    await desk.judge(case.subject_id)
    await desk.run_jobs()
    assert len(await desk.rows("SELECT FROM cases WHERE store_id = $1")) == 1


@pytest.mark.parametrize("decision", ["approve", "decline"])
async def test_what_somebody_decided_raises_no_alert_about_its_advice_again(desk: Desk, decision: Decision) -> None:
    await desk.rules(ADVISED)
    case = await desk.reviewed()
    open_ones = "SELECT count(*) AS many FROM alerts WHERE store_id = $1 AND kind = 'verdict' AND state <> 'resolved'"
    assert [row["many"] for row in await desk.rows(open_ones)] == [1]
    await decided(desk, case.id, decision)
    await desk.run_jobs(even_later=True)
    await desk.judge(case.subject_id)
    await desk.run_jobs()
    assert [row["many"] for row in await desk.rows(open_ones)] == [0]
    if decision == "approve":
        await desk.rules(BAD)
        await desk.judge(case.subject_id)
        await desk.run_jobs()
        assert [row["many"] for row in await desk.rows(open_ones)] == [1], "more speaks against it than before"


async def test_a_case_ends_with_its_order(desk: Desk) -> None:
    await desk.rules(ADVISED)
    case = await desk.reviewed()
    await desk.database.pool.execute("UPDATE orders SET cancelled_at = now() WHERE id = $1", case.subject_id)
    await desk.judge(case.subject_id)
    await desk.run_jobs()
    now = await desk.case_of(case.subject_id)
    assert now is not None
    assert (now.state, now.reason_code, now.decided_by) == ("decided", "cancelled_in_shop", "system")
    assert await desk.rows("SELECT FROM labels WHERE store_id = $1") == []


async def test_an_order_held_by_a_rule_waits_for_somebody(desk: Desk) -> None:
    held = rule(Effect(hold=True), "Hold it")
    await desk.rules(held)
    case = await desk.reviewed()
    assert (case.opened_by, case.urgency) == (f"rule:{held.id}", 1)


@pytest.mark.parametrize("decision", [None, "approve"])
async def test_the_case_of_a_check_is_the_orders_once_the_shop_tells_of_it(desk: Desk, decision: Decision | None) -> None:
    await desk.rules(ADVISED)
    check = OrderCheck(order_id="C-1", email="a@b.example", total=Decimal(80), currency="EUR", created_at=datetime.now(UTC))
    async with desk.database.pool.acquire() as connection:
        asked = await check_order(connection, desk.store_id, check)
    await desk.run_jobs()
    assert asked.subject_id is not None
    case = await desk.case_of(asked.subject_id)
    assert case is not None
    if decision is not None:
        await decided(desk, case.id, decision)
    order_id = await desk.order("C-1")
    await desk.judge(order_id)
    await desk.run_jobs(even_later=True)
    (only,) = await desk.rows("SELECT id, subject_id, decision, settled_at FROM cases WHERE store_id = $1")
    assert (only["id"], only["subject_id"], only["decision"]) == (case.id, order_id, decision)
    (order,) = await desk.rows("SELECT decision FROM orders WHERE store_id = $1 AND id = $2", order_id)
    assert order["decision"] == decision


async def test_overdue_cases_raise_one_alert_which_ends_with_them(desk: Desk) -> None:
    await desk.rules(rule(REVIEW))
    cases = [await desk.reviewed(f"N{n}") for n in range(3)]
    late = datetime.now(UTC) + timedelta(hours=1)
    for _ in range(2):
        async with desk.database.transaction() as connection:
            raised = await watch_cases(connection, desk.store_id, Thresholds(), late)
            await raise_alerts(connection, desk.store_id, raised)
    alerts = "SELECT state, count FROM alerts WHERE store_id = $1 AND kind = 'case_overdue'"
    assert [tuple(row) for row in await desk.rows(alerts)] == [("open", 3)]
    for case in cases:
        await decided(desk, case.id, "approve")
    async with desk.database.transaction() as connection:
        assert await watch_cases(connection, desk.store_id, Thresholds(), late) == []
    assert [row["state"] for row in await desk.rows(alerts)] == ["resolved"]


async def test_a_verdict_of_another_order_of_events_is_not_taken_for_newer(desk: Desk) -> None:
    """Jobs may run in any order: the case keeps the newest verdict."""
    await desk.rules(ADVISED)
    order_id = await desk.order()
    await desk.judge(order_id)
    newest = await desk.judge(order_id)
    await desk.database.pool.execute("UPDATE outbox SET id = DEFAULT WHERE payload ->> 'follow' <> $1", str(newest.id))
    await desk.run_jobs()
    case = await desk.case_of(order_id)
    assert case is not None
    assert case.verdict_id == newest.id
    assert new_id() > newest.id
