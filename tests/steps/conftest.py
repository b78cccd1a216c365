"""A shop in a fresh database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from shopwarden.store.database import Database
from tests.steps.shop_rows import Shop


@pytest.fixture
async def shop(database: Database, store_id: UUID) -> AsyncIterator[Shop]:
    async with database.pool.acquire() as connection:
        yield Shop(connection, store_id)
