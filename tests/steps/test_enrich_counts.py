"""A look-up that decided is counted once a verdict, and old answers are asked for anew where a store wants them always."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from shopwarden.domain.ids import CustomerId, new_id
from shopwarden.domain.verdict import Weights
from shopwarden.steps.assess import assess_order
from shopwarden.steps.case import Judging
from shopwarden.steps.enrich_stale import put_stale
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Database
from shopwarden.store.enriching import move_subjects
from shopwarden.store.weights import put_weights
from shopwarden.work import find_planned
from tests.sandbox.running import Sandbox, running_sandbox, sandbox  # noqa: F401
from tests.steps.enriched_shop import order_body, place, settle
from tests.steps.test_enrich import policy, tools, verdicts  # noqa: F401


async def test_a_decision_changed_by_a_look_up_counts_for_it_once_and_names_the_advice_before(
    database: Database,
    store_id: UUID,
    tools: VendorTools,  # noqa: F811
) -> None:
    await policy(database, store_id, "maxmind", "always")
    others = "UPDATE vendor_accounts SET is_on = (vendor = 'maxmind') WHERE store_id = $1"
    for vendor in ("ipqualityscore", "sendgrid", "peopledatalabs", "fullcontact", "sift", "riskified"):
        await policy(database, store_id, vendor, "always")
    await database.pool.execute(others, store_id)
    async with database.transaction() as connection:
        # Whatever it says that is not nothing decides.
        decisive = Weights(points={"vendor.maxmind_minfraud": 900.0, "vendor.maxmind_insights": 0.0}, decline_at=99)
        await put_weights(connection, store_id, decisive, "key:test", "one vendor decides")
    await place(database, store_id, order_body(email="fraud@mailinator.com"))
    await settle(database, tools)
    history = await verdicts(database, store_id, "order")
    (_, before, _), (trigger, verdict, facts) = history[-2], history[-1]
    assert trigger == "enrichment"
    assert facts.vendor is not None
    score = facts.vendor.risk["maxmind.minfraud"].score
    assert score is not None
    decided = verdict.decided_by == ("maxmind.minfraud",)
    # The first judgement runs beside the asking, and may have had the answer already.
    assert verdict.changed_from == (before.advice if before.advice != verdict.advice else None)
    counted = await database.pool.fetchval(
        "SELECT coalesce(sum(changed), 0) FROM vendor_days WHERE store_id = $1 AND lookup = 'maxmind.minfraud'", store_id
    )
    told = [one.decided_by for subject in ("order", "customer") for _, one, _ in await verdicts(database, store_id, subject)]
    assert counted == sum("maxmind.minfraud" in keys for keys in told)
    assert decided, f"a score of {score} did not decide"
    order_id = await database.pool.fetchval("SELECT id FROM orders WHERE store_id = $1", store_id)
    async with database.transaction() as connection:
        await assess_order(connection, store_id, order_id, trigger="x", event_key="again", how=Judging(tools=tools))
        await assess_order(connection, store_id, order_id, trigger="x", event_key="again", how=Judging(tools=tools))
    now = await database.pool.fetchval("SELECT sum(changed) FROM vendor_days WHERE store_id = $1", store_id)
    assert now == counted + 1


async def test_old_answers_are_asked_for_again_once_a_day_where_wanted_always(
    database: Database,
    store_id: UUID,
    tools: VendorTools,  # noqa: F811
    sandbox: Sandbox,  # noqa: F811
) -> None:
    await policy(database, store_id, "ipqualityscore", "always")
    await place(database, store_id, order_body())
    await settle(database, tools)
    assert await put_stale(tools) == 0
    await database.pool.execute(
        "UPDATE vendor_answers SET fresh_until = fresh_until - $2::interval, asked_at = asked_at - $2::interval"
        " WHERE store_id = $1 AND fresh_until IS NOT NULL",
        store_id, timedelta(days=60),
    )  # fmt: skip
    calls = len(await sandbox.log("ipqualityscore"))
    assert await put_stale(tools) == 1
    await put_stale(tools)
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 1
    others = len(await sandbox.log("sendgrid"))
    await settle(database, tools)
    assert len(await sandbox.log("ipqualityscore")) > calls
    assert len(await sandbox.log("sendgrid")) == others


def test_planned_work_of_steps_is_found_once() -> None:
    names = [name for name, _, _ in find_planned()]
    assert "old answers of vendors" in names
    assert len(names) == len(set(names))


async def test_answers_go_with_a_customer_whose_row_gives_way(database: Database, store_id: UUID) -> None:
    gone, kept = CustomerId(new_id()), CustomerId(new_id())
    for customer_id, digest in ((gone, b"a"), (gone, b"b"), (kept, b"b")):
        await database.pool.execute(
            "INSERT INTO vendor_subjects (store_id, lookup, digest, customer_id, asked_at)"
            " VALUES ($1, 'x.ip', $2, $3, now())",
            store_id, digest, customer_id,
        )  # fmt: skip
    async with database.transaction() as connection:
        await move_subjects(connection, store_id, gone, kept)
    rows = await database.pool.fetch("SELECT customer_id, digest FROM vendor_subjects ORDER BY digest")
    assert [tuple(row) for row in rows] == [(kept, b"a"), (kept, b"b")]
