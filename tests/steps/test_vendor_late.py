"""Every answer that came late puts an enrichment of its own; one about nobody puts none."""

from __future__ import annotations

from shopwarden.domain.ids import new_id
from shopwarden.steps.vendor_late import judge_again


async def test_each_late_answer_puts_a_job(database, store_id):
    came_late, customer_id = judge_again(database), new_id()
    await came_late(store_id, customer_id, "acme.ip")
    # The first one may be running and have read before this one came.
    await came_late(store_id, customer_id, "acme.ip")
    await came_late(store_id, None, "acme.email")
    rows = await database.pool.fetch("SELECT queue, payload FROM outbox WHERE store_id = $1", store_id)
    assert [row["queue"] for row in rows] == ["customer-enrichment"] * 2
    assert {row["payload"]["customer_id"] for row in rows} == {str(customer_id)}
