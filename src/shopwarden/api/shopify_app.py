"""Installing the app in a shop: begun here, agreed to at Shopify, and ended here with the shop's tokens in the safe."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie, State
from litestar.response import Redirect

from shopwarden.api.auth import bearer_of
from shopwarden.api.shopify_pages import asset, connected_page, installed_page, wants_page
from shopwarden.api.shopify_requests import (
    AnyRequest,
    Asked,
    address_here,
    as_answer,
    check_signed,
    check_timely,
    kindly,
    limit_callers,
    shop_in,
    tools_of,
)
from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError, RetryError
from shopwarden.steps.shop_install import Installed, install
from shopwarden.steps.shop_status import connected_shop
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.shop_installs import LASTS, begin_install, take_install
from shopwarden.store.shop_tokens import shop_of_domain
from shopwarden.vendors.shopify_app import missing_scopes
from shopwarden.vendors.shopify_auth import (
    GrantRefused,
    ask_by_code,
    ask_by_session,
    authorize_url,
)
from shopwarden.vendors.shopify_session import read_session

COOKIE = "shopwarden_install"


class Connected(msgspec.Struct, frozen=True, kw_only=True):
    """`missing_scopes` were asked for and not granted: what needs them is left out."""

    store_id: str
    shop: str
    scopes: list[str]
    missing_scopes: list[str]


@get("/shopify/page.css", include_in_schema=False, sync_to_thread=False)
def style() -> Response[str]:
    return Response(asset("shopify.css"), media_type="text/css", headers={"Cache-Control": "no-cache"})


@get(["/shopify", "/shopify/install"], include_in_schema=False)
async def begin(request: AnyRequest, state: State) -> Response[object]:
    """Sends the merchant to Shopify to agree. Signed by Shopify it is also what a merchant opens later."""
    return await kindly(request, lambda asked: _begun(request, state, asked))


@get("/shopify/callback", include_in_schema=False)
async def callback(request: AnyRequest, state: State) -> Response[object]:
    """Where Shopify sends the merchant back to, with a code that is worth the tokens."""
    return await kindly(request, lambda asked: _finished(request, state, asked))


@post(
    "/shopify/token-exchange",
    status_code=200,
    tags=["webhooks"],
    summary="Connect a shop by a session token of Shopify's admin",
    operation_id="exchangeShopifySession",
    opt={"refuses": ("400", "401", "404", "429", "503")},
)
async def token_exchange(request: AnyRequest, state: State) -> Connected:
    """For an app embedded in Shopify's admin: its session token as bearer. The shop's store is made or found; a shop that
    is connected already is not connected anew."""
    await limit_callers(request, state)
    tools = tools_of(state)
    session = read_session(bearer_of(request) or "", tools.shop_app, datetime.now(UTC))
    known = await shop_of_domain(tools.database, session.shop)
    if known is not None and known.state == "active":
        missing = missing_scopes(tools.shop_app.scopes, tuple(known.scopes))
        return _shown(known.store_id, session.shop, known.scopes, missing)
    ask = ask_by_session(tools.shop_app, session.shop, bearer_of(request) or "")
    done = await _installed(tools, session.shop, ask, address_here(request, tools))
    return _shown(done.store_id, done.shop, done.scopes, done.missing)


async def _begun(request: AnyRequest, state: State, asked: Asked) -> Response[object]:
    tools = tools_of(state)
    shop = shop_in(asked)
    if "hmac" in asked:
        check_signed(request, tools)
        check_timely(asked)
        if await connected_shop(tools, shop) is not None:
            return as_answer(connected_page(shop))
    kept = request.cookies.get(COOKIE, "")
    browser = kept if len(kept) == 64 and kept.isalnum() else secrets.token_hex(32)
    sent_along = secrets.token_hex(32)
    await begin_install(tools.database, _digest(browser, sent_along), shop)
    here = address_here(request, tools)
    cookie = Cookie(
        key=COOKIE,
        value=browser,
        path="/shopify",
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=here.startswith("https://"),
    )
    way = authorize_url(tools.shop_app, shop, f"{here}/shopify/callback", sent_along)
    return Redirect(way, status_code=302, cookies=[cookie], headers={"Cache-Control": "no-store"})


async def _finished(request: AnyRequest, state: State, asked: Asked) -> Response[object]:
    tools = tools_of(state)
    shop = shop_in(asked)
    if asked.get("error"):
        raise RefuseError(
            "You did not agree at Shopify, so nothing was installed and nothing has changed.",
            status=403,
            type="install-declined",
        )
    check_signed(request, tools)
    check_timely(asked)
    browser, sent_along = request.cookies.get(COOKIE, ""), asked.get("state", "")
    if not await take_install(tools.database, _digest(browser, sent_along), shop):
        raise RefuseError(
            "It was ended already, took too long, or was begun in another browser. Begin again from here or from your shop.",
            status=400,
            type="install-unknown",
            fields={"state": "fits no installation begun in this browser"},
        )
    if not asked.get("code"):
        raise RefuseError("Shopify sent no code along.", type="grant-refused", fields={"code": "is missing"})
    done = await _installed(tools, shop, ask_by_code(tools.shop_app, shop, asked["code"]), address_here(request, tools))
    answer = (
        as_answer(installed_page(done))
        if wants_page(request)
        else Response[object](_shown(done.store_id, done.shop, done.scopes, done.missing))
    )
    answer.delete_cookie(COOKIE, path="/shopify")
    return answer


def _shown(store_id: StoreId, shop: str, scopes: Sequence[str], missing: Sequence[str]) -> Connected:
    return Connected(store_id=str(store_id), shop=shop, scopes=list(scopes), missing_scopes=list(missing))


async def _installed(tools: VendorTools, shop: str, ask: Ask, address: str) -> Installed:
    try:
        return await install(tools, shop, ask, address)
    except GrantRefused as refusal:
        raise RefuseError(f"{refusal}.", status=400, type="grant-refused") from None
    except VendorFault as fault:
        raise RetryError(str(fault), fault.after) from None


def _digest(browser: str, sent_along: str) -> bytes:
    """Only the browser that began can end: what it keeps and what Shopify sends back must come together."""
    return hashlib.sha256(f"{browser}.{sent_along}".encode("utf-8", "surrogatepass")).digest()


HANDLERS = [style, begin, callback, token_exchange]
