"""What the clock finds in a store's own rows: waves, busy sources, silent webhooks, failing vendors, drifting scores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shopwarden.domain.ids import new_id
from shopwarden.steps.watch_store import Watch, watch_all, watch_scores, watch_supply, watch_traffic
from shopwarden.store.database import Database
from tests.steps.shop_rows import DAY, HOUR, NOW, Shop

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def shop(database: Database, store_id: UUID) -> AsyncIterator[Shop]:
    async with database.pool.acquire() as connection:
        yield Shop(connection, store_id)


async def found(database: Database, watch: Watch, at: Any = NOW) -> list[asyncpg.Record]:
    await watch_all(database, watch, at)
    return list(await database.pool.fetch("SELECT * FROM alerts ORDER BY group_key"))


async def refused(shop: Shop, many: int, ago: timedelta, **more: Any) -> None:
    for n in range(many):
        await shop.payment(f"{ago}-{n}", at=NOW - ago, amount=1, ip=f"203.0.113.{n}", card_key=f"card-{n}", **more)


async def test_many_refused_cards_of_strangers_are_card_testing(database: Database, shop: Shop) -> None:
    await refused(shop, 1, 5 * HOUR)
    await refused(shop, 30, 4 * MINUTE)
    (alert,) = await found(database, watch_traffic)
    assert (alert["kind"], alert["severity"], alert["group_key"]) == ("card_testing", "critical", "card_testing")
    assert alert["title"] == "Card testing: 30 failed payments in ten minutes"
    assert alert["body"] == (
        "30 payments failed within ten minutes; hardly any are usual here. 30 different cards were tried."
        " They came from 30 IP addresses. Half of them were for 1.00 or less."
    )
    (same,) = await found(database, watch_traffic, NOW + MINUTE / 2)
    assert (same["id"], same["count"]) == (alert["id"], 1), "the same ten minutes count once"


async def test_a_shop_used_to_refusals_is_left_in_peace(database: Database, shop: Shop) -> None:
    await shop.connection.execute(
        "INSERT INTO payment_attempts (store_id, id, external_id, status, at)"
        " SELECT $1, gen_random_uuid(), n::text, 'failed', $2::timestamptz - n * interval '40 seconds'"
        " FROM generate_series(0, 2159) AS n",
        shop.store_id, NOW,
    )  # fmt: skip
    assert await found(database, watch_traffic) == []


async def test_a_wave_of_bots(database: Database, shop: Shop) -> None:
    visitor = await shop.visitor("bots")
    for n in range(30):
        await shop.session(visitor, started_at=NOW - 3 * MINUTE, patterns=["automated_browser"], ip=f"203.0.113.{n % 3}")
    for _ in range(200):
        await shop.session(visitor, started_at=NOW - 3 * MINUTE)
    (alert,) = await found(database, watch_traffic)
    assert (alert["kind"], alert["facts"]) == ("bot_wave", {"visits": 30, "addresses": 3})


async def test_many_customers_of_one_address_unless_many_live_there(database: Database, shop: Shop) -> None:
    for n in range(7):
        for ip in ("203.0.113.9", "203.0.113.77"):
            await shop.order(f"{ip}-{n}", browser_ip=ip, email=f"{n}@example.com", created_at=NOW - 20 * MINUTE)
    await shop.connection.execute(
        "INSERT INTO crowds (store_id, kind, value, people, counted_at) VALUES ($1, 'ip', '203.0.113.77', 30, $2)",
        shop.store_id, NOW,
    )  # fmt: skip
    (alert,) = await found(database, watch_traffic)
    assert (alert["kind"], alert["title"]) == ("velocity", "7 orders from one IP address within an hour")
    assert "203.0.113.9" not in alert["title"] + alert["body"] + alert["group_key"] + str(alert["subject_id"])
    assert len(alert["facts"]["order_ids"]) == 7


async def heard(shop: Shop, many: int, at: Any, every: timedelta) -> None:
    await shop.connection.execute(
        "INSERT INTO webhook_counts (store_id, source, outcome, total, last_at) VALUES ($1, 'shopify', 'kept', 1, $2)"
        " ON CONFLICT DO NOTHING", shop.store_id, at,
    )  # fmt: skip
    await shop.connection.execute(
        "INSERT INTO inbox (store_id, id, source, topic, delivery_id, received_at, body, outcome)"
        " SELECT $1, gen_random_uuid(), 'shopify', 'orders/create', gen_random_uuid()::text,"
        " $2::timestamptz - n * $3::interval, '', 'processed' FROM generate_series(0, $4 - 1) AS n",
        shop.store_id, at, every, many,
    )  # fmt: skip


async def test_webhooks_that_stop_are_missed_and_quiet_nights_are_not(database: Database, shop: Shop) -> None:
    await heard(shop, 14 * 24 * 6, NOW - 3 * HOUR, 10 * MINUTE)
    (alert,) = await found(database, watch_supply)
    assert (alert["kind"], alert["title"]) == ("webhook_silence", "No webhooks from shopify for 3 hours")
    assert "there were 18 on average" in alert["body"]
    assert len(await found(database, watch_supply, NOW + MINUTE)) == 1


async def test_what_is_back_is_settled_and_may_be_missed_again(database: Database, shop: Shop) -> None:
    await heard(shop, 14 * 24 * 6, NOW - 3 * HOUR, 10 * MINUTE)
    await shop.connection.execute(
        "INSERT INTO vendor_accounts (store_id, vendor, open_until, last_fault_kind, last_fault_at, created_at, updated_at)"
        " VALUES ($1, 'sift', $2, 'timeout', $3, $3, $3)", shop.store_id, NOW + MINUTE, NOW - MINUTE,
    )  # fmt: skip
    assert [alert["state"] for alert in await found(database, watch_supply)] == ["open", "open"]
    await heard(shop, 1, NOW + 2 * MINUTE, MINUTE)
    await shop.connection.execute("UPDATE vendor_accounts SET open_until = NULL, last_answer_at = $1", NOW + 2 * MINUTE)
    settled = await found(database, watch_supply, NOW + 3 * MINUTE)
    assert [(alert["state"], alert["resolved_by"]) for alert in settled] == [("resolved", settled[0]["resolved_by"])] * 2
    await shop.connection.execute(
        "UPDATE vendor_accounts SET open_until = $1, last_fault_at = $2", NOW + 9 * MINUTE, NOW + 4 * MINUTE
    )
    again = [one for one in await found(database, watch_supply, NOW + 5 * MINUTE) if one["state"] == "open"]
    assert [one["group_key"] for one in again] == ["vendor_outage:sift"]


async def test_a_small_shop_may_be_silent_for_hours(database: Database, shop: Shop) -> None:
    await heard(shop, 28, NOW - 12 * HOUR, 12 * HOUR)
    assert await found(database, watch_supply) == []


async def test_a_vendor_left_alone_or_refusing_the_key_is_told(database: Database, shop: Shop) -> None:
    for vendor, values in {
        "sift": ("auth", None, None),
        "riskified": ("timeout", NOW + 5 * MINUTE, None),
        "maxmind": ("timeout", NOW - 5 * MINUTE, NOW),
        "sendgrid": ("quota", None, NOW),
    }.items():
        kind, until, answered = values
        await shop.connection.execute(
            "INSERT INTO vendor_accounts (store_id, vendor, faults, open_until, last_fault_kind, last_fault_at,"
            " last_answer_at, created_at, updated_at) VALUES ($1, $2, 5, $3, $4, $5, $6, $5, $5)",
            shop.store_id, vendor, until, kind, NOW - MINUTE, answered,
        )  # fmt: skip
    riskified, sift = await found(database, watch_supply)
    assert (riskified["subject_id"], riskified["severity"]) == ("riskified", "warning")
    assert "left alone until 12:05 UTC" in riskified["body"]
    assert (sift["subject_id"], sift["severity"]) == ("sift", "critical")
    assert "refuses the store's key" in sift["body"]


async def judged(shop: Shop, many: int, score: int, ago: timedelta) -> None:
    for _ in range(many):
        await shop.add(
            "verdicts", subject="order", trigger="webhook", event_key=str(new_id()), score=score, points=1.0, level="low",
            advice="approve", code_version="1", created_at=NOW - ago,
        )  # fmt: skip


async def test_scores_that_drift_are_told_once_a_day(database: Database, shop: Shop) -> None:
    await judged(shop, 250, 8, 10 * DAY)
    await judged(shop, 200, 8, HOUR)
    assert await found(database, watch_scores) == []
    await judged(shop, 120, 66, HOUR)
    (alert,) = await found(database, watch_scores)
    assert (alert["kind"], alert["count"]) == ("score_drift", 1)
    assert "Scores of 50 and more: 37.5 % of the last day's orders, 0.0 % of those of the four weeks before" in alert["body"]
    (same,) = await found(database, watch_scores, NOW + MINUTE)
    assert same["count"] == 1


async def test_a_shop_that_left_and_other_shops_are_not_mixed_up(database: Database, shop: Shop) -> None:
    await refused(shop, 30, 4 * MINUTE)
    await shop.connection.execute("UPDATE stores SET uninstalled_at = $2 WHERE id = $1", shop.store_id, NOW)
    await shop.connection.execute("INSERT INTO stores (id, name, created_at) VALUES (gen_random_uuid(), 'Another', $1)", NOW)
    assert await found(database, watch_traffic) == []
