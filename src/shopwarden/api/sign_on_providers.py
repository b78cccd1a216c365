"""Providers of single sign-on: added, changed and removed by who looks after the whole installation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from shopwarden.api.auth import Caller, requires
from shopwarden.api.login import shown_address
from shopwarden.api.session_cookies import here
from shopwarden.api.single_sign_on import CALLBACK
from shopwarden.domain.ids import new_id
from shopwarden.domain.scopes import ROLE_SCOPES
from shopwarden.errors import RefuseError
from shopwarden.steps.single_sign_on import secret_context
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.audit import Change, note
from shopwarden.store.database import Connection, Database
from shopwarden.store.sso import Provider, find_provider, list_providers, remove_provider, save_provider

AnyRequest = Request[object, object, State]
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
NewcomerRole = Literal["analyst", "viewer", "developer"]


class ProviderShown(msgspec.Struct, frozen=True, kw_only=True):
    """`redirect_uri` is what the provider has to allow for this client. The secret is never shown."""

    id: UUID
    name: str
    issuer: str
    client_id: str
    has_secret: bool
    domains: list[str]
    default_role: str | None
    enabled: bool
    redirect_uri: str


class ProviderList(msgspec.Struct, frozen=True, kw_only=True):
    providers: list[ProviderShown]


class ProviderWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """issuer: exactly as the provider calls itself, https. domains: of the e-mail addresses it is believed about.

    default_role: what somebody nobody invited becomes; null: they stay outside. `client_secret` left out stays as it is;
    null is a public client, which PKCE alone protects.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100, examples=["Company login"])]
    issuer: Annotated[str, Meta(min_length=8, max_length=500, examples=["https://login.example.com"])]
    client_id: Annotated[str, Meta(min_length=1, max_length=500)]
    client_secret: Annotated[str, Meta(min_length=1, max_length=1000)] | UnsetType | None = UNSET
    domains: Annotated[
        list[Annotated[str, Meta(max_length=253)]], Meta(min_length=1, max_length=50, examples=[["example.com"]])
    ]
    default_role: NewcomerRole | None = None
    enabled: bool = True


@get(
    "/api/sso-providers",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="Set-up of single sign-on",
    operation_id="listProviders",
)
async def list_all(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database]
) -> ProviderList:
    _check_whole(caller)
    async with database.pool.acquire() as connection:
        return ProviderList(providers=[_shown(request, one) for one in await list_providers(connection)])


@post(
    "/api/sso-providers",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="Add a provider of single sign-on",
    operation_id="createProvider",
    opt={"refuses": ("409",)},
)
async def create(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[ProviderWanted],
) -> ProviderShown:
    """Any provider that speaks OpenID Connect with discovery."""
    _check_whole(caller)
    now = datetime.now(UTC)
    empty = Provider(id=new_id(), name="", issuer="", client_id="", created_at=now, updated_at=now)
    provider = _wanted(request, caller, empty, data)
    async with database.transaction() as connection:
        await save_provider(connection, provider)
        await _note(request, connection, caller, ("added", None, provider))
    return _shown(request, provider)


@put(
    "/api/sso-providers/{provider_id:uuid}",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="Change a provider of single sign-on",
    operation_id="putProvider",
    opt={"refuses": ("409",)},
)
async def change(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    provider_id: FromPath[UUID],
    data: JSONBody[ProviderWanted],
) -> ProviderShown:
    """All of it but the secret. Another issuer needs its secret set anew: it is never sent to who it was not given by."""
    _check_whole(caller)
    async with database.transaction() as connection:
        before = await _provider(connection, provider_id)
        after = _wanted(request, caller, before, data)
        await save_provider(connection, after)
        await _note(request, connection, caller, ("changed", before, after))
    return _shown(request, after)


@delete(
    "/api/sso-providers/{provider_id:uuid}",
    guards=[requires("accounts:write")],
    tags=["accounts"],
    summary="Remove a provider of single sign-on",
    operation_id="removeProvider",
)
async def remove(
    request: AnyRequest, caller: NamedDependency[Caller], database: NamedDependency[Database], provider_id: FromPath[UUID]
) -> None:
    """Nobody comes in by it any more; sessions that are open stay."""
    _check_whole(caller)
    async with database.transaction() as connection:
        before = await _provider(connection, provider_id)
        await remove_provider(connection, provider_id)
        await _note(request, connection, caller, ("removed", before, None))


