"""A shop connected without an installation: by the token of an app its merchant made, or by this app's own credentials."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from shopwarden.contracts.job import CUSTOMER_ENRICHMENT
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError, StopError
from shopwarden.steps.shop_client import ShopClient
from shopwarden.steps.shop_connection import Held, ShopTools, ask_token, seal_held, told_of
from shopwarden.store.audit import Change, note
from shopwarden.store.outbox import Job, put_many
from shopwarden.store.shop_installs import claim_domain
from shopwarden.store.shop_tokens import keep_shop
from shopwarden.vendors.shopify_auth import GrantRefused, Tokens, ask_by_credentials

_PROOF = "query Proof { shop { myshopifyDomain } currentAppInstallation { accessScopes { handle } } }"


class _Shop(msgspec.Struct, frozen=True):
    myshopifyDomain: str


class _Scope(msgspec.Struct, frozen=True):
    handle: str


class _App(msgspec.Struct, frozen=True):
    accessScopes: list[_Scope]


class _Proof(msgspec.Struct, frozen=True):
    shop: _Shop
    currentAppInstallation: _App


async def connect_by_hand(
    tools: ShopTools, store_id: StoreId, shop: str, access_token: str | None, address: str, by: str
) -> None:
    """Proves the token by asking the shop who it is, and keeps it sealed. Without a token the app asks for one by its keys.

    RefuseError: the token is not one of this shop, or the shop is another store's. VendorFault: the shop can't be asked.
    """
    tokens = Tokens(access_token=access_token) if access_token else await _by_credentials(tools, shop)
    scopes = await _proven(tools, store_id, shop, tokens.access_token)
    held = Held(
        access_token=tokens.access_token, by_credentials=not access_token, by_hand=bool(access_token), address=address
    )
    told = told_of(msgspec.structs.replace(tokens, scopes=scopes))
    async with tools.database.transaction() as connection:
        if not await claim_domain(connection, store_id, shop):
            raise RefuseError(
                "This shop belongs to another store here, or this store to another shop.", status=409, type="other-shop"
            )
        await keep_shop(connection, store_id, shop, seal_held(tools.sealer, store_id, held), told)
        noted = Change(actor=by, action="shop.connected", subject="shop", subject_id=shop, after={"scopes": scopes})
        await note(connection, store_id, noted)
        event = f"connect:{datetime.now(UTC):%Y%m%d%H%M%S}"
        jobs = [Job(store_id, f"shop {what}", event, {"shop": what}) for what in ("repair", "sync")]
        await put_many(connection, CUSTOMER_ENRICHMENT, jobs)


async def _by_credentials(tools: ShopTools, shop: str) -> Tokens:
    try:
        return await ask_token(tools, shop, ask_by_credentials(tools.shop_app, shop))
    except GrantRefused as refusal:
        raise RefuseError(f"{refusal}.", type="grant-refused", fields={"shop_domain": "gives this app no token"}) from None


async def _proven(tools: ShopTools, store_id: StoreId, shop: str, token: str) -> tuple[str, ...]:
    async def only(renew: bool) -> str:
        if renew:
            raise StopError("the shop does not take this token")
        return token

    client = ShopClient(tools.shop_app, shop, tools.outbound, f"{store_id}:shopify", only)
    try:
        proof = msgspec.convert(await client.run(_PROOF), _Proof)
    except (StopError, msgspec.ValidationError):
        proof = None
    except VendorFault as fault:
        if fault.kind != "auth":
            raise
        proof = None
    if proof is None or proof.shop.myshopifyDomain.lower() != shop:
        raise RefuseError(
            f"{shop} does not take this token.", type="grant-refused", fields={"access_token": "is not one of this shop"}
        )
    return tuple(scope.handle for scope in proof.currentAppInstallation.accessScopes)
