"""The pages of the shop as HTML: what a theme would print, with the facts its script needs in data attributes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape

from tests.browser.shop.goods import BY_HANDLE, COLLECTIONS, GOODS, Good, found, of_collection, picture

NAME = "Fold & Felt"


@dataclass
class Cart:
    token: str
    checkout: str
    lines: dict[str, int] = field(default_factory=dict)
    refusals: int = 0
    order: str = ""

    def total(self) -> Decimal:
        return sum((BY_HANDLE[handle].price * count for handle, count in self.lines.items()), Decimal("0.00"))

    def count(self) -> int:
        return sum(self.lines.values())


@dataclass(frozen=True)
class View:
    """One page: `facts` is what the theme's script is told about it."""

    title: str
    kind: str
    main: str
    facts: dict[str, object] = field(default_factory=dict)


def _card(good: Good) -> str:
    return (
        f'<a class="card" href="/products/{good.handle}">{picture(good)}'
        f"<b>{escape(good.name)}</b><span>${good.price}</span></a>"
    )


def _grid(goods: list[Good]) -> str:
    return f'<div class="grid">{"".join(map(_card, goods))}</div>'


def home() -> View:
    main = (
        '<section class="hero"><div><h1>Things that keep you warm</h1><p>Felted, woven and thrown in small numbers.</p>'
        '<a class="button" href="/collections/hats">See the hats</a></div>'
        f"{picture(GOODS[0])}</section><h2>New this week</h2>{_grid(list(GOODS[2:6]))}"
        '<form class="newsletter" name="newsletter" action="/newsletter" method="post"><label>A letter a month'
        ' <input name="email" type="email" placeholder="you@example.com" required></label>'
        "<button>Sign up</button><output></output></form>"
    )
    return View(NAME, "home", main)


def collection(name: str) -> View | None:
    if name not in COLLECTIONS:
        return None
    title = COLLECTIONS[name]
    main = f"<h1>{escape(title)}</h1>{_grid(of_collection(name))}"
    return View(title, "collection", main, {"list_id": name, "category": title})


def product(handle: str) -> View | None:
    good = BY_HANDLE.get(handle)
    if good is None:
        return None
    main = (
        f'<section class="product">{picture(good)}<div><h1>{escape(good.name)}</h1><p class="price">${good.price}</p>'
        f"<p>{escape(good.words)}</p>"
        f'<form action="/cart/add" method="post" data-cart><input type="hidden" name="handle" value="{good.handle}">'
        '<button class="button" id="add">Add to cart</button></form>'
        '<button class="quiet" id="wish" data-sw-track="Product Added to Wishlist"'
        f' data-sw-product-id="{good.handle}">Remember it</button>'
        '<p><a id="care" href="http://wool-care.localhost:9/washing" rel="noopener">How to wash wool</a></p>'
        '</div></section><div class="long"><h2>Made slowly</h2><p>' + "Every piece is finished by hand. " * 60 + "</p></div>"
    )
    facts: dict[str, object] = {
        "product_id": good.handle, "name": good.name, "price": float(good.price), "currency": "USD",
    }  # fmt: skip
    return View(good.name, "product", main, facts)


def search(query: str) -> View:
    hits = found(query)
    main = f"<h1>{len(hits)} for “{escape(query)}”</h1>{_grid(hits)}"
    return View(f"Search: {query}", "search", main, {"query": query, "results": len(hits)})


def cart(held: Cart) -> View:
    rows = "".join(
        f"<tr><td>{escape(BY_HANDLE[handle].name)}</td><td>{count} ×</td><td>${BY_HANDLE[handle].price}</td></tr>"
        for handle, count in held.lines.items()
    )
    go = '<form action="/checkout" method="post"><button class="button" id="checkout">Check out</button></form>'
    main = f"<h1>Your cart</h1><table>{rows}</table><p class='price'>${held.total()}</p>{go if rows else ''}"
    return View("Cart", "cart", main, {"cart_token": held.token, "cart_value": float(held.total()), "currency": "USD"})


def checkout(held: Cart, refused: bool) -> View:
    notice = '<p class="notice" role="alert">Your card was declined. Please try another one.</p>' if refused else ""
    fields = "".join(
        f'<label>{label}<input name="{name}" {extra}></label>'
        for label, name, extra in (
            ("E-mail", "email", 'type="email" required'),
            ("Name", "name", "required"),
            ("Street", "street", ""),
            ("City", "city", ""),
            ("Card number", "card", 'inputmode="numeric" required'),
        )
    )
    main = (
        f"<h1>Checkout</h1>{notice}<form class='checkout' name='payment' method='post'"
        f" action='/checkouts/{held.checkout}/pay' data-sw-ignore>{fields}"
        f"<button class='button' id='pay'>Pay ${held.total()}</button></form>"
    )
    facts: dict[str, object] = {
        "checkout_token": held.checkout, "cart_token": held.token, "value": float(held.total()), "currency": "USD",
        "refused": held.refusals if refused else 0,
    }  # fmt: skip
    return View("Checkout", "checkout", main, facts)


def thanks(held: Cart, total: Decimal) -> View:
    main = f'<section class="thanks"><h1>Thank you!</h1><p>Order <b id="order">{held.order}</b> is on its way.</p></section>'
    facts: dict[str, object] = {
        "order_id": held.order, "checkout_token": held.checkout, "total": float(total), "currency": "USD",
    }  # fmt: skip
    return View("Order confirmed", "order_confirmation", main, facts)


def whole(view: View, held: Cart, head: str) -> str:
    """The document around a page; `head` carries the product's script tag and the theme's modes."""
    links = "".join(f'<a href="/collections/{name}">{escape(title)}</a>' for name, title in COLLECTIONS.items())
    facts = escape(json.dumps({"kind": view.kind} | view.facts), quote=True)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(view.title)}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/assets/theme.css">
{head}<script src="/assets/theme.js" defer></script></head>
<body><header><a class="brand" href="/">{NAME.replace("&", "&amp;")}</a><nav>{links}</nav>
<form class="search" action="/search" role="search"><input name="q" placeholder="Search" aria-label="Search"></form>
<a id="cart" href="/cart">Cart <i>{held.count()}</i></a></header>
<main data-facts="{facts}">{view.main}</main>
<footer>Goods made slowly, sent quickly.</footer><div id="consent" hidden><p>May we remember your visit?</p>
<button class="quiet" id="deny">No, thank you</button><button class="button" id="agree">Yes</button></div></body></html>"""
