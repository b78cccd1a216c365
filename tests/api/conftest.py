"""The application over a fresh database, called in process, and keys to call it with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import cache
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from shopwarden.domain.ids import StoreId
from shopwarden.settings import Settings
from shopwarden.store.api_keys import SCOPES, create_key
from shopwarden.store.database import Database
from shopwarden.store.stores import create_store
from shopwarden.web import Application, application_on, build_framework

ClientFor = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
def settings() -> Settings:
    """Overridden where a test needs other ones."""
    return Settings(rate_limit_per_minute=100_000, encryption_keys="the key of tests has thirty-two letters")


@cache
def framework_for(settings: Settings) -> Litestar:
    """Built once: putting every endpoint under its path takes longer than most tests."""
    return build_framework(settings)


@pytest.fixture
async def application(database: Database, settings: Settings) -> AsyncIterator[Application]:
    app = application_on(framework_for(settings), database)
    async with app.running():
        yield app


@pytest.fixture
async def client_for(application: Application, database: Database, store_id: UUID) -> AsyncIterator[ClientFor]:
    """Makes a client whose key has these scopes in this store (None: all stores)."""
    opened: list[httpx.AsyncClient] = []

    async def make(
        scopes: Iterable[str] = SCOPES, store: UUID | None = store_id, address: str = "203.0.113.50"
    ) -> httpx.AsyncClient:
        made = await create_key(database, name="test", scopes=scopes, store_id=StoreId(store) if store else None)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(application, client=(address, 40_000)),  # type: ignore[arg-type]
            base_url="http://shopwarden.test",
            headers={"Authorization": f"Bearer {made.secret}"},
        )
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()


@pytest.fixture
async def client(client_for: ClientFor) -> httpx.AsyncClient:
    """May do everything in the store."""
    return await client_for()


@pytest.fixture
async def stranger(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    """Has no key."""
    transport = httpx.ASGITransport(application, client=("203.0.113.51", 40_000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://shopwarden.test") as opened:
        yield opened


@pytest.fixture
async def other_store(database: Database) -> UUID:
    return await create_store(database, name="Other shop", shop_domain="other.example")
