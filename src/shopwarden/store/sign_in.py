"""Signing in by password and second factor. Tries are counted before they are checked, so that no flood gets past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from shopwarden.domain.sealing import Sealer
from shopwarden.domain.slowing import FORGIVEN_AFTER, Counted, code_counters_of, counters_of, wait_after
from shopwarden.errors import RefuseError
from shopwarden.store.database import Connection, Database
from shopwarden.store.passwords import is_password
from shopwarden.store.second_factors import Factor, use_code
from shopwarden.store.users import User, find_user, note_sign_in, password_hash_of, plain_email

_COUNT = """
INSERT INTO sign_in_failures AS f (digest, failures, last_at) VALUES ($1, 1, $2)
ON CONFLICT (digest) DO UPDATE SET
    failures = CASE WHEN f.last_at < $3 THEN 1 ELSE f.failures + 1 END, last_at = $2, blocked_until = NULL
 WHERE f.blocked_until IS NULL OR f.blocked_until <= $2
RETURNING failures
"""
_CLEAR = "DELETE FROM sign_in_failures WHERE digest = $1"
_TAKE_BACK = """
UPDATE sign_in_failures
   SET failures = greatest(failures - 1, 0), blocked_until = CASE WHEN failures > $2 THEN blocked_until END
 WHERE digest = $1
"""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed, and from where."""

    email: str
    password: str
    code: str = ""
    address: str = ""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """`password_hash`: of the password that was right."""

    user: User
    factor: Factor
    password_hash: str


async def sign_in(database: Database, sealer: Sealer, tried: Tried) -> SignedIn:
    """The user whose password, and whose code where one is set up, are right.

    RefuseError 401 `wrong-credentials`, the same and after the same time whatever is wrong; 401 `second-factor-needed` or
    `wrong-code` once the password was right; 429 while the account or the network has to wait.
    """
    counters = counters_of(plain_email(tried.email), tried.address)
    await begin_try(database, counters)
    row = await database.pool.fetchrow(
        "SELECT id, password_hash, disabled FROM users WHERE email = $1", plain_email(tried.email)
    )
    right = await is_password(row["password_hash"] if row else None, tried.password)
    if row is None or not right or row["disabled"]:
        raise RefuseError("This e-mail and password do not belong together.", status=401, type="wrong-credentials")
    codes = code_counters_of(tried.email) if tried.code else ()
    await begin_try(database, codes)
    async with database.transaction() as connection:
        user = await find_user(connection, row["id"], lock=True)
        if user is None or user.disabled:
            raise RefuseError("This e-mail and password do not belong together.", status=401, type="wrong-credentials")
        factor = await _second_factor(connection, sealer, user, tried.code)
        if factor is not None:
            await note_sign_in(connection, user.id)
            await end_try(connection, (*counters, *codes))
            return SignedIn(user=user, factor=factor, password_hash=row["password_hash"])
        if not tried.code:
            # No failed try, but no right one either: it must not set back what guessed codes have counted.
            await end_try(connection, [msgspec.structs.replace(one, cleared=False) for one in counters])
    if not tried.code:
        raise RefuseError(
            "The code of the authenticator app is needed too.", status=401, type="second-factor-needed",
            fields={"code": "is needed: six digits, or a recovery code"},
        )  # fmt: skip
    raise RefuseError(
        "This code is wrong, was used already, or has run out.", status=401, type="wrong-code", fields={"code": "is wrong"}
    )


async def user_to_open(connection: Connection, done: SignedIn) -> User:
    """The user a session or token is opened for in this transaction, locked: a password that is changed meanwhile opens
    nothing any more, and what is opened before the change ends with it. RefuseError 401."""
    user = await find_user(connection, done.user.id, lock=True)
    if user is None or user.disabled or await password_hash_of(connection, user.id) != done.password_hash:
        raise RefuseError("This e-mail and password do not belong together.", status=401, type="wrong-credentials")
    return user


async def _second_factor(connection: Connection, sealer: Sealer, user: User, code: str) -> Factor | None:
    if not user.has_second_factor:
        return "none"
    return await use_code(connection, sealer, user.id, code) if code else None


async def begin_try(database: Database, counters: Sequence[Counted]) -> None:
    """Counts a try as failed before anything is checked; RefuseError 429 while one of the counters has to wait."""
    now, waits = datetime.now(UTC), timedelta(0)
    async with database.transaction() as connection:
        for counter in sorted(counters, key=lambda one: one.digest):
            failures = await connection.fetchval(_COUNT, counter.digest, now, now - FORGIVEN_AFTER)
            if failures is None:
                until = await connection.fetchval(
                    "SELECT blocked_until FROM sign_in_failures WHERE digest = $1", counter.digest
                )
                waits = max(waits, (until or now) - now)
            elif wait := wait_after(failures, counter.slowing):
                await connection.execute(
                    "UPDATE sign_in_failures SET blocked_until = $2 WHERE digest = $1", counter.digest, now + wait
                )
        if waits:
            # What this try counted is undone: one that was not let through guessed nothing.
            seconds = max(1, round(waits.total_seconds()))
            raise RefuseError(
                f"Too many wrong tries; wait {seconds} s.",
                status=429,
                type="too-many-tries",
                headers={"Retry-After": str(seconds)},
            )


async def end_try(connection: Connection, counters: Sequence[Counted]) -> None:
    """The try was a right one: it does not count."""
    for counter in sorted(counters, key=lambda one: one.digest):
        if counter.cleared:
            await connection.execute(_CLEAR, counter.digest)
        else:
            await connection.execute(_TAKE_BACK, counter.digest, counter.slowing.free)
