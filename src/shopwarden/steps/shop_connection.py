"""A shop's tokens in use: read, renewed in time by one process at a time, stored before their first use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

import msgspec
import structlog

from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import Limits, VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.domain.sealing import Sealer
from shopwarden.errors import RetryError, StopError
from shopwarden.steps.shop_client import Asks, ShopClient
from shopwarden.store.database import Connection, Database
from shopwarden.store.shop_tokens import (
    ShopRow,
    Told,
    keep_shop,
    lock_shop,
    mark_for_reauth,
    note_shop,
    read_shop,
    renew_shop,
    reseal_shop,
)
from shopwarden.vendors.shopify_app import ShopApp
from shopwarden.vendors.shopify_auth import (
    GrantRefused,
    Tokens,
    ask_by_credentials,
    ask_by_permanent,
    ask_by_refresh,
    read_tokens,
)

EARLY = timedelta(minutes=5)
LIMITS = Limits(connect=5.0, total=15.0, at_once=4, tries=2)

log = structlog.get_logger(__name__)


class ShopTools(Protocol):
    """What a connection to shops needs: `steps.vendor_tools.VendorTools` is one."""

    @property
    def database(self) -> Database: ...
    @property
    def outbound(self) -> Asks: ...
    @property
    def sealer(self) -> Sealer: ...
    @property
    def shop_app(self) -> ShopApp: ...


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed. `earlier`: the refresh token before, good until the newer one was used: an answer that was lost on
    the way costs nothing. `by_credentials`: the app asks for a token by its own keys whenever it needs one. `by_hand`: of an
    app the merchant made, whose tokens have no end. `address`: where the shop reaches this installation."""

    access_token: str
    refresh_token: str | None = None
    earlier: str | None = None
    by_credentials: bool = False
    by_hand: bool = False
    address: str = ""

    def __repr__(self) -> str:
        return "Held()"


def context_of(store_id: StoreId) -> str:
    """Where sealed tokens belong."""
    return f"shop:{store_id}"


def told_of(tokens: Tokens) -> Told:
    return Told(expires_at=tokens.expires_at, refresh_expires_at=tokens.refresh_expires_at, scopes=tokens.scopes)


def seal_held(sealer: Sealer, store_id: StoreId, held: Held) -> bytes:
    """StopError without a key to encrypt with."""
    return sealer.seal(msgspec.json.encode(held), context_of(store_id))


def open_held(sealer: Sealer, row: ShopRow) -> Held:
    """StopError where the shop is gone, its tokens are dead, or no key opens them."""
    if row.state == "uninstalled" or not row.sealed:
        raise StopError(f"the app is not installed in {row.shop_domain} any more: install it again")
    if row.state == "needs_reauth":
        raise StopError(f"{row.shop_domain} does not take its token any more: open the app in the shop's admin once")
    return msgspec.json.decode(sealer.open(row.sealed, context_of(row.store_id)), type=Held)


async def keep_tokens(
    tools: ShopTools, connection: Connection, store_id: StoreId, shop: str, tokens: Tokens, address: str
) -> None:
    """The tokens of a shop installed just now."""
    held = Held(access_token=tokens.access_token, refresh_token=tokens.refresh_token, address=address)
    await keep_shop(connection, store_id, shop, seal_held(tools.sealer, store_id, held), told_of(tokens))


@asynccontextmanager
async def shop_client(tools: ShopTools, store_id: StoreId) -> AsyncIterator[ShopClient]:
    """The store's shop, ready to be asked. StopError that says what to do where no shop is connected or its token is dead.

    Uses connections of its own for tokens: what the caller's transaction does is not touched.
    """
    row = await read_shop(tools.database.pool, store_id)
    if row is None:
        raise StopError("no shop is connected to this store: install the app in the shop")
    open_held(tools.sealer, row)
    lane = f"{store_id}:shopify"
    source = _TokenSource(tools, store_id)
    client = ShopClient(tools.shop_app, row.shop_domain, tools.outbound, lane, source.token)
    try:
        yield client
    finally:
        if client.version is not None and client.version != row.api_version:
            await note_shop(tools.database.pool, store_id, version=client.version)


class _TokenSource:
    """The newest token of a shop; `renew` asks for another where the shop refused this one."""

    def __init__(self, tools: ShopTools, store_id: StoreId) -> None:
        self._tools, self._store_id = tools, store_id
        self._last: str | None = None

    async def token(self, renew: bool) -> str:
        self._last = await current_token(self._tools, self._store_id, refused=self._last if renew else None)
        return self._last


