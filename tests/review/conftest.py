"""A store with a queue, and the application over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from shopwarden.store.database import Database
from tests.api.conftest import application, client, client_for, settings
from tests.review.desk import Desk

__all__ = ["application", "client", "client_for", "settings"]


@pytest.fixture
async def desk(database_url: str, store_id: UUID) -> AsyncIterator[Desk]:
    """With connections enough for everybody to act at once."""
    opened = await Database.connect(database_url, smallest=4, largest=12)
    yield Desk(opened, store_id)
    await opened.close()
