"""Signing in by single sign-on: which providers there are, on to one of them, and back with a session."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Meta

from shopwarden.api.login import slow_address
from shopwarden.api.own_session import open_for
from shopwarden.api.query import QUERY_OPTION, query_of
from shopwarden.api.session_cookies import here, session_cookies, sign_on_cookie, sign_on_secret
from shopwarden.domain.local_path import LONGEST, is_local_path
from shopwarden.errors import RefuseError
from shopwarden.steps.single_sign_on import Answer, begin, finish
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Database
from shopwarden.store.sso import STATE_LASTS, find_provider, list_providers, user_of_identity
from shopwarden.store.users import note_sign_in

AnyRequest = Request[object, object, State]
CALLBACK = "/api/auth/sso/callback"
_UNSEEN = {"Cache-Control": "no-store"}


class ProviderName(msgspec.Struct, frozen=True, kw_only=True):
    """`start` is where a browser goes to sign in there."""

    id: UUID
    name: str
    start: str


class ProviderNames(msgspec.Struct, frozen=True, kw_only=True):
    providers: list[ProviderName]


class StartQuery(msgspec.Struct, frozen=True, kw_only=True):
    back_to: Annotated[str, Meta(max_length=LONGEST, description="A path of this server to come back to.")] = "/"


class CallbackQuery(msgspec.Struct, frozen=True, kw_only=True):
    """As the provider sends it; it may add more."""

    state: Annotated[str, Meta(max_length=500)] = ""
    code: Annotated[str, Meta(max_length=4000)] = ""
    iss: Annotated[str, Meta(max_length=500)] = ""
    error: Annotated[str, Meta(max_length=200)] = ""


def _tools(request: AnyRequest) -> VendorTools:
    tools: VendorTools = request.app.state.vendor_tools
    return tools


@get("/api/auth/sso", tags=["accounts"], summary="Providers of single sign-on", operation_id="listSignOns",
     opt={"refuses": ("429",)})  # fmt: skip
async def names(request: AnyRequest, database: NamedDependency[Database]) -> ProviderNames:
    """For the page people sign in on; open to everybody."""
    await slow_address(request)
    async with database.pool.acquire() as connection:
        found = await list_providers(connection, enabled_only=True)
    return ProviderNames(
        providers=[ProviderName(id=one.id, name=one.name, start=f"/api/auth/sso/{one.id}/start") for one in found]
    )


@get(
    "/api/auth/sso/{provider_id:uuid}/start",
    tags=["accounts"],
    summary="Sign in with a provider",
    operation_id="startSignOn",
    dependencies={"asked": query_of(StartQuery)},
    opt={QUERY_OPTION: StartQuery, "refuses": ("404", "409", "429")},
    status_code=302,
)
async def start(
    request: AnyRequest,
    database: NamedDependency[Database],
    provider_id: FromPath[UUID],
    asked: NamedDependency[StartQuery],
) -> Response[None]:
    """Sends the browser on to the provider, who sends it back here."""
    await slow_address(request)
    if not is_local_path(asked.back_to):
        raise RefuseError("back_to must be a path of this server.", fields={"back_to": "must be a path like /cases"})
    async with database.pool.acquire() as connection:
        provider = await find_provider(connection, provider_id)
    if provider is None or not provider.enabled:
        raise RefuseError("There is no such provider.", status=404, type="not-found")
    begun = await begin(_tools(request), provider, f"{here(request)}{CALLBACK}", asked.back_to)
    cookie = sign_on_cookie(request, begun.browser_secret, int(STATE_LASTS.total_seconds()))
    return Redirect(begun.url, status_code=302, cookies=[cookie], headers=_UNSEEN)


@get(
    CALLBACK,
    tags=["accounts"],
    summary="Back from a provider",
    operation_id="finishSignOn",
    dependencies={"asked": query_of(CallbackQuery)},
    opt={QUERY_OPTION: CallbackQuery, "refuses": ("401", "403", "409", "429"), "more_parameters": True},
    status_code=302,
)
async def callback(
    request: AnyRequest, database: NamedDependency[Database], asked: NamedDependency[CallbackQuery]
) -> Response[None]:
    """Opens a session for who signed in there and sends the browser on. The provider's own second factor counts."""
    await slow_address(request)
    answer = Answer(state=asked.state, code=asked.code, issuer=asked.iss, error=asked.error)
    done = await finish(_tools(request), answer, sign_on_secret(request), f"{here(request)}{CALLBACK}")
    async with database.transaction() as connection:
        user, is_new = await user_of_identity(connection, done.provider, done.identity)
        if is_new:
            change = Change(actor=f"user:{user.id}", action="user.sign_on_tied", subject="user", subject_id=str(user.id),
                            after={"provider": str(done.provider.id), "role": user.role})  # fmt: skip
            await note(connection, user.store_id, change)
        await note_sign_in(connection, user.id)
        new = await open_for(request, connection, user, "sso", second_factor=False)
    back_to = done.back_to if is_local_path(done.back_to) else "/"
    cookies = [*session_cookies(request, new), sign_on_cookie(request, "", 0)]
    return Redirect(back_to, status_code=302, cookies=cookies, headers=_UNSEEN)


HANDLERS = [names, start, callback]
"""The callback stands before the paths with a provider's id: providers send browsers to it by its own name."""
