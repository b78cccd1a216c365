"""People in browsers: users with passwords, and clients that keep cookies and send the token against forged requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.ids import StoreId
from shopwarden.domain.scopes import Role
from shopwarden.store.database import Database
from shopwarden.store.users import NewUser, User, add_user
from shopwarden.web import Application
from tests.api.conftest import application, client, client_for, other_store, settings, stranger

__all__ = ["application", "client", "client_for", "other_store", "settings", "stranger"]

PASSWORD = "seven quiet herons wade"


class AddUser(Protocol):
    async def __call__(self, role: Role = "owner", email: str = "", store: UUID | None = None) -> User: ...


SignedIn = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def hashed() -> str:
    # What is slow on purpose is tested once, not in every test.
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@pytest.fixture
def add(database: Database, hashed: str) -> AddUser:
    """Makes a user whose password is PASSWORD."""

    async def make(role: Role = "owner", email: str = "", store: UUID | None = None) -> User:
        new = NewUser(email=email or f"{role}@example.com", role=role, store_id=StoreId(store) if store else None)
        async with database.transaction() as connection:
            return await add_user(connection, new, hashed)

    return make


@pytest.fixture
async def browser(application: Application) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """Opens browsers: each keeps its own cookies."""
    opened: list[httpx.AsyncClient] = []

    def make(address: str = "203.0.113.60", base_url: str = "http://shopwarden.test") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(application, client=(address, 40_000))  # type: ignore[arg-type]
        opened.append(httpx.AsyncClient(transport=transport, base_url=base_url))
        return opened[-1]

    yield make
    for one in opened:
        await one.aclose()


@pytest.fixture
def signed_in(browser: Callable[..., httpx.AsyncClient]) -> SignedIn:
    """A browser that signed in as somebody."""

    async def make(user: User, password: str = PASSWORD, address: str = "203.0.113.60") -> httpx.AsyncClient:
        opened = browser(address)
        answer = await sign_in(opened, user.email, password)
        assert answer.status_code == 200, answer.text
        return opened

    return make


async def sign_in(browser: httpx.AsyncClient, email: str, password: str = PASSWORD, code: str = "") -> httpx.Response:
    """Signs in as the page would: what comes with it goes into every change from then on."""
    given = {"email": email, "password": password} | ({"code": code} if code else {})
    answer = await browser.post("/api/auth/session", json=given)
    if answer.status_code == 200:
        browser.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return answer
