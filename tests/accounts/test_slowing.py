"""Guessing is slowed: counted in the database, before anything is checked, without shutting owners out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.slowing import ACCOUNT, CODE, HERE, NETWORK, counters_of, network_of, wait_after
from shopwarden.store.database import Database
from tests.accounts.conftest import PASSWORD, AddUser, sign_in

Browser = Callable[..., httpx.AsyncClient]
ALL = (HERE, NETWORK, ACCOUNT, CODE)


@given(failures=st.integers(min_value=0, max_value=10**9), slowing=st.sampled_from(ALL))
def test_waits_grow_from_nothing_to_their_limit(failures: int, slowing: object) -> None:
    kind = slowing  # one of ALL
    assert kind in ALL
    wait = wait_after(failures, kind)  # type: ignore[arg-type]
    assert wait <= wait_after(failures + 1, kind)  # type: ignore[arg-type]
    assert (wait == timedelta(0)) == (failures < kind.free)  # type: ignore[attr-defined]
    assert wait <= kind.longest  # type: ignore[attr-defined]


def test_a_connections_many_addresses_are_one_network() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") != network_of("2001:db8:1:3::1")
    assert network_of("203.0.113.7") != network_of("203.0.113.8")
    assert network_of("nonsense") == "unknown"
    assert counters_of("Ann@example.com ", "203.0.113.7") == counters_of("ann@example.com", "203.0.113.7")


async def test_while_it_waits_even_the_right_password_is_not_looked_at(
    add: AddUser, browser: Browser, database: Database
) -> None:
    user = await add()
    page = browser()
    tries = [(await sign_in(page, user.email, "wrong")).status_code for _ in range(11)]
    assert tries == [401] * 10 + [429]
    blocked = await sign_in(page, user.email)
    assert blocked.status_code == 429
    assert 25 <= int(blocked.headers["retry-after"]) <= 30
    # No restart forgives: what counts is in the database alone.
    assert await database.pool.fetchval("SELECT count(*) FROM sign_in_failures WHERE blocked_until > now()") == 1
    assert (await sign_in(browser("198.51.100.9"), user.email)).status_code == 200
    await database.pool.execute("UPDATE sign_in_failures SET blocked_until = now()")
    assert (await sign_in(page, user.email, "wrong")).status_code == 401
    again = await sign_in(page, user.email)
    assert 55 <= int(again.headers["retry-after"]) <= 60


async def test_the_right_password_begins_the_count_anew(add: AddUser, browser: Browser, database: Database) -> None:
    user, page = await add(), browser()
    for _ in range(3):
        assert [(await sign_in(page, user.email, "wrong")).status_code for _ in range(9)] == [401] * 9
        await database.pool.execute("UPDATE sign_in_failures SET failures = 9 WHERE failures > 9 AND blocked_until IS NULL")
        assert (await sign_in(page, user.email)).status_code == 200


async def test_a_flood_at_once_gets_no_more_guesses_than_one_by_one(add: AddUser, browser: Browser) -> None:
    user = await add()
    pages = [browser() for _ in range(40)]
    answers = await asyncio.gather(*(sign_in(page, user.email, "wrong") for page in pages))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 30


@pytest.mark.parametrize("email", ["owner@example.com", "nobody@example.com"])
async def test_who_is_there_and_who_is_not_is_told_by_nothing(add: AddUser, browser: Browser, email: str) -> None:
    await add()
    page = browser()
    answers = [await sign_in(page, email, "wrong") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    first = answers[0].json()
    assert (first["type"], first["detail"]) == (
        "urn:shopwarden:problem:wrong-credentials", "This e-mail and password do not belong together."
    )  # fmt: skip


async def test_one_network_guessing_at_many_accounts_is_slowed(add: AddUser, browser: Browser) -> None:
    page = browser()
    answers = [await sign_in(page, f"user{number}@example.com", "wrong") for number in range(31)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]


async def test_all_the_world_guessing_at_one_account_is_slowed_but_does_not_shut_its_owner_out(
    add: AddUser, browser: Browser, database: Database
) -> None:
    user = await add()
    digest = counters_of(user.email, "")[2].digest
    await database.pool.execute(
        "INSERT INTO sign_in_failures (digest, failures, last_at) VALUES ($1, 100000, now())", digest
    )
    assert (await sign_in(browser("198.51.100.1"), user.email, "wrong")).status_code == 401
    blocked = await sign_in(browser("198.51.100.2"), user.email, PASSWORD)
    assert blocked.status_code == 429
    assert int(blocked.headers["retry-after"]) <= 60


async def test_bearer_sign_in_is_slowed_by_the_same_count(add: AddUser, stranger: httpx.AsyncClient) -> None:
    user = await add()
    given = {"email": user.email, "password": "wrong"}
    tries = [(await stranger.post("/api/auth/login", json=given)).status_code for _ in range(11)]
    assert tries == [401] * 10 + [429]
