"""Orders that make cases, jobs run as the worker runs them, and what was written down about it all."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from shopwarden.domain.case import ReviewCase
from shopwarden.domain.ids import OrderId, StoreId, new_id
from shopwarden.domain.policy import Effect, Rule
from shopwarden.pipeline import assess
from shopwarden.steps.assess import assess_order
from shopwarden.store.cases import latest_case
from shopwarden.store.database import Database
from shopwarden.store.rulesets import put_ruleset
from shopwarden.store.verdicts import StoredVerdict

REVIEW = Effect(review=True, advice="review")


def rule(effect: Effect, name: str = "A look", condition: str = "true") -> Rule:
    return Rule(id=new_id(), version=1, name=name, condition=condition, effect=effect, state="live")


class Desk:
    def __init__(self, database: Database, store_id: UUID) -> None:
        self.database, self.store_id = database, StoreId(store_id)

    async def rules(self, *rules: Rule) -> None:
        async with self.database.transaction() as connection:
            await put_ruleset(connection, self.store_id, rules, "system", None)

    async def order(self, external_id: str = "1001", **more: Any) -> UUID:
        now = datetime.now(UTC)
        row: dict[str, object] = {
            "store_id": self.store_id, "id": new_id(), "external_id": external_id, "name": f"#{external_id}",
            "source": "shopify", "created_at": now, "updated_at": now, "version": "1", "total": Decimal("100.00"),
            "currency": "EUR", "email": f"buyer{external_id}@example.com", **more,
        }  # fmt: skip
        marks = ", ".join(f"${place}" for place in range(1, len(row) + 1))
        await self.database.pool.execute(f"INSERT INTO orders ({', '.join(row)}) VALUES ({marks})", *row.values())
        assert isinstance(row["id"], UUID)
        return row["id"]

    async def judge(self, order_id: UUID, trigger: str = "webhook") -> StoredVerdict:
        async with self.database.transaction() as connection:
            return await assess_order(
                connection, self.store_id, OrderId(order_id), trigger=trigger, event_key=f"test:{new_id()}"
            )

    async def run_jobs(self, *, even_later: bool = False) -> int:
        """The jobs of judging that are due (`even_later`: all), each in a transaction of its own that takes it away."""
        run = 0
        while True:
            async with self.database.transaction() as connection:
                job = await connection.fetchrow(
                    "SELECT id, payload FROM outbox WHERE queue = 'risk-analysis' AND ($1 OR run_after <= now())"
                    " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
                    even_later,
                )  # fmt: skip
                if job is None:
                    return run
                await assess(None, connection, self.store_id, job["payload"])
                await connection.execute("DELETE FROM outbox WHERE id = $1", job["id"])
                run += 1

    async def case_of(self, order_id: UUID) -> ReviewCase | None:
        async with self.database.pool.acquire() as connection:
            return await latest_case(connection, self.store_id, "order", order_id)

    async def reviewed(self, external_id: str = "1001", **more: Any) -> ReviewCase:
        """A new order, its verdict and its case; needs a rule that asks for a review."""
        order_id = await self.order(external_id, **more)
        await self.judge(order_id)
        await self.run_jobs()
        case = await self.case_of(order_id)
        assert case is not None
        return case

    async def rows(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """`sql` with the store as $1."""
        found: list[asyncpg.Record] = await self.database.pool.fetch(sql, self.store_id, *values)
        return found
