"""What kind of page a visit is at, as one letter: a session's way through the shop is then a short word.

The letters are the stations of every shop: home, collection, product, search, account, other page, basket, checkout; and
what happens at them: put into the basket, payment failed, ordered.
"""

from __future__ import annotations

import re
from functools import lru_cache

HOME, COLLECTION, PRODUCT, SEARCH, ACCOUNT, OTHER, BASKET, CHECKOUT = "H", "C", "P", "S", "A", "O", "B", "K"
ADDED, FAILED, ORDERED = "+", "F", "$"

NAMES = {
    HOME: "home",
    COLLECTION: "collection",
    PRODUCT: "product",
    SEARCH: "search",
    ACCOUNT: "account",
    OTHER: "other",
    BASKET: "cart",
    CHECKOUT: "checkout",
    ADDED: "add_to_cart",
    FAILED: "payment_failed",
    ORDERED: "order",
}

_STATED = {
    "home": HOME, "index": HOME, "frontpage": HOME, "collection": COLLECTION, "category": COLLECTION,
    "list_collections": COLLECTION, "product": PRODUCT, "search": SEARCH, "cart": BASKET, "basket": BASKET,
    "checkout": CHECKOUT, "account": ACCOUNT, "customers": ACCOUNT, "login": ACCOUNT, "page": OTHER, "blog": OTHER,
    "article": OTHER, "other": OTHER,
}  # fmt: skip

_ACTIVITIES = {
    "product_view": PRODUCT, "product_list_view": COLLECTION, "filter_applied": COLLECTION, "search": SEARCH,
    "cart_view": BASKET, "add_to_cart": ADDED, "checkout_started": CHECKOUT, "checkout_step_view": CHECKOUT,
    "checkout_step_completed": CHECKOUT, "payment_info_entered": CHECKOUT, "payment_failed": FAILED,
    "order_completed": ORDERED, "sign_in": ACCOUNT, "sign_up": ACCOUNT,
}  # fmt: skip

# Shopify's own paths first (a product may be reached below its collection), then what other shops commonly use.
_LOCALE = re.compile(r"^/[a-z]{2}(?:-[a-z]{2})?(?=/|$)")
_PATHS = (
    (re.compile(r"^/?(?:index\.html?|home)?/?$"), HOME),
    (re.compile(r"^/(?:blogs?|pages|policies)(?:/|$)"), OTHER),
    (re.compile(r"/(?:checkouts?|kasse)(?:[/.]|$)"), CHECKOUT),
    (re.compile(r"^/(?:cart|basket|warenkorb)(?:[/.]|$)"), BASKET),
    (re.compile(r"/(?:products?|p|item|dp)/[^/]"), PRODUCT),
    (re.compile(r"^/(?:product|item)\.html?$"), PRODUCT),
    (re.compile(r"^/(?:collections?|categor(?:y|ies)|c|shop|products)(?:[/.]|$)"), COLLECTION),
    (re.compile(r"^/search(?:[/.]|$)"), SEARCH),
    (re.compile(r"^/(?:(?:account|customer|login|register|profile)s?|customer_authentication)(?:[/.]|$)"), ACCOUNT),
)

LONGEST_PATH = 40
"""Letters kept of one session; the last place is free for how it ends."""


def letter_of(activity: str, page: str = "", stated: str = "") -> str:
    """The letter of an event, "" where it is no station. `page`: path or address; `stated`: its own word for its kind."""
    if activity == "page_view":
        return _STATED.get(stated.lower(), "") or _of_path(page)
    return _ACTIVITIES.get(activity, "")


@lru_cache(maxsize=20_000)
def _of_path(page: str) -> str:
    if not page:
        return OTHER
    path = re.sub(r"^[a-z]+://[^/]*", "", page.lower()).split("?", 1)[0].split("#", 1)[0]
    path = _LOCALE.sub("", path, count=1)
    return next((letter for pattern, letter in _PATHS if pattern.search(path)), OTHER)


def lengthen(path: str, letter: str) -> str:
    """The session's path with one more station: the same one twice in a row counts once, and an order is never left out."""
    if not letter or path.endswith(letter):
        return path
    if len(path) < LONGEST_PATH - 1:
        return path + letter
    return path[: LONGEST_PATH - 1] + letter if letter == ORDERED else path
