"""The shop as a web server on an origin of its own: carts, and a checkout that refuses two cards before it takes one."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.browser.shop import pages
from tests.browser.shop.pages import Cart, View

ASSETS = Path(__file__).parent / "assets"
TYPES = {".css": "text/css", ".js": "text/javascript"}
REFUSALS = 2
STUB = (
    "<script>(function(w,n){w.shopwarden=w.shopwarden||{q:[]};n.forEach(function(m){w.shopwarden[m]=w.shopwarden[m]||"
    "function(){w.shopwarden.q.push([m].concat([].slice.call(arguments)))}})})"
    '(window,["track","page","identify","consent"])</script>'
)
SHOPIFY = (
    "<script>window.Shopify={customerPrivacy:{analyticsProcessingAllowed:function(){"
    'return document.cookie.indexOf("consent=yes")>=0}}}</script>'
)


class ShopSite:
    """The running shop. Set `single_page` or `shopify_privacy` before a page is opened."""

    def __init__(self, product_url: str, write_key: str) -> None:
        self.product_url, self.write_key = product_url, write_key
        self.single_page = False
        self.shopify_privacy = False
        self.head = ""
        self.refusals = REFUSALS
        self.carts: dict[str, Cart] = {}
        self.newsletter: list[str] = []
        self.requests: list[str] = []
        self.url = ""

    def cart_of(self, visitor: str) -> Cart:
        if visitor not in self.carts:
            self.carts[visitor] = Cart(token=f"cart-{secrets.token_hex(6)}", checkout=f"chk-{secrets.token_hex(6)}")
        return self.carts[visitor]

    def the_cart(self) -> Cart:
        """The only visitor's cart."""
        (held,) = self.carts.values()
        return held

    def head_html(self) -> str:
        mode = '<meta name="mode" content="single">' if self.single_page else ""
        privacy = SHOPIFY if self.shopify_privacy else ""
        tag = f'<script defer src="{self.product_url}/t.js" data-key="{self.write_key}"></script>'
        return mode + privacy + self.head + STUB + tag

    def view(self, path: str, query: dict[str, list[str]], held: Cart) -> View | None:
        parts = path.strip("/").split("/")
        match parts:
            case [""]:
                return pages.home()
            case ["collections", name]:
                return pages.collection(name)
            case ["products", handle]:
                return pages.product(handle)
            case ["search"]:
                return pages.search(query.get("q", [""])[0])
            case ["cart"]:
                return pages.cart(held)
            case ["checkouts", token] if token == held.checkout:
                return pages.checkout(held, refused="refused" in query)
            case ["checkouts", token, "thank_you"] if token == held.checkout and held.order:
                return pages.thanks(held, Decimal(query.get("total", ["0"])[0]))
        return None

    def act(self, path: str, form: dict[str, str], held: Cart) -> str:
        """What a form asks for; answers where the browser goes next."""
        if path == "/cart/add":
            held.lines[form["handle"]] = held.lines.get(form["handle"], 0) + 1
            return "/cart"
        if path == "/newsletter":
            self.newsletter.append(form.get("email", ""))
            return "/"
        if path == "/checkout":
            return f"/checkouts/{held.checkout}"
        if path.endswith("/pay"):
            if held.refusals < self.refusals:
                held.refusals += 1
                return f"/checkouts/{held.checkout}?refused=1"
            held.order = f"FF-{1000 + len(self.carts)}-{secrets.token_hex(3)}"
            total = held.total()
            held.lines.clear()
            return f"/checkouts/{held.checkout}/thank_you?total={total}"
        return "/"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: ShopSite

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""

    def _visitor(self) -> tuple[str, list[tuple[str, str]]]:
        cookies = SimpleCookie(self.headers.get("Cookie", ""))
        if "cart" in cookies:
            return cookies["cart"].value, []
        fresh = secrets.token_hex(8)
        return fresh, [("Set-Cookie", f"cart={fresh}; Path=/; HttpOnly; SameSite=Lax")]

    def _answer(self, status: int, body: bytes, kind: str, headers: list[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in [("Content-Type", kind), ("Content-Length", str(len(body))), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        self.site.requests.append(self.path)
        if asked.path.startswith("/assets/"):
            file = ASSETS / Path(asked.path).name
            kind = TYPES.get(file.suffix, "text/plain")
            self._answer(200, file.read_bytes(), f"{kind}; charset=utf-8", [("Cache-Control", "max-age=60")])
            return
        visitor, headers = self._visitor()
        held = self.site.cart_of(visitor)
        view = self.site.view(asked.path, parse_qs(asked.query), held)
        shown = view or View("Not found", "404", "<h1>Nothing here</h1>")
        page = pages.whole(shown, held, self.site.head_html()).encode()
        self._answer(200 if view else 404, page, "text/html; charset=utf-8", headers)

    def do_POST(self) -> None:
        self.site.requests.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        visitor, headers = self._visitor()
        goal = self.site.act(urlsplit(self.path).path, form, self.site.cart_of(visitor))
        self._answer(303, b"", "text/plain", [*headers, ("Location", goal)])


@contextmanager
def serve_shop(product_url: str, write_key: str, host: str = "fold-and-felt.localhost") -> Iterator[ShopSite]:
    """The shop at `http://<host>:<port>`: a name of its own, so that its cookies are not the product's."""
    site = ShopSite(product_url, write_key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("ShopHandler", (Handler,), {"site": site}))
    server.daemon_threads = True
    site.url = f"http://{host}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
