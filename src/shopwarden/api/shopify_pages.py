"""The pages a merchant sees while the app is installed: what was done and happens now, or what went wrong and what helps."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from litestar import Request, Response
from litestar.datastructures import State

from shopwarden.errors import RefuseError
from shopwarden.steps.shop_install import Installed

AnyRequest = Request[object, object, State]
_HEADERS = {"Cache-Control": "no-store"}


@cache
def asset(name: str) -> str:
    return files("shopwarden.api").joinpath("pages", name).read_text()


def page(title: str, body: str, *, status: int = 200) -> Response[str]:
    """`title` is plain text, `body` is HTML."""
    kind = "done" if status < 400 else "wrong"
    html = Template(asset("shopify.html")).substitute(title=escape(title), body=body, kind=kind)
    return Response(html, status_code=status, media_type="text/html", headers=_HEADERS)


def wants_page(request: AnyRequest) -> bool:
    return "text/html" in request.headers.get("accept", "")


def installed_page(installed: Installed) -> Response[str]:
    """After the installation came to its end."""
    scopes = ", ".join(f"<code>{escape(scope)}</code>" for scope in installed.scopes) or "none named"
    done = [
        "The shop's token is kept encrypted."
        + (" It is renewed by itself before it ends." if installed.expires_at is not None else ""),
        f"Rights granted: {scopes}.",
        "A store was made for the shop." if installed.is_new else "The shop belongs to a store that was here already.",
    ]
    if installed.missing:
        missing = ", ".join(f"<code>{escape(scope)}</code>" for scope in installed.missing)
        done.append(f"Not granted, and done without: {missing}.")
    if installed.made_up:
        done.append("The shop is one of the sandbox's: everything in it is made up.")
    now = [
        "Webhooks are being subscribed to, so that new customers and orders arrive at once.",
        "The web pixel is being switched on, where the app has one.",
        "Customers and orders of the past are being fetched; a large shop takes some minutes.",
    ]
    store = f"<p class='quiet'>Store <code>{installed.store_id}</code></p>"
    return page(f"{installed.shop} is connected", f"{_listed('Done', done)}{_listed('Happening now', now)}{store}")


def connected_page(shop: str) -> Response[str]:
    """The app was opened in a shop that is connected already."""
    return page(f"{shop} is connected", "<p>Nothing is left to do here: customers and orders arrive by themselves.</p>")


def _listed(title: str, sentences: list[str]) -> str:
    return f"<h2>{title}</h2><ul>{''.join(f'<li>{each}</li>' for each in sentences)}</ul>"


def refused_page(error: RefuseError, shop: str | None) -> Response[str]:
    """A refusal a person reads: what is wrong, and the way to begin again where that helps."""
    title = _TITLES.get(error.type, "This did not work")
    again = f"<p><a class='next' href='/shopify/install?shop={escape(shop)}'>Begin again</a></p>" if shop else ""
    return page(title, f"<p>{escape(error.detail)}</p>{again}", status=error.status)


_TITLES = {
    "shopify-not-set-up": "Shopify is not set up here yet",
    "bad-signature": "This address does not come from Shopify",
    "stale-address": "This address has run out",
    "unknown-shop": "This is no shop of Shopify's",
    "install-unknown": "This installation was not begun here",
    "install-declined": "The app was not installed",
    "grant-refused": "Shopify did not confirm the installation",
}
