"""Somebody's second factor: set up with an authenticator app, confirmed by a code, renewed and removed."""

from __future__ import annotations

from shopwarden.domain.sealing import Sealer
from shopwarden.domain.second_factor import Setup, new_recovery_codes, new_secret, setup_of
from shopwarden.domain.slowing import code_counters_of
from shopwarden.errors import RefuseError
from shopwarden.steps.own_account import Self, end_others, note_own, prove
from shopwarden.store.database import Database
from shopwarden.store.second_factors import begin_factor, confirm_factor, remove_factor, set_recovery_codes, use_code
from shopwarden.store.sign_in import begin_try, end_try
from shopwarden.store.user_sessions import NewSession, mark_second_factor
from shopwarden.store.users import User, find_user


async def begin(database: Database, sealer: Sealer, me: Self, password: str) -> Setup:
    """A fresh secret for an authenticator app; it counts for nothing until a code of it is confirmed."""
    if not sealer.is_ready:
        raise RefuseError(
            "A second factor can't be kept: ENCRYPTION_KEYS is not set on this server.",
            status=409,
            type="encryption-key-missing",
        )
    user = await prove(database, me, password)
    secret = new_secret()
    async with database.transaction() as connection:
        if not await begin_factor(connection, sealer, user.id, secret):
            raise RefuseError("There is a second factor already: remove it first.", status=409, type="second-factor-exists")
    return setup_of(secret, user.email)


async def confirm(database: Database, sealer: Sealer, me: Self, code: str) -> tuple[list[str], NewSession | None]:
    """The recovery codes, told this once. Every other session ends: it began without the second factor."""
    codes = new_recovery_codes()
    counters = code_counters_of(str(me.user_id))
    await begin_try(database, counters)
    async with database.transaction() as connection:
        user = await find_user(connection, me.user_id, lock=True)
        if user is None or not await confirm_factor(connection, sealer, me.user_id, code, codes):
            raise _wrong_code()
        await end_try(connection, counters)
        await note_own(connection, me, user, "user.second_factor_added")
        if me.is_session:
            await mark_second_factor(connection, me.credential)
        return codes, await end_others(connection, me)


async def remove(database: Database, sealer: Sealer, me: Self, password: str, code: str) -> NewSession | None:
    """By password and a code, of the app or for recovery."""
    user = await _proved(database, sealer, me, password, code)
    async with database.transaction() as connection:
        await remove_factor(connection, user.id)
        await note_own(connection, me, user, "user.second_factor_removed")
        return await end_others(connection, me)


async def renew_recovery_codes(database: Database, sealer: Sealer, me: Self, password: str, code: str) -> list[str]:
    """Fresh ones, told this once; those before end."""
    user = await _proved(database, sealer, me, password, code)
    codes = new_recovery_codes()
    async with database.transaction() as connection:
        await set_recovery_codes(connection, user.id, codes)
        await note_own(connection, me, user, "user.recovery_codes_renewed")
    return codes


async def _proved(database: Database, sealer: Sealer, me: Self, password: str, code: str) -> User:
    user = await prove(database, me, password)
    if not user.has_second_factor:
        raise RefuseError("There is no second factor.", status=409, type="no-second-factor")
    counters = code_counters_of(user.email)
    await begin_try(database, counters)
    async with database.transaction() as connection:
        if await use_code(connection, sealer, user.id, code) is None:
            raise _wrong_code()
        await end_try(connection, counters)
    return user


def _wrong_code() -> RefuseError:
    return RefuseError(
        "This code is wrong, was used already, or has run out.", status=403, type="wrong-code", fields={"code": "is wrong"}
    )
