"""How long fraud takes and how it goes about, from visits as browsers sent them and orders tied to them, counted by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from shopwarden.domain.ids import new_id
from shopwarden.store.database import Database
from tests.api.rows import insert
from tests.api.test_store_metrics import ASKED, DAY, NOW, ago, told
from tests.ingest.sending import CHROME, collecting, page, track


async def send(database: Database, store_id: UUID, batch: list[dict[str, Any]]) -> None:
    async with collecting(database, store_id) as sender:
        for start in range(0, len(batch), 100):
            answer = await sender.post("batch", {"batch": batch[start : start + 100]})
            assert answer.status_code == 200, answer.text


async def order(database: Database, store_id: UUID, name: str, seconds_ago: float, **values: object) -> None:
    """Tied to the visitor's last session before it."""
    at = NOW - timedelta(seconds=seconds_ago)
    visit = await database.pool.fetchrow(
        "SELECT v.id AS visitor_id, s.id AS session_id FROM visitors v JOIN sessions s ON s.visitor_id = v.id"
        " WHERE v.anonymous_id = $1 AND s.started_at <= $2 ORDER BY s.started_at DESC LIMIT 1", name, at,
    )  # fmt: skip
    tied = dict(visit) if visit else {}
    row = {"store_id": store_id, "id": new_id(), "external_id": f"{name}{at:%s}", "created_at": at, "updated_at": at}
    await insert(database, "orders", {**row, "version": "", **tied, **values})


async def test_times_until_orders_in_numbers(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    await send(database, store_id, [
        page("eve", timestamp=ago(5000)),
        page("gus", timestamp=ago(2 * DAY)),
        page("gus", path="/products/boot", timestamp=ago(2 * DAY - 20)),
        page("gus", timestamp=ago(DAY)),
        page("ann", timestamp=ago(9000)),
    ])  # fmt: skip
    await order(database, store_id, "eve", 4900, advice="decline")
    await order(database, store_id, "gus", DAY - 60, cancel_reason="fraud")
    await order(database, store_id, "ann", 8700, advice="approve")
    await order(database, store_id, "nobody", 100, risk_level="critical")
    await order(database, store_id, "eve", 9 * DAY, cancel_reason="fraud")  # before the time asked for
    current = (await told(client, store_id, "time-to-fraud"))["current"]
    counted = ("confirmed", "suspected", "legitimateOrders", "withoutVisitor")
    assert [current[name] for name in counted] == [1, 2, 1, 1]
    fraud = current["fraud"]
    assert fraud["orders"] == 2
    assert fraud["sinceFirstSession"] == {
        "count": 2, "average": (100 + 86_460) / 2, "lowerQuartile": 100 + 86_360 / 4, "median": 43_280.0,
        "upperQuartile": 100 + 86_360 * 3 / 4, "enough": False,
    }  # fmt: skip
    assert fraud["sinceSessionStart"]["median"] == (100 + 60) / 2
    assert fraud["pageViewsBefore"]["average"] == (1 + 3) / 2
    legitimate = current["legitimate"]
    assert (legitimate["orders"], legitimate["sinceFirstSession"]["median"]) == (1, 300)
    assert not current["enough"]
    assert "Only 2 fraudulent orders" in current["note"]


def way(name: str, start: float, *stations: str) -> list[dict[str, Any]]:
    told, context = [], {"userAgent": CHROME}
    for place, station in enumerate(stations):
        at = ago(start - 10 * place)
        if station.startswith("/"):
            told.append(page(name, path=station, timestamp=at))
        else:
            told.append(track(station, name, timestamp=at, context=context, properties={"product_id": "1", "price": 5}))
    return told


HASTY = ("/products/boot", "Checkout Started", "Payment Failed", "Checkout Started", "Order Completed")
CALM = ("/", "/collections/all", "/products/boot", "Product Added", "/cart", "Checkout Started", "Order Completed")


async def visits(database: Database, store_id: UUID, guilty: int, calm: int, ways: tuple[tuple[str, ...], ...]) -> None:
    names = [f"guilty{number}" for number in range(guilty)] + [f"calm{number}" for number in range(calm)]
    await send(database, store_id, [
        step for place, name in enumerate(names) for step in way(name, 90_000 - 100 * place, *ways[place >= guilty])
    ])  # fmt: skip
    for place, name in enumerate(names):
        fraud = place < guilty
        await order(database, store_id, name, 90_000 - 100 * place - 70, advice="decline" if fraud else "approve")


async def test_what_fraud_does_is_told_with_its_support(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    await visits(database, store_id, 12, 18, (HASTY, CALM))
    body = await told(client, store_id, "patterns")
    current = body["current"]
    assert (current["fraudVisits"], current["legitimateVisits"], current["comparedFraudVisits"]) == (12, 18, 12)
    (found,) = current["ofFraud"]
    assert found["steps"] == ["product", "checkout", "payment_failed", "checkout", "order"]
    assert found["direct"] is True
    assert (found["fraudVisits"], found["legitimateVisits"]) == (12, 0)
    assert (found["fraudShare"], found["legitimateShare"], found["timesAsCommon"]) == (1, 0, None)
    assert found["lift"] == 30 / 12
    assert found["pValue"] < 1e-6
    (calm,) = current["ofLegitimate"]
    assert calm["steps"][-1] == "order"
    assert (calm["fraudVisits"], calm["legitimateVisits"], calm["lift"]) == (0, 18, 0)
    assert "100.0% of fraudulent and 0.0% of legitimate visits went product → checkout → failed payment" in found["sentence"]
    assert not current["enough"]
    assert "Only 12 fraudulent" in current["note"]
    # The time before is counted by the same patterns.
    (before,) = body["previous"]["ofFraud"]
    assert (before["steps"], before["fraudVisits"], before["fraudShare"]) == (found["steps"], 0, None)
    assert before["pValue"] is None


async def test_the_same_ways_on_both_sides_are_no_finding(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    await visits(database, store_id, 10, 30, (CALM, CALM))
    current = (await told(client, store_id, "patterns"))["current"]
    assert current["tested"] > 0
    assert current["ofFraud"] == current["ofLegitimate"] == []


async def test_the_period_decides_which_visits_count(client: httpx.AsyncClient, database: Database, store_id: UUID) -> None:
    await visits(database, store_id, 6, 6, (HASTY, CALM))
    body = await told(client, store_id, "patterns", **{"from": ASKED["from"], "to": ago(80_000)})
    assert body["current"]["fraudVisits"] == 6
    assert (await told(client, store_id, "patterns", **{"from": ago(80_000)}))["current"]["fraudVisits"] == 0
