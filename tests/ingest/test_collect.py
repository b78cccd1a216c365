"""Promises of the collect endpoints: stored before it is answered, once, with its visitor, session, place and device."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from uuid import UUID

from shopwarden.store.database import Database
from tests.ingest.sending import CHROME, FIREFOX, IPHONE, PIXEL, activities, collecting, one_visitor, page, track

NOW = datetime.now(UTC).replace(microsecond=0)


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


async def test_every_call_of_the_tracking_api_is_stored_with_its_own_activity(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        calls = {
            "track": track("Product Viewed", properties={"product_id": "p-1", "price": 19.9}),
            "page": {"anonymousId": "anon-1", "properties": {"path": "/"}},
            "screen": {"anonymousId": "anon-1", "name": "Home"},
            "identify": {"anonymousId": "anon-1", "userId": "u-1", "traits": {"email": "ann@example.com"}},
            "group": {"anonymousId": "anon-1", "groupId": "g-1"},
            "alias": {"previousId": "anon-1", "userId": "u-1"},
        }
        for kind, body in calls.items():
            assert (await sender.post(kind, body)).status_code == 200
    kinds = {row["activity_type"] for row in await activities(database)}
    assert kinds == {"product_view", "page_view", "screen_view", "identify", "group", "alias"}


async def test_a_message_sent_three_times_is_stored_once(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        message = track("Product Added", messageId="m-1")
        await asyncio.gather(*(sender.post("track", message) for _ in range(3)))
        await sender.post("batch", {"batch": [message, message, track("Cart Viewed", messageId="m-2")]})
    assert sorted(row["activity_type"] for row in await activities(database)) == ["add_to_cart", "cart_view"]
    assert (await one_visitor(database))["events"] == 2


async def test_the_senders_wrong_clock_is_taken_out(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        wrong = datetime(2031, 5, 1, 12, tzinfo=UTC)
        message = page(timestamp=wrong.isoformat(), sentAt=(wrong + timedelta(seconds=40)).isoformat())
        assert (await sender.post("page", message)).status_code == 200
    (row,) = await activities(database)
    age = datetime.now(UTC) - row["created_at"]
    assert timedelta(seconds=39) < age < timedelta(seconds=60)


async def test_sessions_and_visitor_figures_are_exact(database: Database, store_id: UUID) -> None:
    batch = [
        page(path="/", timestamp=ago(7200)),
        track("Product Viewed", timestamp=ago(7140)),
        page(path="/p/1", timestamp=ago(7100)),
        track("Product Added", timestamp=ago(7080), properties={"cart_id": "c-9"}),
        page(path="/", timestamp=ago(600)),
        track("Checkout Started", timestamp=ago(580), properties={"checkout_id": "k-9"}),
        track("Order Completed", timestamp=ago(500), properties={"total": "59.90", "currency": "EUR"}),
        page("anon-2", timestamp=ago(100)),
    ]
    async with collecting(database, store_id) as sender:
        assert (await sender.post("batch", {"batch": batch})).json() == {"success": True}
    visitor = await one_visitor(database)
    figures = ("sessions", "page_views", "events", "session_seconds", "bounced_sessions", "converted_sessions", "orders")
    assert [visitor[name] for name in figures] == [2, 3, 7, 220.0, 0, 1, 1]
    assert (visitor["abandoned_carts"], str(visitor["revenue"])) == (1, "59.90")
    sessions = await database.pool.fetch("SELECT * FROM sessions WHERE visitor_id = $1 ORDER BY started_at", visitor["id"])
    assert [(row["entry_page"], row["exit_page"], row["cart_adds"], row["orders"]) for row in sessions] == [
        ("/", "/p/1", 1, 0),
        ("/", "/", 0, 1),
    ]
    tokens = await database.pool.fetch("SELECT kind, token, session_id FROM checkout_tokens ORDER BY kind")
    assert [(row["kind"], row["token"], row["session_id"]) for row in tokens] == [
        ("cart", "c-9", sessions[0]["id"]),
        ("checkout", "k-9", sessions[1]["id"]),
    ]


async def test_a_late_event_gives_what_its_timely_arrival_would_have_given(database: Database, store_id: UUID) -> None:
    bridge = page(path="/bridge", timestamp=ago(2000), messageId="late")
    ends = [page(path="/a", timestamp=ago(3600), messageId="a"), page(path="/b", timestamp=ago(400), messageId="b")]
    async with collecting(database, store_id) as sender:
        await sender.post("batch", {"batch": ends})
        assert (await one_visitor(database))["sessions"] == 2
        await sender.post("batch", {"batch": [bridge]})
    visitor = await one_visitor(database)
    assert (visitor["sessions"], visitor["page_views"], visitor["session_seconds"]) == (1, 3, 3200.0)
    assert await database.pool.fetchval("SELECT count(*) FROM sessions") == 1
    assert len({row["session_id"] for row in await activities(database)}) == 1


async def test_place_device_and_bot_are_read_from_the_request(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("page", page(context={"ip": "::ffff:81.2.69.142", "screen": {"width": 1920, "height": 1080}}))
        await sender.post(
            "page",
            page("bot", context={"ip": "66.249.66.1", "userAgent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}),
        )
    visitor = await one_visitor(database)
    assert (visitor["ip"], visitor["country_code"], visitor["is_bot"]) == ("81.2.69.142", "GB", False)
    device = await database.pool.fetchrow("SELECT * FROM devices WHERE id = $1", visitor["device_id"])
    assert (device["browser"], device["os"], device["is_strong"], device["screen"]) == (
        "Chrome",
        "Windows",
        False,
        "1920x1080",
    )
    bot = await one_visitor(database, "bot")
    assert bot["is_bot"]
    assert bot["bot_name"]


async def test_the_address_comes_from_trusted_proxies_only(database: Database, store_id: UUID) -> None:
    forged = {"X-Forwarded-For": "81.2.69.142"}
    async with collecting(database, store_id) as sender:
        await sender.post("page", page("direct"), headers=forged)
        browser = page("browser", context={"ip": "81.2.69.142"})
        await sender.post("page", browser, headers={"Origin": "https://shop.example"})
    async with collecting(database, store_id, trusted=(ip_network("198.51.100.0/24"),)) as sender:
        await sender.post("page", page("proxied"), headers=forged)
    assert (await one_visitor(database, "direct"))["ip"] == "198.51.100.7"
    assert (await one_visitor(database, "browser"))["ip"] == "198.51.100.7"
    assert (await one_visitor(database, "proxied"))["ip"] == "81.2.69.142"


async def test_three_device_changes_and_two_location_changes_in_one_short_visit(database: Database, store_id: UUID) -> None:
    visits = [(CHROME, "81.2.69.142"), (FIREFOX, "81.2.69.142"), (IPHONE, "8.8.8.8"), (PIXEL, "81.2.69.142")]
    async with collecting(database, store_id) as sender:
        for number, (agent, ip) in enumerate(visits):
            event = track("Cart Viewed", timestamp=ago(20 - number * 4), context={"userAgent": agent, "ip": ip})
            message = page(timestamp=ago(20), context={"userAgent": agent, "ip": ip}) if number == 0 else event
            await sender.post(message["type"], message)
    visitor = await one_visitor(database)
    assert (visitor["device_changes"], visitor["location_changes"], visitor["page_views"]) == (3, 2, 1)
    assert visitor["session_seconds"] < 30


async def test_patterns_are_kept_with_visitor_and_session(database: Database, store_id: UUID) -> None:
    attempts = [
        track(
            "Payment Failed", timestamp=ago(60 - n), properties={"card_bin": "424242", "card_last4": f"000{n}", "value": 1}
        )
        for n in range(4)
    ]
    async with collecting(database, store_id) as sender:
        batch = {"batch": [track("Checkout Started", timestamp=ago(70)), *attempts]}
        await sender.post("batch", batch, headers={"User-Agent": CHROME})
    assert (await one_visitor(database))["patterns"] == ["direct_checkout", "failed_payments"]
    rows = await database.pool.fetch("SELECT status, card_key FROM payment_attempts")
    assert [row["status"] for row in rows] == ["failed"] * 4
    assert len({row["card_key"] for row in rows}) == 4


async def test_a_claim_of_identity_waits_in_the_outbox_without_personal_data(database: Database, store_id: UUID) -> None:
    async with collecting(database, store_id) as sender:
        await sender.post("identify", {"anonymousId": "anon-1", "userId": "7", "traits": {"email": "Ann@Example.com"}})
    (row,) = await database.pool.fetch("SELECT * FROM outbox")
    assert (row["queue"], row["state"]) == ("webhook-processing", "pending")
    assert "xample" not in str(dict(row))


async def test_groups_of_events_in_any_order_leave_the_same_visitors(database: Database, store_id: UUID) -> None:
    batch = [
        page(
            "anon-1",
            path=f"/{n}",
            timestamp=ago(20_000 - n * 700),
            messageId=f"m-{n}",
            context={"campaign": {"name": f"c{n % 2}"}},
        )
        for n in range(24)
    ]

    async def outcome() -> tuple[object, ...]:
        visitor = await one_visitor(database)
        names = ("sessions", "page_views", "session_seconds", "bounced_sessions", "first_seen", "last_seen")
        rows = await database.pool.fetch("SELECT started_at, ended_at, page_views FROM sessions ORDER BY started_at")
        filed = [row["session_id"] for row in await activities(database)]
        return (*(visitor[name] for name in names), [tuple(row) for row in rows], filed)

    seen = []
    for order in (batch, batch[::-1], batch[1::2] + batch[::2]):
        await database.pool.execute("TRUNCATE visitors, sessions, customer_activities, message_ids, visitor_ips")
        async with collecting(database, store_id) as sender:
            for start in range(0, len(order), 5):
                assert (await sender.post("batch", {"batch": order[start : start + 5]})).status_code == 200
        seen.append(await outcome())
    assert seen[0] == seen[1] == seen[2]