async def _provider(connection: Connection, provider_id: UUID) -> Provider:
    found = await find_provider(connection, provider_id, lock=True)
    if found is None:
        raise RefuseError("There is no such provider.", status=404, type="not-found")
    return found


def _check_whole(caller: Caller) -> None:
    if caller.store_id is not None:
        # Seen from one store, the installation's providers are not there.
        raise RefuseError(
            "Single sign-on is of the whole installation, and you look after one store.", status=404, type="not-found"
        )


def _wanted(request: AnyRequest, caller: Caller, before: Provider, data: ProviderWanted) -> Provider:
    _check_issuer(request, data.issuer)
    domains = tuple(dict.fromkeys(one.strip().lower() for one in data.domains))
    wrong = {f"domains[{at}]": "is no domain" for at, one in enumerate(domains) if not _DOMAIN.fullmatch(one)}
    if wrong:
        raise RefuseError("A domain is written like example.com.", type="invalid-input", fields=wrong)
    if data.default_role and not all(caller.may(scope) for scope in ROLE_SCOPES[data.default_role]):
        raise RefuseError("This role may more than you.", status=403, fields={"default_role": "is more than you may"})
    after = msgspec.structs.replace(
        before, name=data.name, issuer=data.issuer, client_id=data.client_id, domains=domains,
        default_role=data.default_role, enabled=data.enabled, updated_at=datetime.now(UTC),
    )  # fmt: skip
    return msgspec.structs.replace(after, sealed_secret=_sealed(request, before, after, data.client_secret))


def _sealed(request: AnyRequest, before: Provider, after: Provider, secret: str | UnsetType | None) -> bytes | None:
    tools: VendorTools = request.app.state.vendor_tools
    if secret is UNSET:
        if before.sealed_secret is not None and before.issuer != after.issuer:
            raise RefuseError("The secret belongs to the issuer before: set it anew.", fields={"client_secret": "is needed"})
        return before.sealed_secret
    if secret is None:
        return None
    if not tools.sealer.is_ready:
        raise RefuseError(
            "Secrets can't be stored: ENCRYPTION_KEYS is not set on this server.", status=409, type="encryption-key-missing"
        )
    return tools.sealer.seal(secret.encode(), secret_context(after))


def _check_issuer(request: AnyRequest, issuer: str) -> None:
    wrong = RefuseError(
        "An issuer is an https address without query.", type="invalid-input", fields={"issuer": "must be https://..."}
    )
    try:
        parts = urlsplit(issuer)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - raises for what is no port
    except ValueError:
        raise wrong from None
    internal = request.app.state.settings.internal_hosts()
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in internal)
    clean = all("!" <= letter <= "~" for letter in issuer)
    if not (is_safe and host and clean) or parts.query or parts.fragment or "@" in parts.netloc:
        raise wrong


def _shown(request: AnyRequest, provider: Provider) -> ProviderShown:
    return ProviderShown(
        id=provider.id,
        name=provider.name,
        issuer=provider.issuer,
        client_id=provider.client_id,
        has_secret=provider.sealed_secret is not None,
        domains=list(provider.domains),
        default_role=provider.default_role,
        enabled=provider.enabled,
        redirect_uri=f"{here(request)}{CALLBACK}",
    )


def _values(provider: Provider | None) -> Mapping[str, object] | None:
    if provider is None:
        return None
    names = ("name", "issuer", "client_id", "domains", "default_role", "enabled")
    return {name: getattr(provider, name) for name in names} | {"has_secret": provider.sealed_secret is not None}


async def _note(
    request: AnyRequest, connection: Connection, caller: Caller, what: tuple[str, Provider | None, Provider | None]
) -> None:
    verb, before, after = what
    one = after or before
    change = Change(
        actor=caller.actor, action=f"sso_provider.{verb}", subject="sso_provider", subject_id=str(one.id) if one else None,
        before=_values(before), after=_values(after), address=shown_address(request),
    )  # fmt: skip
    await note(connection, None, change)


HANDLERS = [list_all, create, change, remove]
