"""A person's session in a browser: signed in, looked at, listed with the others, ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from shopwarden.api.auth import Caller, RequiresUser, bearer_of, identify
from shopwarden.api.login import Credentials, check_credentials, note_opened, shown_address
from shopwarden.api.session_cookies import no_session_cookies, refuse_other_sites, session_cookies, session_token
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Connection, Database
from shopwarden.store.sign_in import user_to_open
from shopwarden.store.user_sessions import (
    NewSession,
    Opening,
    SessionRow,
    Way,
    end_sessions,
    end_token,
    list_sessions,
    open_session,
)
from shopwarden.store.users import User, find_user

AnyRequest = Request[object, object, State]
LONGEST_AGENT = 300


class AccountShown(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in and what they may. `store_id` null opens every store."""

    id: UUID
    email: str
    name: str | None
    role: str
    scopes: list[str]
    store_id: StoreId | None
    has_password: bool
    has_second_factor: bool
    recovery_codes_left: int
    single_sign_on: bool


class SessionGiven(msgspec.Struct, frozen=True, kw_only=True):
    """The session itself is in a cookie. `csrf_token` goes into the header `X-CSRF-Token` of every change; the page finds it
    again in the cookie `shopwarden_csrf` (`__Host-shopwarden_csrf` over https)."""

    account: AccountShown
    csrf_token: str
    expires_at: datetime


class SessionShown(msgspec.Struct, frozen=True, kw_only=True):
    """One place a person is signed in: a browser (`session`) or a program (`token`)."""

    id: UUID
    kind: Literal["session", "token"]
    way: Way
    second_factor: bool
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime | None
    ip: str | None
    user_agent: str | None
    is_this: bool


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    sessions: list[SessionShown]


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    ended: int


def account_shown(user: User) -> AccountShown:
    return AccountShown(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        scopes=sorted(user.scopes),
        store_id=user.store_id,
        has_password=user.has_password,
        has_second_factor=user.has_second_factor,
        recovery_codes_left=user.recovery_codes_left,
        single_sign_on=user.sso_issuer is not None,
    )


async def open_for(request: AnyRequest, connection: Connection, user: User, way: Way, second_factor: bool) -> NewSession:
    """A fresh session; the one this browser had before, whoever's it was, ends."""
    await end_token(connection, session_token(request))
    address = shown_address(request)
    agent = request.headers.get("user-agent", "")[:LONGEST_AGENT] or None
    opening = Opening(way=way, second_factor=second_factor, ip=address, user_agent=agent)
    new = await open_session(connection, user.id, opening)
    await note_opened(connection, user, way, address)
    return new


@post(
    "/api/auth/session",
    status_code=200,
    tags=["accounts"],
    summary="Sign in",
    operation_id="openSession",
    opt={"refuses": ("401", "403", "429")},
)
async def sign_in(
    request: AnyRequest, database: NamedDependency[Database], data: JSONBody[Credentials]
) -> Response[SessionGiven]:
    """For the pages of this server. Where a second factor is set up the first answer is a 401 `second-factor-needed`: send
    the same again with `code`."""
    refuse_other_sites(request)
    done = await check_credentials(request, database, data)
    async with database.transaction() as connection:
        user = await user_to_open(connection, done)
        new = await open_for(request, connection, user, "password", done.factor != "none")
    given = SessionGiven(account=account_shown(user), csrf_token=new.csrf_token, expires_at=new.expires_at)
    return Response(given, cookies=session_cookies(request, new))


@get(
    "/api/auth/session",
    guards=[RequiresUser()],
    tags=["accounts"],
    summary="Who is signed in",
    operation_id="getSession",
)
async def show(caller: NamedDependency[Caller], database: NamedDependency[Database]) -> AccountShown:
    async with database.pool.acquire() as connection:
        return account_shown(await own_user(connection, caller))


async def own_user(connection: Connection, caller: Caller) -> User:
    user = await find_user(connection, caller.user_id) if caller.user_id is not None else None
    if user is None:
        raise RefuseError("This account is gone.", status=403, type="no-account")
    return user


@post(
    "/api/auth/logout",
    status_code=204,
    tags=["accounts"],
    summary="Sign out",
    operation_id="logout",
    opt={"refuses": ("401", "403", "429"), "needs_key": True},
)
async def sign_out(request: AnyRequest, database: NamedDependency[Database]) -> Response[None]:
    """Ends the session or token it is called with; keys that nobody signed in for stay."""
    caller = await identify(request)
    if caller.user_id is not None:
        async with database.transaction() as connection:
            await end_sessions(connection, caller.user_id, only=caller.key_id)
    return Response(None, status_code=204, cookies=[] if bearer_of(request) else no_session_cookies(request))


@get(
    "/api/auth/sessions",
    guards=[RequiresUser()],
    tags=["accounts"],
    summary="Where one is signed in",
    operation_id="listOwnSessions",
)
async def list_own(caller: NamedDependency[Caller], database: NamedDependency[Database]) -> SessionList:
    async with database.pool.acquire() as connection:
        user = await own_user(connection, caller)
        return sessions_shown(await list_sessions(connection, user.id), caller.key_id)


def sessions_shown(rows: Sequence[SessionRow], this: UUID | None) -> SessionList:
    return SessionList(sessions=[SessionShown(is_this=row.id == this, **msgspec.structs.asdict(row)) for row in rows])


@delete(
    "/api/auth/sessions/{session_id:uuid}",
    guards=[RequiresUser()],
    tags=["accounts"],
    summary="End one's session",
    operation_id="endOwnSession",
    opt={"refuses": ("404",)},
)
async def end_one(caller: NamedDependency[Caller], database: NamedDependency[Database], session_id: FromPath[UUID]) -> None:
    """A browser's session or a token; at once in every process."""
    await _ended(database, caller, None, session_id)


@post(
    "/api/auth/sessions/end-others",
    status_code=200,
    guards=[RequiresUser()],
    tags=["accounts"],
    summary="End all other sessions",
    operation_id="endOtherSessions",
)
async def end_all_others(caller: NamedDependency[Caller], database: NamedDependency[Database]) -> Ended:
    """Everywhere but here."""
    return Ended(ended=await _ended(database, caller, caller.key_id, None))


async def _ended(database: Database, caller: Caller, but: UUID | None, only: UUID | None) -> int:
    async with database.transaction() as connection:
        user = await own_user(connection, caller)
        ended = await end_sessions(connection, user.id, but=but, only=only)
        if only is not None and not ended:
            raise RefuseError("There is no such session.", status=404, type="not-found")
        change = Change(actor=caller.actor, action="user.sessions_ended", subject="user", subject_id=str(user.id),
                        after={"sessions": ended})  # fmt: skip
        await note(connection, user.store_id, change)
        return ended


HANDLERS = [sign_in, show, sign_out, list_own, end_one, end_all_others]
