"""A worker of its own process for the tests: asks vendors as jobs do, and is cancelled, repeated or killed on the way."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from shopwarden.contracts.vendor import Limits
from shopwarden.domain.inquiry import AskedCustomer, AskedItem, AskedOrder, Inquiry
from shopwarden.domain.observation import Address
from shopwarden.steps.ask_vendors import ask_accounts, ask_vendors
from shopwarden.steps.settled import Settled
from shopwarden.store.database import Database
from tests.steps.vendor_stage import Stage, connected, lookup, stage

AT_ONCE = 16
LIMITS = Limits(connect=1.0, total=1.0, tries=3, at_once=32)
SANDBOX = "sandbox+"
"""Before an address: it is the sandbox's, and all of its vendors are asked."""


def inquiry(question: int) -> Inquiry:
    """Somebody of their own for each number, always the same."""
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    home = Address(first_name="Ann", last_name=f"N{question}", address_line1="1 Main St", city="Boston", country_code="US")
    order = AskedOrder(
        id=str(1000 + question),
        created_at=at,
        updated_at=at,
        total=Decimal("19.90"),
        currency="USD",
        items=(AskedItem(id="1", title="Tea", price=Decimal("19.90")),),
        billing=home,
        shipping=home,
        gateway="shopify_payments",
    )
    return Inquiry(
        at=at,
        ip=f"81.2.{question // 200}.{question % 200 + 1}",
        email=f"p{question}@shop.example",
        first_name="Ann",
        last_name=f"N{question}",
        address=home,
        customer=AskedCustomer(id=f"c-{question}", external_id=str(question), created_at=at),
        order=order,
        session_id=f"s-{question}",
        shop_domain="demo.myshopify.com",
    )


def account(url: str):
    return {"acme": connected(url, "acme", lookup("acme", "ip"), lookup("acme", "email"), limits=LIMITS)}


async def ask(staged: Stage, url: str, question: int, deadline: float) -> Settled:
    wishes = {"deadline": deadline, "customer_id": staged.customer_id}
    if url.startswith(SANDBOX):
        return await ask_vendors(staged.tools, staged.store_id, inquiry(question), **wishes)
    return await ask_accounts(staged.tools, account(url), staged.store_id, inquiry(question), **wishes)


async def job(staged: Stage, url: str, question: int, dice: random.Random) -> None:
    """One job: it ends well, or dies in one of the ways jobs die."""

    def once() -> asyncio.Task[Settled]:
        return asyncio.create_task(ask(staged, url, question, dice.choice([0.01, 0.1, 1.0])))

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
    if url.startswith(SANDBOX):
        staged.tools.sandbox_url = url.removeprefix(SANDBOX)
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
