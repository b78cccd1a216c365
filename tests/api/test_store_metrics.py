"""Conversion from what browsers sent, counted by hand; the time before; and questions that can't be answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.ingest.sending import CHROME, IPHONE, collecting, page, track

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = 86_400.0
GOOGLE = {"page": {"path": "/", "url": "https://shop.example/", "referrer": "https://www.google.com/"}}
BOT = {"userAgent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}
ASKED = {"from": (NOW - timedelta(days=3)).isoformat(), "to": NOW.isoformat()}
NAMES = ("conversion", "time-to-fraud", "patterns", "velocity", "fingerprints")


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


async def four_days(database: Database, store_id: UUID) -> None:
    """Ann buys, ben looks from a phone, cat looks again after days, and a bot."""
    batch = [
        page("cat", timestamp=ago(4 * DAY)),
        page("ann", timestamp=ago(2 * DAY), context=GOOGLE),
        track(
            "Order Completed", "ann", timestamp=ago(2 * DAY - 60), properties={"total": 80}, context={"userAgent": CHROME}
        ),
        page("ann", timestamp=ago(DAY)),  # comes again, on her own: still of google, for that is how she came first
        page("ben", timestamp=ago(DAY), context={"userAgent": IPHONE}),
        page("cat", timestamp=ago(DAY)),
        page("bot", timestamp=ago(DAY), context=BOT),
    ]
    async with collecting(database, store_id) as sender:
        assert (await sender.post("batch", {"batch": batch})).status_code == 200


async def told(client: httpx.AsyncClient, store: object, name: str = "conversion", **asked: str) -> dict[str, Any]:
    answer = await client.get(f"/api/stores/{store}/metrics/{name}", params=ASKED | asked)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def splits(listed: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    return {one["name"]: (one["hits"], one["of"]) for one in listed}


async def test_conversion_in_numbers(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    await four_days(database, store_id)
    body = await told(client, store_id)
    current = body["current"]
    assert (current["visitors"], current["visitorsWithOrder"]) == (3, 1)
    assert current["rate"] == {"hits": 1, "of": 3, "rate": 0.333333, "low": 0.061492, "high": 0.79234, "enough": False}
    assert splits(current["bySource"]) == {"google": (1, 1), "direct": (0, 2)}
    assert splits(current["byDevice"]) == {"desktop": (1, 2), "mobile": (0, 1)}
    assert splits(current["byVisitor"]) == {"new": (1, 2), "returning": (0, 1)}
    assert splits(current["byCountry"]) == {"unknown": (1, 3)}
    assert not current["enough"]
    assert "Only 3 visitors" in current["note"]


async def test_the_time_before_is_as_long_and_ends_where_this_one_begins(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    await four_days(database, store_id)
    body = await told(client, store_id)
    assert body["previousPeriod"]["to"] == body["period"]["from"]
    assert datetime.fromisoformat(body["previousPeriod"]["from"]) == NOW - timedelta(days=6)
    assert body["previous"]["visitors"] == 1
    assert body["changes"] == {
        "visitors": {"now": 3, "before": 1, "absolute": 2, "relative": 2},
        "visitorsWithOrder": {"now": 1, "before": 0, "absolute": 1, "relative": None},
        "rate": {"now": 0.333333, "before": 0, "absolute": 0.333333, "relative": None},
    }
    alone = await told(client, store_id, compare="none")
    assert alone["previous"] is alone["previousPeriod"] is None
    assert alone["changes"]["visitors"] == {"now": 3, "before": None, "absolute": None, "relative": None}


async def test_an_order_the_shop_tied_to_a_visitor_counts_as_one_of_the_browser(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    await four_days(database, store_id)
    await database.pool.execute(
        "INSERT INTO orders (store_id, id, external_id, visitor_id, created_at, updated_at, version, is_test)"
        " SELECT $1, gen_random_uuid(), anonymous_id, id, $2, $2, '', anonymous_id = 'cat' FROM visitors"
        " WHERE anonymous_id IN ('ann', 'ben', 'cat')",
        store_id, NOW - timedelta(hours=1),
    )  # fmt: skip
    # Ann's was known already, cat's is a test.
    assert (await told(client, store_id))["current"]["visitorsWithOrder"] == 2


async def test_of_an_empty_store_nothing_is_zero_that_is_unknown(client: httpx.AsyncClient, store_id: UUID) -> None:
    body = (await client.get(f"/api/stores/{store_id}/metrics", params=ASKED)).json()
    assert set(body) == {"conversion", "timeToFraud", "patterns", "velocity", "fingerprints"}
    assert body["conversion"]["current"]["rate"]["rate"] is None
    assert body["timeToFraud"]["current"]["fraud"]["sinceFirstSession"]["average"] is None
    assert body["velocity"]["current"]["bands"][-1]["share"] is None
    assert body["fingerprints"]["current"]["strong"]["fraud"]["rate"] is None
    assert all(part["current"]["enough"] is False and part["current"]["note"] for part in body.values())


async def test_all_metrics_are_those_of_the_single_endpoints(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    await four_days(database, store_id)
    for compare in ("none", "previous"):
        every = (await client.get(f"/api/stores/{store_id}/metrics", params=ASKED | {"compare": compare})).json()
        assert list(every.values()) == [await told(client, store_id, name, compare=compare) for name in NAMES]
    alone = (await client.get(f"/api/stores/{store_id}/metrics", params=ASKED)).json()
    assert all(part["previous"] is None for part in alone.values())


async def test_one_store_is_not_counted_in_another(
    client_for: ClientFor, database: Database, store_id: UUID, other_store: UUID
) -> None:
    await four_days(database, store_id)
    everywhere = await client_for(store=None)
    assert (await told(everywhere, "other.example"))["current"]["visitors"] == 0
    assert (await told(everywhere, store_id))["current"]["visitors"] == 3


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "from"),
        ({"from": "2020-03-02", "to": "2026-03-01"}, "from"),
        ({"from": "0001-01-02", "to": "0001-06-01", "compare": "previous"}, "from"),
        ({"compare": "next"}, "compare"),
        ({"form": "2026-03-01"}, "form"),
    ],
)
async def test_what_can_not_be_answered_is_refused_by_name(
    client: httpx.AsyncClient, store_id: UUID, asked: dict[str, str], field: str
) -> None:
    for name in ("/conversion", ""):
        answer = await client.get(f"/api/stores/{store_id}/metrics{name}", params=asked)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == field


async def test_a_key_without_the_scope_learns_nothing(client_for: ClientFor, store_id: UUID) -> None:
    client = await client_for(["live:read"])
    for name in NAMES:
        assert (await client.get(f"/api/stores/{store_id}/metrics/{name}")).status_code == 403