async def current_token(tools: ShopTools, store_id: StoreId, *, refused: str | None = None) -> str:
    """A token good for some minutes. `refused`: the one the shop would not take: another one is got.

    RetryError where Shopify can't be asked just now; StopError where only the merchant can help.
    """
    row = await read_shop(tools.database.pool, store_id)
    if row is None:
        raise StopError("no shop is connected to this store: install the app in the shop")
    held = open_held(tools.sealer, row)
    if not _must_renew(row, held, refused):
        if not tools.sealer.is_current(row.sealed):
            await reseal_shop(tools.database.pool, store_id, row.sealed, seal_held(tools.sealer, store_id, held))
        return held.access_token
    try:
        return await _renewed(tools, store_id, refused)
    except VendorFault as fault:
        if row.expires_at is not None and row.expires_at > datetime.now(UTC) and held.access_token != refused:
            return held.access_token  # still good for minutes, though Shopify can't renew it now
        raise RetryError(str(fault), fault.after) from None


def _must_renew(row: ShopRow, held: Held, refused: str | None) -> bool:
    if refused is not None and held.access_token == refused:
        return True
    return row.expires_at is not None and row.expires_at - EARLY <= datetime.now(UTC)


async def _renewed(tools: ShopTools, store_id: StoreId, refused: str | None) -> str:
    """Under the shop's lock: whoever waited finds the tokens renewed already."""
    async with tools.database.transaction() as connection:
        await lock_shop(connection, store_id)
        row = await read_shop(connection, store_id)
        if row is None:
            raise StopError("no shop is connected to this store: install the app in the shop")
        held = open_held(tools.sealer, row)
        if not _must_renew(row, held, refused):
            return held.access_token
        try:
            newer, tokens = await _ask_anew(tools, row, held)
        except GrantRefused as refusal:
            dead, why = row.sealed, str(refusal)
        else:
            # Committed before anybody uses it: a crash in between leaves the pair before, which still works.
            await renew_shop(connection, store_id, seal_held(tools.sealer, store_id, newer), told_of(tokens))
            return newer.access_token
    await mark_for_reauth(tools.database.pool, store_id, dead, why)
    log.warning("shop has to be connected again", store_id=str(store_id), reason=why)
    raise StopError(f"{row.shop_domain} does not take its token any more ({why}): open the app in the shop's admin once")


async def _ask_anew(tools: ShopTools, row: ShopRow, held: Held) -> tuple[Held, Tokens]:
    app, shop = tools.shop_app, row.shop_domain
    send = partial(ask_token, tools, shop)
    if held.by_credentials:
        tokens = await send(ask_by_credentials(app, shop))
        return msgspec.structs.replace(held, access_token=tokens.access_token), tokens
    if held.refresh_token is None:
        raise GrantRefused("no_refresh_token", "the shop refuses a token that has no end and can't be renewed")
    used = held.refresh_token
    try:
        tokens = await send(ask_by_refresh(app, shop, used))
    except GrantRefused:
        if held.earlier is None:
            raise
        used = held.earlier
        tokens = await send(ask_by_refresh(app, shop, used))
    newer = Held(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token or held.refresh_token,
        earlier=used,
        address=held.address,
    )
    return newer, tokens


async def move_to_expiring(tools: ShopTools, store_id: StoreId) -> bool:
    """Changes a token without end, got by an installation, for a pair that is renewed; whether it did.

    Shopify takes no tokens without end from public apps any more; what it refuses to change stays as it is.
    """
    async with tools.database.transaction() as connection:
        await lock_shop(connection, store_id)
        row = await read_shop(connection, store_id)
        if row is None or row.state != "active" or row.expires_at is not None or not tools.shop_app.expiring:
            return False
        held = open_held(tools.sealer, row)
        if held.refresh_token is not None or held.by_credentials or held.by_hand:
            return False
        try:
            tokens = await ask_token(
                tools, row.shop_domain, ask_by_permanent(tools.shop_app, row.shop_domain, held.access_token)
            )
        except GrantRefused as refusal:
            log.warning("token without end stays", store_id=str(store_id), reason=refusal.error)
            return False
        newer = Held(access_token=tokens.access_token, refresh_token=tokens.refresh_token, address=held.address)
        await renew_shop(connection, store_id, seal_held(tools.sealer, store_id, newer), told_of(tokens))
        return True


async def ask_token(tools: ShopTools, shop: str, ask: Ask) -> Tokens:
    """Tokens for a request of `vendors.shopify_auth`. GrantRefused: no; VendorFault: not now."""
    if not tools.shop_app.is_ready:
        raise StopError("SHOPIFY_API_KEY and SHOPIFY_API_SECRET are not set: shops can't be asked for tokens")
    hosts = tools.shop_app.hosts(shop)
    reply = await tools.outbound.ask(ask, limits=LIMITS, hosts=hosts, lane=f"{shop}:shopify-tokens")
    return read_tokens(reply, datetime.now(UTC))
