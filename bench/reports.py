"""What dashboards ask: flows and metrics of thirty days, journeys of visitors; each beside the round trip of `SELECT 1`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bench import load, questions
from bench.events import Extent
from bench.report import Figure
from bench.servers import Stand
from shopwarden.store.database import Database

DAYS = 30
AT_ONCE = 1
"""One person opens a dashboard: each of its questions has the database's cores to itself."""

METRICS = ("conversion", "time-to-fraud", "patterns", "velocity", "fingerprints")
SEGMENTS = ("all", "all", "fraud", "legitimate", "new", "returning")


def flows(stand: Stand, port: int, extent: Extent, activities: int) -> Figure:
    """95th percentile of the flows of 30 days, over segments, countries and sources."""

    def ask(chance: random.Random) -> str:
        more = {"segment": chance.choice(SEGMENTS)}
        if chance.random() < 0.3:
            more["country"] = chance.choice(("DE", "US", "JP"))
        if chance.random() < 0.3:
            more["source"] = chance.choice(("google", "direct", "newsletter"))
        return f"/api/stores/{stand.store_id}/flows?{_period(chance)}{''.join(f'&{name}={more[name]}' for name in more)}"

    return _measured(stand, port, extent, "flows", f"Flows of {DAYS} days at {activities:,} activities, p95", ask)


def metrics(stand: Stand, port: int, extent: Extent, activities: int) -> list[Figure]:
    """95th percentile of each metric of 30 days beside the 30 before, and of all metrics of 30 days in one answer."""

    def asker(name: str) -> Callable[[random.Random], str]:
        return lambda chance: f"/api/stores/{stand.store_id}/metrics{name}?{_period(chance)}"

    scale = f"at {activities:,} activities, p95"
    told = f"{DAYS} days and the {DAYS} before {scale}"
    each = [
        _measured(stand, port, extent, f"metrics-{name}", f"Metric {name}, {told}", asker(f"/{name}")) for name in METRICS
    ]
    return [*each, _measured(stand, port, extent, "metrics", f"All metrics of {DAYS} days {scale}", asker(""))]


def journey(stand: Stand, port: int, extent: Extent, activities: int) -> Figure:
    """95th percentile of the first page of any visitor's journey."""
    rounds = [
        [f"/api/visitors/{visitor}/journey" for visitor in asyncio.run(_visitors(stand, number, extent.lists))]
        for number in range(1, extent.rounds + 1)
    ]
    return _figure(stand, port, rounds, "journey", f"A visitor's journey at {activities:,} activities, p95")


async def _visitors(stand: Stand, seed: int, count: int) -> list[object]:
    database = await Database.connect(stand.database_url)
    try:
        ids = await database.pool.fetch(
            "SELECT id FROM visitors TABLESAMPLE BERNOULLI (20) REPEATABLE ($2) WHERE store_id = $1 LIMIT 100000",
            stand.store_id, seed,
        )  # fmt: skip
    finally:
        await database.close()
    chance = random.Random(seed)
    return [row["id"] for row in chance.sample(ids, min(count, len(ids)))]


def _period(chance: random.Random) -> str:
    """Thirty days that ended within the last week: another end each time, so that no answer is a remembered one."""
    end = datetime.now(UTC) - timedelta(seconds=chance.randrange(7 * 86_400))
    return f"from={_moment(end - timedelta(days=DAYS))}&to={_moment(end)}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _measured(stand: Stand, port: int, extent: Extent, name: str, what: str, ask: Callable[[random.Random], str]) -> Figure:
    rounds = []
    for number in range(1, extent.rounds + 1):
        chance = random.Random(number)
        rounds.append([ask(chance) for _ in range(extent.reports)])
    return _figure(stand, port, rounds, name, what)


def _figure(stand: Stand, port: int, rounds: list[list[str]], name: str, what: str) -> Figure:
    headers = {"Authorization": f"Bearer {stand.api_key}"}
    asked = [[load.request("GET", path, b"", headers) for path in paths] for paths in rounds]
    return questions.figure(name, what, *questions.ask(stand, port, asked, AT_ONCE), AT_ONCE)
