"""Segment's own SDKs, unchanged, pointed here: every message is stored once, also when the server is killed on the way."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import segment.analytics

from shopwarden.store.api_keys import create_key
from shopwarden.store.database import Database
from tests.stories.serving import Running, serving

MESSAGES = 10_000
NODE_FOLDER = Path(__file__).parent / "segment_node"


async def stored(database: Database) -> int:
    return int(await database.pool.fetchval("SELECT count(*) FROM customer_activities"))


async def kill_in_the_middle(database: Database, server: Running, least: int) -> int:
    """Waits until some messages are stored, kills the server without warning, and starts it again."""
    async with asyncio.timeout(90):
        while (before := await stored(database)) < least:  # noqa: ASYNC110 - the event is in the database
            await asyncio.sleep(0.02)
    server.kill()
    await asyncio.sleep(0.3)
    await asyncio.to_thread(server.start)
    return before


async def check_once(database: Database, numbers: str) -> None:
    rows = await database.pool.fetch(
        "SELECT (activity_data -> 'properties' ->> 'number')::int AS number, count(*) FROM customer_activities GROUP BY 1"
    )
    assert {row["number"] for row in rows} == set(range(MESSAGES)), numbers
    assert {row["count"] for row in rows} == {1}, numbers
    events, visitors = await database.pool.fetchrow("SELECT sum(events)::int, count(*) FROM visitors")
    assert (events, visitors) == (MESSAGES, 40), numbers


def send_with_python(url: str, key: str) -> None:
    client = segment.analytics.Client(key, host=url, max_retries=20, upload_size=100, max_queue_size=MESSAGES + 1)
    for number in range(MESSAGES):
        accepted, _ = client.track(
            anonymous_id=f"python-{number % 40}",
            event="Product Viewed",
            properties={"number": number, "product_id": f"p-{number % 7}"},
            context={"ip": "81.2.69.142"},
        )
        assert accepted
    client.flush()
    client.join()


async def test_the_python_sdk_loses_and_doubles_nothing(
    database: Database, database_url: str, redis_url: str, store_id: UUID
) -> None:
    key = await create_key(database, name="sdk", scopes=["ingest"], store_id=store_id)  # type: ignore[arg-type]
    with serving(database_url, redis_url) as server:
        sending = asyncio.create_task(asyncio.to_thread(send_with_python, server.url, key.secret))
        before = await kill_in_the_middle(database, server, MESSAGES // 5)
        await sending
    assert before < MESSAGES
    await check_once(database, "python")


async def test_the_node_sdk_loses_and_doubles_nothing(
    database: Database, database_url: str, redis_url: str, store_id: UUID, node: Path
) -> None:
    key = await create_key(database, name="sdk", scopes=["ingest"], store_id=store_id)  # type: ignore[arg-type]
    with serving(database_url, redis_url) as server:
        sender = await asyncio.create_subprocess_exec(
            node, "send.mjs", server.url, key.secret, str(MESSAGES), cwd=NODE_FOLDER, stdout=subprocess.PIPE
        )
        before = await kill_in_the_middle(database, server, MESSAGES // 5)
        output, _ = await sender.communicate()
    assert before < MESSAGES
    assert json.loads(output) == {"failed": 0}
    await check_once(database, f"node on {sys.platform}")
