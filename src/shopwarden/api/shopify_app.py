"""Installing the app in a shop: begun here, agreed to at Shopify, and ended here with the shop's tokens in the safe."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.response import Redirect

from shopwarden.api.auth import address_of, bearer_of
from shopwarden.api.limits import Limiter, refuse_beyond
from shopwarden.api.options import ApiOptions
from shopwarden.api.shopify_pages import asset, connected_page, installed_page, refused_page, wants_page
from shopwarden.contracts.exchange import Ask
from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.errors import RefuseError, RetryError
from shopwarden.steps.shop_install import Installed, install
from shopwarden.steps.shop_status import connected_shop
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.shop_installs import LASTS, begin_install, take_install
from shopwarden.store.shop_tokens import shop_of_domain
from shopwarden.vendors.shopify_app import missing_scopes, shop_name
from shopwarden.vendors.shopify_auth import (
    GrantRefused,
    ask_by_code,
    ask_by_session,
    authorize_url,
    is_signed,
    is_timely,
)
from shopwarden.vendors.shopify_session import read_session

AnyRequest = Request[object, object, State]
COOKIE = "shopwarden_install"
INSTALLS_PER_MINUTE = 60
Asked = dict[str, str]


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
    return await _kindly(request, lambda asked: _begun(request, state, asked))


@get("/shopify/callback", include_in_schema=False)
async def callback(request: AnyRequest, state: State) -> Response[object]:
    """Where Shopify sends the merchant back to, with a code that is worth the tokens."""
    return await _kindly(request, lambda asked: _finished(request, state, asked))


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
    await _limit(request, state)
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
    shop = _shop(asked)
    if "hmac" in asked:
        _check_signed(request, tools)
        _check_timely(asked)
        if await connected_shop(tools, shop) is not None:
            return _page(connected_page(shop))
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
    shop = _shop(asked)
    if asked.get("error"):
        raise RefuseError(
            "You did not agree at Shopify, so nothing was installed and nothing of your shop is kept.",
            status=403,
            type="install-declined",
        )
    _check_signed(request, tools)
    _check_timely(asked)
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
        _page(installed_page(done))
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


async def _kindly(request: AnyRequest, answer: Callable[[Asked], Awaitable[Response[object]]]) -> Response[object]:
    """Refusals as a page for browsers, as a problem document for everybody else."""
    asked: Asked = {}
    try:
        await _limit(request, request.app.state)
        asked = dict(_pairs(request))
        return await answer(asked)
    except RetryError as error:
        if not wants_page(request):
            raise
        later = RefuseError("Shopify does not answer just now. Try again in a minute.", status=503)
        return _page(refused_page(later, shop_name(asked.get("shop", ""))), wait=error.after or 5)
    except RefuseError as error:
        if not wants_page(request):
            raise
        again = None if error.type in ("shopify-not-set-up", "unknown-shop") else shop_name(asked.get("shop", ""))
        return _page(refused_page(error, again))


def _page(made: Response[str], *, wait: float | None = None) -> Response[object]:
    if wait is not None:
        made.set_header("Retry-After", str(max(1, round(wait))))
    return Response[object](made.content, status_code=made.status_code, media_type=made.media_type, headers=made.headers)


async def _limit(request: AnyRequest, state: State) -> None:
    limiter: Limiter = state.limiter
    options: ApiOptions = state.options
    refuse_beyond(await limiter.take(f"shopify:{address_of(request, options)}", INSTALLS_PER_MINUTE))


def tools_of(state: State) -> VendorTools:
    """RefuseError 404 that names the settings where shops can't be connected."""
    tools: VendorTools | None = state.get("vendor_tools")
    missing = []
    if tools is None or not tools.shop_app.is_ready:
        missing += ["SHOPIFY_API_KEY", "SHOPIFY_API_SECRET"]
    if tools is None or not tools.sealer.is_ready:
        missing.append("ENCRYPTION_KEYS")
    if tools is None or missing:
        raise RefuseError(
            f"Shops can't be connected here: the operator has to set {', '.join(missing)}.",
            status=404,
            type="shopify-not-set-up",
        )
    return tools


def address_here(request: AnyRequest, tools: VendorTools) -> str:
    """Where this installation is reached from outside, without a slash at its end."""
    return (tools.shop_app.public_url or str(request.base_url)).rstrip("/")


def _pairs(request: AnyRequest) -> list[tuple[str, str]]:
    return parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True)


def _shop(asked: Asked) -> str:
    shop = shop_name(asked.get("shop", ""))
    if shop is None:
        raise RefuseError(
            "The address must name the shop: /shopify/install?shop=your-shop.myshopify.com.",
            type="unknown-shop",
            fields={"shop": "must be like your-shop.myshopify.com"},
        )
    return shop


def _check_signed(request: AnyRequest, tools: VendorTools) -> None:
    if not is_signed(_pairs(request), tools.shop_app.secrets):
        raise RefuseError(
            "Its signature is missing or does not fit. Open the app from your shop's admin.",
            status=401,
            type="bad-signature",
            fields={"hmac": "is missing or wrong"},
        )


def _check_timely(asked: Asked) -> None:
    if not is_timely(asked.get("timestamp", ""), datetime.now(UTC)):
        raise RefuseError(
            "It was made too long ago, or its clock and ours differ. Open the app from your shop's admin again.",
            status=400,
            type="stale-address",
            fields={"timestamp": "is not of the last minutes"},
        )


def _digest(browser: str, sent_along: str) -> bytes:
    """Only the browser that began can end: what it keeps and what Shopify sends back must come together."""
    return hashlib.sha256(f"{browser}.{sent_along}".encode("utf-8", "surrogatepass")).digest()


HANDLERS = [style, begin, callback, token_exchange]
