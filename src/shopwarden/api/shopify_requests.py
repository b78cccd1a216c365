"""What requests of an installation have in common: signed, timely, of a known shop; refusals as a page or a problem."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from litestar import Request, Response
from litestar.datastructures import State

from shopwarden.api.auth import address_of
from shopwarden.api.limits import Limiter, refuse_beyond
from shopwarden.api.options import ApiOptions
from shopwarden.api.shopify_pages import refused_page, wants_page
from shopwarden.errors import RefuseError, RetryError
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.vendors.shopify_app import shop_name
from shopwarden.vendors.shopify_auth import is_signed, is_timely

AnyRequest = Request[object, object, State]
Asked = dict[str, str]
INSTALLS_PER_MINUTE = 60


async def kindly(request: AnyRequest, answer: Callable[[Asked], Awaitable[Response[object]]]) -> Response[object]:
    """Refusals as a page for browsers, as a problem document for everybody else."""
    asked: Asked = {}
    try:
        await limit_callers(request, request.app.state)
        asked = dict(pairs_of(request))
        return await answer(asked)
    except RetryError as error:
        if not wants_page(request):
            raise
        later = RefuseError("Shopify does not answer just now. Try again in a minute.", status=503)
        return as_answer(refused_page(later, shop_name(asked.get("shop", ""))), wait=error.after or 5)
    except RefuseError as error:
        if not wants_page(request):
            raise
        again = None if error.type in ("shopify-not-set-up", "unknown-shop") else shop_name(asked.get("shop", ""))
        return as_answer(refused_page(error, again))


def as_answer(made: Response[str], *, wait: float | None = None) -> Response[object]:
    """`wait`: seconds after which it may be tried again."""
    if wait is not None:
        made.set_header("Retry-After", str(max(1, round(wait))))
    return Response[object](made.content, status_code=made.status_code, media_type=made.media_type, headers=made.headers)


async def limit_callers(request: AnyRequest, state: State) -> None:
    """RefuseError 429 for an address that asks too often: nobody here has a key yet."""
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


def pairs_of(request: AnyRequest) -> list[tuple[str, str]]:
    """The query as it was signed."""
    return parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True)


def shop_in(asked: Asked) -> str:
    """The shop's permanent domain; RefuseError where none is named."""
    shop = shop_name(asked.get("shop", ""))
    if shop is None:
        raise RefuseError(
            "The address must name the shop: /shopify/install?shop=your-shop.myshopify.com.",
            type="unknown-shop",
            fields={"shop": "must be like your-shop.myshopify.com"},
        )
    return shop


def check_signed(request: AnyRequest, tools: VendorTools) -> None:
    """RefuseError 401 for what Shopify did not sign."""
    if not is_signed(pairs_of(request), tools.shop_app.secrets):
        raise RefuseError(
            "Its signature is missing or does not fit. Open the app from your shop's admin.",
            status=401,
            type="bad-signature",
            fields={"hmac": "is missing or wrong"},
        )


def check_timely(asked: Asked) -> None:
    """RefuseError for what was signed a while ago, or will be."""
    if not is_timely(asked.get("timestamp", ""), datetime.now(UTC)):
        raise RefuseError(
            "It was made too long ago, or its clock and ours differ. Open the app from your shop's admin again.",
            status=400,
            type="stale-address",
            fields={"timestamp": "is not of the last minutes"},
        )
