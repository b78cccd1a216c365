"""A store with decided orders, and trials of policies done on them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import msgspec

from bench.decided import DAYS, FIRST, copy, decided
from shopwarden.domain.backtest import ListChanges, Trial
from shopwarden.domain.backtest_result import Result
from shopwarden.domain.ids import StoreId
from shopwarden.domain.policy import DEFAULT_POLICY, Policy
from shopwarden.steps.backtest_run import do_one
from shopwarden.store.backtests import Backtest, NewBacktest, find_backtest, put_backtest
from shopwarden.store.database import Database

UNTIL = FIRST + timedelta(days=DAYS + 1)


async def decide_orders(database: Database, store_id: StoreId, numbers: range, policy: Policy = DEFAULT_POLICY) -> None:
    await copy(database, decided(store_id, numbers, numbers.stop, policy))


async def ask_for(
    database: Database,
    store_id: StoreId,
    trial: Trial,
    first: datetime = FIRST,
    until: datetime = UNTIL,
) -> Backtest:
    new = NewBacktest(name=None, policy=msgspec.json.encode(trial), first_at=first, until_at=until, created_by="user:tests")
    async with database.transaction() as connection:
        put = await put_backtest(connection, store_id, new)
    assert put is not None
    return put[0]


async def done(database: Database, url: str, backtest: Backtest) -> Backtest:
    assert await do_one(database, url, uuid4())
    async with database.pool.acquire() as connection:
        found = await find_backtest(connection, backtest.store_id, backtest.id)
    assert found is not None
    return found


async def tried(
    database: Database, url: str, store_id: StoreId, candidate: Policy, lists: ListChanges | None = None
) -> Result:
    trial = Trial(present=DEFAULT_POLICY, candidate=candidate, lists=lists or ListChanges())
    over = await done(database, url, await ask_for(database, store_id, trial))
    assert over.state == "done", over.error
    return msgspec.convert(over.result, Result)
