"""A worker of its own process for the tests: asks vendors as jobs do, and is cancelled, repeated or killed on the way."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from datetime import UTC, datetime
from uuid import UUID

from shopwarden.contracts.vendor import Limits
from shopwarden.domain.inquiry import Inquiry
from shopwarden.store.database import Database
from tests.steps.vendor_stage import Stage, connected, lookup, stage

AT_ONCE = 16
LIMITS = Limits(connect=1.0, total=1.0, tries=3, at_once=32)


def inquiry(question: int) -> Inquiry:
    return Inquiry(
        at=datetime.now(UTC), ip=f"81.2.{question // 200}.{question % 200 + 1}", email=f"p{question}@shop.example"
    )


def account(url: str):
    return {"acme": connected(url, "acme", lookup("acme", "ip"), lookup("acme", "email"), limits=LIMITS)}


async def job(staged: Stage, url: str, question: int, dice: random.Random) -> None:
    """One job: it ends well, or dies in one of the ways jobs die."""
    from shopwarden.steps.ask_vendors import ask_accounts

    def once() -> asyncio.Task[object]:
        asked = ask_accounts(
            staged.tools,
            account(url),
            staged.store_id,
            inquiry(question),
            deadline=dice.choice([0.01, 0.1, 1.0]),
            customer_id=staged.customer_id,
        )
        return asyncio.create_task(asked)

    how = dice.choice(["well", "well", "cancelled", "twice", "raises"])
    task = once()
    if how == "cancelled":
        await asyncio.sleep(dice.uniform(0, 0.03))
        task.cancel()
    if how == "twice":
        await once()
    await asyncio.gather(task, return_exceptions=how != "well")
    if how == "raises":
        raise ValueError("after the answer")


async def work(database_url: str, store_id: str, url: str, seed: int, questions: list[int]) -> None:
    database = await Database.connect(database_url, largest=8)
    staged = stage(database, UUID(store_id))
    places = asyncio.Semaphore(AT_ONCE)
    dice = random.Random(seed)

    async def placed(question: int) -> None:
        async with places:
            await job(staged, url, question, dice)

    print("ready", flush=True)
    await asyncio.gather(*(placed(question) for question in questions), return_exceptions=True)
    await staged.tools.close(patience=dice.choice([0.0, 1.5]))
    await database.close()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:4], int(sys.argv[4]), json.loads(sys.argv[5])))
