"""The second factor: set up, asked for at every way in, each code good once, and guessed no faster than passwords."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.second_factor import new_recovery_codes, new_secret, recovery_hash, step_of
from shopwarden.settings import Settings
from shopwarden.store.database import Database
from tests.accounts.conftest import PASSWORD, AddUser, SignedIn, sign_in

STEP = timedelta(seconds=30)
Browser = Callable[..., httpx.AsyncClient]


async def set_up(page: httpx.AsyncClient) -> tuple[pyotp.TOTP, list[str]]:
    """A confirmed second factor: the app, and the recovery codes."""
    begun = (await page.post("/api/auth/second-factor", json={"password": PASSWORD})).json()
    app = pyotp.TOTP(begun["secret"])
    done = await page.post("/api/auth/second-factor/confirm", json={"code": app.at(datetime.now(UTC) - STEP)})
    assert done.status_code == 200, done.text
    page.headers["X-CSRF-Token"] = done.json()["csrf_token"]
    return app, done.json()["recovery_codes"]


async def test_once_confirmed_a_code_is_asked_for_and_is_good_once(
    add: AddUser, browser: Browser, signed_in: SignedIn, stranger: httpx.AsyncClient
) -> None:
    user = await add()
    page, elsewhere = await signed_in(user), await signed_in(user)
    begun = await page.post("/api/auth/second-factor", json={"password": PASSWORD})
    assert begun.json()["uri"].startswith("otpauth://totp/shopwarden:owner%40example.com?secret=")
    assert begun.json()["svg"].startswith("<svg")
    assert (await sign_in(browser(), user.email)).status_code == 200, "nothing is confirmed yet"
    old = page.cookies["shopwarden_session"]
    app, _ = await set_up(page)
    assert page.cookies["shopwarden_session"] != old
    assert (await page.get("/api/auth/session")).json()["has_second_factor"] is True
    assert (await elsewhere.get("/api/auth/session")).status_code == 401
    other = browser()
    asked = await sign_in(other, user.email)
    assert (asked.status_code, asked.json()["type"]) == (401, "urn:shopwarden:problem:second-factor-needed")
    code = app.now()
    assert (await sign_in(other, user.email, code="000000")).json()["type"] == "urn:shopwarden:problem:wrong-code"
    assert (await sign_in(other, user.email, code=code)).status_code == 200
    assert (await sign_in(browser(), user.email, code=code)).status_code == 401, "a code is good once"
    given = {"email": user.email, "password": PASSWORD}
    assert (await stranger.post("/api/auth/login", json=given)).status_code == 401, "no way around it by token"
    wrong = await sign_in(browser(), user.email, "wrong", app.at(datetime.now(UTC) + STEP))
    assert wrong.json()["type"] == "urn:shopwarden:problem:wrong-credentials"


async def test_recovery_codes_let_in_once_each(add: AddUser, browser: Browser, signed_in: SignedIn) -> None:
    user = await add()
    _, codes = await set_up(await signed_in(user))
    assert len(set(codes)) == 10
    assert (await sign_in(browser(), user.email, code=codes[0].upper().replace("-", " "))).status_code == 200
    assert (await sign_in(browser(), user.email, code=codes[0])).status_code == 401
    page = browser()
    await sign_in(page, user.email, code=codes[1])
    assert (await page.get("/api/auth/session")).json()["recovery_codes_left"] == 8
    renewed = await page.post("/api/auth/second-factor/recovery-codes", json={"password": PASSWORD, "code": codes[2]})
    assert renewed.status_code == 200
    assert (await sign_in(browser(), user.email, code=codes[3])).status_code == 401
    assert (await sign_in(browser(), user.email, code=renewed.json()["recovery_codes"][0])).status_code == 200


async def test_removing_it_takes_the_password_and_a_code(add: AddUser, browser: Browser, signed_in: SignedIn) -> None:
    user = await add()
    page = await signed_in(user)
    _, codes = await set_up(page)
    way = "/api/auth/second-factor/remove"
    assert (await page.post(way, json={"password": "wrong", "code": codes[0]})).status_code == 403
    assert (await page.post(way, json={"password": PASSWORD, "code": "123"})).status_code == 403
    assert (await page.post("/api/auth/second-factor", json={"password": PASSWORD})).status_code == 409
    gone = await page.post(way, json={"password": PASSWORD, "code": codes[0]})
    assert gone.status_code == 200
    assert (await sign_in(browser(), user.email)).status_code == 200


async def test_knowing_the_password_gives_no_endless_guesses_at_codes(
    add: AddUser, browser: Browser, signed_in: SignedIn
) -> None:
    """Not even from ever new networks, nor by asking for the code again in between."""
    user = await add()
    await set_up(await signed_in(user))
    answers = []
    for number in range(9):
        page = browser(f"198.51.100.{number}")
        assert (await sign_in(page, user.email)).status_code == 401
        answers.append((await sign_in(page, user.email, code=f"{number:06}")).status_code)
    assert answers == [401] * 8 + [429]


async def test_no_secret_is_kept_in_the_open(add: AddUser, signed_in: SignedIn, database: Database) -> None:
    page = await signed_in(await add())
    app, codes = await set_up(page)
    kept = str(dict(await database.pool.fetchrow("SELECT * FROM users")))
    assert app.secret not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    logged = str(await database.pool.fetch("SELECT * FROM audit_log"))
    assert "second_factor_added" in logged
    assert app.secret not in logged


class TestWithoutAKey:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(rate_limit_per_minute=100_000)

    async def test_a_server_without_an_encryption_key_says_so(
        self, add: AddUser, signed_in: SignedIn, browser: Browser, database: Database
    ) -> None:
        user = await add()
        page = await signed_in(user)
        answer = await page.post("/api/auth/second-factor", json={"password": PASSWORD})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:shopwarden:problem:encryption-key-missing")
        # A secret no key opens is no way in without one.
        await database.pool.execute("UPDATE users SET sealed_totp = 'xxxxxxxxxxxx', totp_confirmed_at = now()")
        assert (await sign_in(browser(), user.email, code="123456")).status_code == 503


@given(drift=st.integers(min_value=-120, max_value=120))
def test_codes_hold_for_a_step_before_and_after_their_own(drift: int) -> None:
    now, secret = datetime(2026, 11, 22, 12, 0, 15, tzinfo=UTC), new_secret()
    made = now + timedelta(seconds=drift)
    step = step_of(secret, pyotp.TOTP(secret).at(made), now)
    apart = abs(int(made.timestamp()) // 30 - int(now.timestamp()) // 30)
    assert (step == int(made.timestamp()) // 30) == (apart <= 1)


@given(code=st.text(max_size=12))
def test_what_is_no_code_is_wrong_and_breaks_nothing(code: str) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert step_of("JBSWY3DPEHPK3PXP", code, now) is None or len(code.replace(" ", "")) == 6
    assert recovery_hash(code) is None


def test_recovery_codes_are_known_however_they_are_typed() -> None:
    code = new_recovery_codes()[0]
    assert recovery_hash(code) == recovery_hash(f" {code.upper()} ") == recovery_hash(code.replace("-", ""))
