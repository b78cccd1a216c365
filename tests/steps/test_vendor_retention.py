"""What is old is thrown away by the clock, and nothing else."""

from __future__ import annotations

from shopwarden.steps.vendor_retention import PLANNED
from tests.outbound.local_server import Said, always, serving
from tests.steps.vendor_stage import connected, stage


async def test_the_planned_work_takes_what_is_old_and_leaves_the_rest(database, store_id):
    staged = stage(database, store_id)
    async with serving(always(Said(body=b'{"score": 5}'))) as server:
        await staged.ask(connected(server.url))
    for days, answers, calls in ((0, 1, 1), (91, 1, 0), (310, 0, 0)):
        await staged.age(days=days)
        await database.pool.execute("UPDATE vendor_calls SET at = at - make_interval(days => $1)", days)
        for _, _, work in PLANNED:
            await work(staged.tools)
        assert len(await staged.rows("vendor_answers")) == len(await staged.rows("vendor_subjects")) == answers
        assert len(await staged.rows("vendor_calls")) == calls
    assert len(await staged.rows("vendor_days")) == 1
    await staged.tools.close()
