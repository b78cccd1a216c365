"""What every test of alerts starts from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from shopwarden.store.database import Database
from tests.alerts.stage import Stage, staged
from tests.api.conftest import application, client, client_for, settings

__all__ = ["application", "client", "client_for", "settings"]


@pytest.fixture
async def stage(database: Database, store_id: UUID) -> AsyncIterator[Stage]:
    async with staged(database, store_id) as opened:
        yield opened
