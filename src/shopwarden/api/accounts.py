"""People who sign in, looked after by who may: invited, changed, let back in, sent away."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from shopwarden.api.auth import Caller, requires
from shopwarden.api.login import shown_address
from shopwarden.api.own_session import SessionList, sessions_shown
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.api.session_cookies import here
from shopwarden.domain.ids import StoreId
from shopwarden.domain.scopes import Role
from shopwarden.errors import RefuseError
from shopwarden.steps import user_accounts
from shopwarden.steps.user_accounts import By
from shopwarden.store.database import Database
from shopwarden.store.stores import find_store
from shopwarden.store.user_links import LinkKind, NewLink
from shopwarden.store.user_sessions import list_sessions
from shopwarden.store.users import Asked, NewUser, User, list_users

AnyRequest = Request[object, object, State]
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$", examples=["ann@example.com"])]
Name = Annotated[str, Meta(max_length=200)]


class UserShown(msgspec.Struct, frozen=True, kw_only=True):
    """`store_id` null opens every store. `invited`: has set no password yet and has no single sign-on."""

    id: UUID
    email: str
    name: str | None
    role: Role
    store_id: StoreId | None
    disabled: bool
    invited: bool
    has_second_factor: bool
    single_sign_on: bool
    created_at: datetime
    last_login_at: datetime | None


class UserList(msgspec.Struct, frozen=True, kw_only=True):
    users: list[UserShown]
    page: int
    limit: int
    total: int
    pages: int


class LinkMade(msgspec.Struct, frozen=True, kw_only=True):
    """Hand `url` to the user over a way you trust: whoever has it sets their password. Shown this once."""

    kind: LinkKind
    url: str
    expires_at: datetime


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    user: UserShown
    link: LinkMade


class UserWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`store_id` null: every store, for who looks after all of them."""

    email: Email
    role: Role
    name: Name | None = None
    store_id: StoreId | None = None


class UserChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Name | UnsetType | None = UNSET
    role: Role | UnsetType = UNSET
    store_id: StoreId | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


class UserQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Users by e-mail address."""

    q: Annotated[str, Meta(max_length=200, description="Part of an e-mail address or a name.")] = ""
    role: Role | None = None
    page: Annotated[int, Meta(ge=1, le=10_000)] = 1
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


def by_caller(request: AnyRequest, caller: Caller) -> By:
    return By(actor=caller.actor, scopes=caller.scopes, store_id=caller.store_id, address=shown_address(request))


@get(
    "/api/users",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="People who sign in",
    operation_id="listUsers",
    dependencies={"asked": query_of(UserQuery)},
    opt={QUERY_OPTION: UserQuery},
)
async def list_all(
    caller: NamedDependency[Caller], database: NamedDependency[Database], asked: NamedDependency[UserQuery]
) -> UserList:
    """Who looks after one store sees those confined to it."""
    wanted = Asked(
        store_id=caller.chosen if caller.store_id is not None else None,
        text=asked.q, role=asked.role, limit=asked.limit, offset=(asked.page - 1) * asked.limit,
    )  # fmt: skip
    async with database.pool.acquire() as connection:
        users, total = await list_users(connection, wanted)
    return UserList(
        users=[_shown(user) for user in users],
        page=asked.page,
        limit=asked.limit,
        total=total,
        pages=-(-total // asked.limit),
    )


@post(
    "/api/users",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="Invite somebody",
    operation_id="inviteUser",
    opt={"refuses": ("409",)},
)
async def invite(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], data: JSONBody[UserWanted]
) -> Invited:
    """Nobody gives a role that may more than they may themselves. The link is good for seven days."""
    await _check_store(database, data.store_id)
    new = NewUser(email=data.email, role=data.role, name=data.name, store_id=data.store_id)
    user, link = await user_accounts.invite(database, by_caller(request, caller), new)
    return Invited(user=_shown(user), link=_link(request, link))


@patch(
    "/api/users/{user_id:uuid}",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="Change a user",
    operation_id="changeUser",
    opt={"refuses": ("409",)},
)
async def change(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[UUID],
    data: JSONBody[UserChange],
) -> UserShown:
    """Holds at once, in open sessions too; of a disabled user everything ends. One owner always stays."""
    if data.store_id is not UNSET:
        await _check_store(database, data.store_id)
    wanted = user_accounts.Wanted(**{name: getattr(data, name) for name in data.__struct_fields__})
    return _shown(await user_accounts.change(database, by_caller(request, caller), user_id, wanted))


@delete(
    "/api/users/{user_id:uuid}",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="Remove a user",
    operation_id="removeUser",
    opt={"refuses": ("409",)},
)
async def remove(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], user_id: FromPath[UUID]
) -> None:
    """With everything they signed in for. What they did stays in the log of changes."""
    await user_accounts.remove(database, by_caller(request, caller), user_id)


@post(
    "/api/users/{user_id:uuid}/link",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="Make a link to set a new password",
    operation_id="makeUserLink",
    opt={"refuses": ("409",)},
)
async def make_link(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], user_id: FromPath[UUID]
) -> LinkMade:
    """Good once, for a day (an invitation: seven days); the link before ends. The present password works until then."""
    return _link(request, await user_accounts.new_link(database, by_caller(request, caller), user_id))


@delete(
    "/api/users/{user_id:uuid}/second-factor",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="Remove a user's second factor",
    operation_id="removeUserSecondFactor",
)
async def drop_second_factor(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], user_id: FromPath[UUID]
) -> None:
    """For who lost both device and recovery codes. Everything signed in ends."""
    await user_accounts.drop_second_factor(database, by_caller(request, caller), user_id)


@get(
    "/api/users/{user_id:uuid}/sessions",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="Where a user is signed in",
    operation_id="listUserSessions",
)
async def sessions(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], user_id: FromPath[UUID]
) -> SessionList:
    async with database.transaction() as connection:
        user = await user_accounts.theirs(connection, by_caller(request, caller), user_id)
        return sessions_shown(await list_sessions(connection, user.id), caller.key_id)


@delete(
    "/api/users/{user_id:uuid}/sessions",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="Sign a user out everywhere",
    operation_id="endUserSessions",
)
async def send_away(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], user_id: FromPath[UUID]
) -> None:
    """At once in every process."""
    await user_accounts.send_away(database, by_caller(request, caller), user_id)


async def _check_store(database: Database, store_id: StoreId | None) -> None:
    if store_id is not None and await find_store(database, store_id) is None:
        raise RefuseError("There is no such store.", fields={"store_id": "is no store here"})


def _shown(user: User) -> UserShown:
    return UserShown(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        store_id=user.store_id,
        disabled=user.disabled,
        invited=not user.has_password and user.sso_issuer is None,
        has_second_factor=user.has_second_factor,
        single_sign_on=user.sso_issuer is not None,
        created_at=user.created_at,
        last_login_at=user.last_login_at,
    )


def _link(request: AnyRequest, link: NewLink) -> LinkMade:
    # Behind `#`: what stands there is sent to no server and written into no log.
    url = f"{here(request)}/welcome#token={link.token}"
    return LinkMade(kind=link.kind, url=url, expires_at=link.expires_at)


HANDLERS = [list_all, invite, change, remove, make_link, drop_second_factor, sessions, send_away]
