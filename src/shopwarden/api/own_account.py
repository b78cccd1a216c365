"""What people change about their own sign-in: password, second factor, recovery codes; and links that let them in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from shopwarden.api.auth import Caller, RequiresUser, address_of, session_of
from shopwarden.api.login import Code, shown_address, slow_address
from shopwarden.api.own_session import AccountShown, account_shown
from shopwarden.api.session_cookies import refuse_other_sites, session_cookies
from shopwarden.domain.second_factor import Setup
from shopwarden.errors import RefuseError
from shopwarden.steps import own_second_factor
from shopwarden.steps.own_account import Self, accept_link, change_password, no_such_link
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.database import Database
from shopwarden.store.user_links import LinkKind, find_link
from shopwarden.store.user_sessions import NewSession

AnyRequest = Request[object, object, State]
Password = Annotated[str, Meta(max_length=1000)]
Token = Annotated[str, Meta(min_length=1, max_length=100)]


class PasswordWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`password` is the present one; empty for who never had one and signed in by single sign-on just now."""

    password: Password = ""
    new_password: Password


class Proof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Password = ""


class CodeProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Password = ""
    code: Code


class CodeGiven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Code


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    """Browsers: the session goes on under a fresh token, `csrf_token` is the new one. Null for who came with a token."""

    csrf_token: str | None


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """Each good once, in place of a code of the app. Shown this once."""

    recovery_codes: list[str]
    csrf_token: str | None = None


class LinkToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Token


class LinkShown(msgspec.Struct, frozen=True, kw_only=True):
    kind: LinkKind
    email: str
    expires_at: datetime


class LinkTaken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Token
    new_password: Password


async def self_of(request: AnyRequest, caller: Caller) -> Self:
    if caller.user_id is None:
        raise RefuseError("This is for people who signed in.", status=403, type="no-account")
    session = await session_of(request) if caller.is_session else None
    return Self(
        user_id=caller.user_id,
        credential=caller.key_id,
        is_session=caller.is_session,
        opened_at=session.created_at if session is not None and session.way == "sso" else None,
        network=address_of(request, request.app.state.options),
        address=shown_address(request),
    )


def _tools(request: AnyRequest) -> VendorTools:
    tools: VendorTools = request.app.state.vendor_tools
    return tools


def _renewed(request: AnyRequest, new: NewSession | None) -> Response[Renewed]:
    if new is None:
        return Response(Renewed(csrf_token=None))
    return Response(Renewed(csrf_token=new.csrf_token), cookies=session_cookies(request, new))


@post(
    "/api/auth/password",
    status_code=200,
    guards=[RequiresUser()],
    tags=["accounts"],
    summary="Change one's password",
    operation_id="changePassword",
)
async def put_password(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[PasswordWanted],
) -> Response[Renewed]:
    """At least twelve characters. Everything else that is signed in ends."""
    me = await self_of(request, caller)
    return _renewed(request, await change_password(database, me, data.password, data.new_password))


@post(
    "/api/auth/second-factor",
    status_code=200,
    guards=[RequiresUser()],
    tags=["accounts"],
    summary="Begin a second factor",
    operation_id="beginSecondFactor",
    opt={"refuses": ("409",)},
)
async def begin(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], data: JSONBody[Proof]
) -> Setup:
    """For an authenticator app: scan `svg` or type `secret`, then confirm with a code of it."""
    return await own_second_factor.begin(database, _tools(request).sealer, await self_of(request, caller), data.password)


@post(
    "/api/auth/second-factor/confirm",
    status_code=200,
    guards=[RequiresUser()],
    tags=["accounts"],
    summary="Confirm the second factor",
    operation_id="confirmSecondFactor",
    opt={"refuses": ("409",)},
)
async def confirm(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], data: JSONBody[CodeGiven]
) -> Response[RecoveryCodes]:
    """From now on a code is asked for at every sign-in with the password. Everything else that is signed in ends."""
    me = await self_of(request, caller)
    codes, new = await own_second_factor.confirm(database, _tools(request).sealer, me, data.code)
    shown = RecoveryCodes(recovery_codes=codes, csrf_token=new.csrf_token if new else None)
    return Response(shown, cookies=session_cookies(request, new) if new else [])


@post(
    "/api/auth/second-factor/remove",
    status_code=200,
    guards=[RequiresUser()],
    tags=["accounts"],
    summary="Remove the second factor",
    operation_id="removeSecondFactor",
    opt={"refuses": ("409",)},
)
async def remove(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], data: JSONBody[CodeProof]
) -> Response[Renewed]:
    me = await self_of(request, caller)
    new = await own_second_factor.remove(database, _tools(request).sealer, me, data.password, data.code)
    return _renewed(request, new)


@post(
    "/api/auth/second-factor/recovery-codes",
    status_code=200,
    guards=[RequiresUser()],
    tags=["accounts"],
    summary="Renew recovery codes",
    operation_id="renewRecoveryCodes",
    opt={"refuses": ("409",)},
)
async def renew(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], data: JSONBody[CodeProof]
) -> RecoveryCodes:
    """Those before end."""
    me = await self_of(request, caller)
    sealer = _tools(request).sealer
    return RecoveryCodes(
        recovery_codes=await own_second_factor.renew_recovery_codes(database, sealer, me, data.password, data.code)
    )


@post(
    "/api/auth/links/look",
    status_code=200,
    tags=["accounts"],
    summary="What a link is for",
    operation_id="lookAtLink",
    opt={"refuses": ("404", "429")},
)
async def look(request: AnyRequest, database: NamedDependency[Database], data: JSONBody[LinkToken]) -> LinkShown:
    """`token` is what stands behind `#token=` in an invitation's or a reset's link."""
    await slow_address(request)
    async with database.pool.acquire() as connection:
        link = await find_link(connection, data.token)
    if link is None:
        raise no_such_link()
    return LinkShown(kind=link.kind, email=link.email, expires_at=link.expires_at)


@post(
    "/api/auth/links/accept",
    status_code=200,
    tags=["accounts"],
    summary="Set the password a link asks for",
    operation_id="acceptLink",
    opt={"refuses": ("403", "404", "429")},
)
async def accept(request: AnyRequest, database: NamedDependency[Database], data: JSONBody[LinkTaken]) -> AccountShown:
    """The link is good once. What was signed in with the password before ends; sign in with the new one then."""
    refuse_other_sites(request)
    await slow_address(request)
    return account_shown(await accept_link(database, data.token, data.new_password, shown_address(request)))


HANDLERS = [put_password, begin, confirm, remove, renew, look, accept]
