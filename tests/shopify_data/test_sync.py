"""A whole shop is read: every customer and order is there, as its webhooks would have told of them."""

from __future__ import annotations

from shopwarden.domain.ids import StoreId
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.shop_syncs import latest_syncs
from shopwarden.store.tasks import find_task
from tests.shopify_app.conftest import Shop
from tests.shopify_data.syncing import synced


async def test_a_whole_shop_is_read_with_its_progress(tools: VendorTools, shop: Shop, seeing_all: StoreId) -> None:
    await shop.ask("POST", customers=70, orders=140, seed="whole")
    task_id = await synced(tools, seeing_all)
    database = tools.database
    syncs = await latest_syncs(database.pool, seeing_all)
    assert {one.kind: (one.state, one.lines, one.total_lines) for one in syncs} == {
        "customers": ("done", 70, 70), "orders": ("done", 140, 140),
    }  # fmt: skip
    task = await find_task(database, seeing_all, task_id)
    assert task is not None
    assert (task.state, task.done, task.total) == ("done", 210, 210)
    counts = await database.pool.fetchrow(
        "SELECT (SELECT count(*) FROM customers WHERE shopify_id IS NOT NULL) AS customers,"
        " (SELECT count(DISTINCT external_id) FROM orders) AS orders,"
        " (SELECT count(*) FROM orders WHERE jsonb_array_length(line_items) > 0) AS filled,"
        " (SELECT count(*) FROM refunds) AS refunds"
    )
    assert (counts["customers"], counts["orders"], counts["filled"]) == (70, 140, 140)
