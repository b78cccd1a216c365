"""What people change about their own sign-in: who they are is proven anew, and each change is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from shopwarden.domain.password_rules import fault_of_password
from shopwarden.domain.slowing import counters_of
from shopwarden.errors import RefuseError
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Connection, Database
from shopwarden.store.passwords import hash_password, is_password
from shopwarden.store.sign_in import begin_try, end_try
from shopwarden.store.user_links import end_links, find_link, use_link
from shopwarden.store.user_sessions import NewSession, end_sessions, renew_tokens
from shopwarden.store.users import User, find_user, password_hash_of, set_password

FRESH = timedelta(minutes=10)


class Self(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at work on their own account. `credential`: the session or token they came with; `opened_at`: the session's
    begin where it is one of single sign-on. `address` is masked, `network` is not."""

    user_id: UUID
    credential: UUID
    is_session: bool
    opened_at: datetime | None = None
    network: str = ""
    address: str | None = None


async def prove(database: Database, me: Self, password: str) -> User:
    """The user, once more proven: by the password, or where there is none by a single sign-on of the last minutes.

    RefuseError 403 for a wrong one, 429 after too many.
    """
    async with database.pool.acquire() as connection:
        user = await find_user(connection, me.user_id)
        hashed = await password_hash_of(connection, me.user_id)
    if user is None:
        raise RefuseError("This account is gone.", status=403, type="no-account")
    if hashed is None:
        if me.opened_at is not None and datetime.now(UTC) - me.opened_at <= FRESH:
            return user
        raise RefuseError("Sign in again first: this session is older than ten minutes.", status=403, type="sign-in-again")
    counters = counters_of(user.email, me.network)
    await begin_try(database, counters)
    if not await is_password(hashed, password):
        raise RefuseError("This password is wrong.", status=403, type="wrong-password", fields={"password": "is wrong"})
    async with database.pool.acquire() as connection:
        await end_try(connection, counters)
    return user


async def change_password(database: Database, me: Self, current: str, new: str) -> NewSession | None:
    """Ends every other session, token and link; this session goes on under fresh tokens (None for a bearer token)."""
    user = await prove(database, me, current)
    hashed = await hashed_password(new, user.email)
    async with database.transaction() as connection:
        await set_password(connection, user.id, hashed)
        await end_links(connection, user.id)
        await note_own(connection, me, user, "user.password_changed")
        return await end_others(connection, me)


async def hashed_password(new: str, email: str) -> str:
    """RefuseError that says what is wrong with a password that is too weak."""
    fault = fault_of_password(new, email)
    if fault is not None:
        raise RefuseError(f"The new password {fault}.", type="weak-password", fields={"new_password": fault})
    return await hash_password(new)


async def accept_link(database: Database, token: str, password: str, address: str | None) -> User:
    """Sets the password an invitation or a reset asks for, and ends what was signed in with the one before.

    RefuseError 404 for a link that is used, old or unknown.
    """
    async with database.pool.acquire() as connection:
        link = await find_link(connection, token)
    if link is None:
        raise no_such_link()
    hashed = await hashed_password(password, link.email)
    async with database.transaction() as connection:
        link = await find_link(connection, token, lock=True)
        user = await find_user(connection, link.user_id, lock=True) if link is not None else None
        if link is None or user is None:
            raise no_such_link()
        await use_link(connection, link)
        await set_password(connection, user.id, hashed)
        await end_sessions(connection, user.id)
        action = "user.invitation_accepted" if link.kind == "invitation" else "user.password_reset"
        await note(
            connection, user.store_id,
            Change(actor=f"user:{user.id}", action=action, subject="user", subject_id=str(user.id), address=address),
        )  # fmt: skip
        return user


def no_such_link() -> RefuseError:
    return RefuseError(
        "This link was used already, has run out, or was never made. Ask for a new one.", status=404, type="not-found"
    )


async def end_others(connection: Connection, me: Self) -> NewSession | None:
    """Ends every other session and token; this session goes on under fresh tokens. None for a bearer token, which stays."""
    await end_sessions(connection, me.user_id, but=me.credential)
    return await renew_tokens(connection, me.credential) if me.is_session else None


async def note_own(connection: Connection, me: Self, user: User, action: str) -> None:
    await note(
        connection, user.store_id,
        Change(actor=f"user:{user.id}", action=action, subject="user", subject_id=str(user.id), address=me.address),
    )  # fmt: skip
