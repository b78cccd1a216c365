"""A visit that turns suspicious raises its alert before anything is bought, once, and none is lost."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from shopwarden.store.database import Database
from tests.detect.visits import (
    Message,
    ago,
    alerts,
    at_machine_pace,
    calm,
    from_several_networks,
    straight_to_checkout,
    with_refused_cards,
)
from tests.ingest.sending import collecting, page, track


async def test_calm_visits_put_no_job_and_raise_no_alert(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        for name in ("ann", "bob", "cem"):
            await sender.post("batch", {"batch": calm(name)})
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0
    assert await alerts(database, store_id) == []


@pytest.mark.parametrize(
    ("visit", "pattern", "severity", "said"),
    [
        (from_several_networks, "several_ips", "info", "several networks in a short time"),
        (at_machine_pace, "rapid_navigation", "info", "pages at a machine's pace"),
        (straight_to_checkout, "direct_checkout", "info", "straight to the checkout"),
        (with_refused_cards, "failed_payments", "warning", "several failed payments"),
    ],
)
async def test_each_pattern_raises_one_alert_before_the_checkout_is_finished(
    database: Database, store_id: UUID, visit: Callable[[str], list[Message]], pattern: str, severity: str, said: str
) -> None:
    async with collecting(database, store_id) as sender:
        for message in visit("eve"):
            assert (await sender.post("batch", {"batch": [message]})).status_code == 200
    (alert,) = await alerts(database, store_id)
    assert (alert["kind"], alert["severity"], alert["count"]) == ("behaviour", severity, 1)
    assert alert["title"] == f"Suspicious visitor before the checkout is finished: {said}"
    visitor = await database.pool.fetchrow("SELECT id, patterns, orders FROM visitors")
    assert (alert["subject"], alert["subject_id"]) == ("visitor", str(visitor["id"]))
    assert (visitor["patterns"], visitor["orders"], alert["facts"]["patterns"]) == ([pattern], 0, [pattern])


async def test_the_job_is_committed_with_the_events_and_told_twice_counts_once(database: Database, store_id: UUID) -> None:
    """Whatever dies after the commit, the job is there: nothing but the database is needed to raise the alert."""
    async with collecting(database, store_id) as sender:
        await sender.post("batch", {"batch": with_refused_cards("eve")})
    before = await database.pool.fetch("SELECT xmin::text AS xmin, payload FROM outbox")
    events = await database.pool.fetch("SELECT DISTINCT xmin::text AS xmin FROM customer_activities")
    assert [row["xmin"] for row in before] == [row["xmin"] for row in events]
    (alert,) = await alerts(database, store_id)
    await database.pool.execute(
        "INSERT INTO outbox (store_id, queue, subject, event, payload, run_after, created_at)"
        " VALUES ($1, 'risk-analysis', 'again', 'again', $2, now(), now())",
        store_id, before[0]["payload"],
    )  # fmt: skip
    (same,) = await alerts(database, store_id)
    assert (same["id"], same["count"]) == (alert["id"], 1)


async def test_what_is_added_raises_the_same_visitors_alert(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("batch", {"batch": straight_to_checkout("eve")})
        (first,) = await alerts(database, store_id)
        await sender.post("batch", {"batch": with_refused_cards("eve")[-3:]})
    (second,) = await alerts(database, store_id)
    assert (first["severity"], second["severity"], second["count"]) == ("info", "critical", 2)
    assert second["id"] == first["id"]
    assert "straight to the checkout" in second["body"]
    assert "payments of the visitor failed" in second["body"]


async def test_an_old_history_sent_in_raises_nothing(database: Database, store_id: UUID) -> None:
    old = [page("eve", f"/{n}", timestamp=ago(40 * 3600 - n * 0.3)) for n in range(12)]
    async with collecting(database, store_id) as sender:
        await sender.post("batch", {"batch": old})
    assert (await database.pool.fetchval("SELECT patterns FROM visitors")) == ["rapid_navigation"]
    assert await alerts(database, store_id) == []


async def test_a_crawler_that_says_so_is_no_news_unless_it_pays(database: Database, store_id: UUID) -> None:
    agent = {"context": {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}}
    crawl = [page("bot", f"/{n}", timestamp=ago(90 - n * 0.3), **agent) for n in range(12)]
    async with collecting(database, store_id) as sender:
        await sender.post("batch", {"batch": crawl})
        assert await alerts(database, store_id) == []
        refused = [track("Payment Failed", "bot", timestamp=ago(9 - n), properties={"amount": 1}, **agent) for n in range(3)]
        await sender.post("batch", {"batch": refused})
    (alert,) = await alerts(database, store_id)
    assert alert["severity"] == "critical"


async def test_many_suspicious_visitors_are_counted_by_one_alert(database: Database, store_id: UUID) -> None:
    await database.pool.execute(
        """UPDATE stores SET settings = '{"alerts": {"thresholds": {"visitors_10_minutes": 3}}}' WHERE id = $1""", store_id
    )
    async with collecting(database, store_id) as sender:
        for n in range(7):
            await sender.post("batch", {"batch": straight_to_checkout(f"eve-{n}")})
            await alerts(database, store_id)
    found = await alerts(database, store_id)
    single = [row for row in found if row["group_key"] != "behaviour:many:direct_checkout"]
    (many,) = [row for row in found if row["group_key"] == "behaviour:many:direct_checkout"]
    assert (len(single), many["count"]) == (3, 4)


async def test_a_late_event_that_changes_the_past_raises_nothing_twice(database: Database, store_id: UUID) -> None:
    visit = at_machine_pace("eve")
    async with collecting(database, store_id) as sender:
        await sender.post("batch", {"batch": visit[2:]})
        assert len(await alerts(database, store_id)) == 1
        await sender.post("batch", {"batch": visit[:2]})
        (alert,) = await alerts(database, store_id)
    assert alert["kind"] == "behaviour"
