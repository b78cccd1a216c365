"""Promises of the page kinds: pages of Shopify and of other shops are known, and a way is never longer than it may be."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.page_kind import LONGEST_PATH, NAMES, ORDERED, OTHER, lengthen, letter_of

letters = st.sampled_from([*NAMES, ""])


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("/", "home"),
        ("", "other"),
        ("/de", "home"),
        ("/en-us/", "home"),
        ("/EN-US/", "home"),
        ("/index.html", "home"),
        ("https://shop.example", "home"),
        ("https://shop.example/?utm_source=x#top", "home"),
        ("/?ref=/products/boot", "home"),
        ("/collections", "collection"),
        ("/collections/all?page=2", "collection"),
        ("/fr/collections/chaussures", "collection"),
        ("/collections/all/products/red-boot", "product"),
        ("/products/red-boot?variant=1", "product"),
        ("/products", "collection"),
        ("/products/", "collection"),
        ("https://shop.example/de/products/stiefel", "product"),
        ("/product.html?id=7", "product"),
        ("/category/shoes", "collection"),
        ("/search?q=boots", "search"),
        ("/cart", "cart"),
        ("/cart/add", "cart"),
        ("/de/cart", "cart"),
        ("/cartridges", "other"),
        ("/checkout", "checkout"),
        ("/checkouts/cn/abc123/information", "checkout"),
        ("/12345/checkouts/abc", "checkout"),
        ("/account/login", "account"),
        ("/accounting", "other"),
        ("/customer_authentication/login", "account"),
        ("/pages/about", "other"),
        ("/pages/checkout-help", "other"),
        ("/blogs/news/products/of-the-year", "other"),
        ("/blogs/news", "other"),
        ("/policies/refund-policy", "other"),
    ],
)
def test_a_page_view_is_of_its_kind(page: str, kind: str) -> None:
    assert NAMES[letter_of("page_view", page)] == kind


def test_a_pages_own_word_goes_before_its_path() -> None:
    assert NAMES[letter_of("page_view", "/pages/boot", "Product")] == "product"
    assert NAMES[letter_of("page_view", "/products/boot", "nonsense")] == "product"


@pytest.mark.parametrize(
    ("activity", "kind"),
    [("add_to_cart", "add_to_cart"), ("payment_failed", "payment_failed"), ("order_completed", "order"),
     ("checkout_started", "checkout"), ("search", "search"), ("product_view", "product")],
)  # fmt: skip
def test_what_happens_is_a_station_wherever_it_happens(activity: str, kind: str) -> None:
    assert NAMES[letter_of(activity, "/")] == kind


@pytest.mark.parametrize("activity", ["identify", "page_left", "remove_from_cart", "anything_else"])
def test_other_events_are_no_station(activity: str) -> None:
    assert letter_of(activity, "/products/boot") == ""


@given(page=st.text(max_size=300), stated=st.text(max_size=30))
def test_every_page_has_a_kind(page: str, stated: str) -> None:
    assert letter_of("page_view", page, stated) in NAMES


@given(st.lists(letters, max_size=120))
def test_a_way_is_short_and_never_twice_at_one_place(gone: list[str]) -> None:
    path = ""
    for letter in gone:
        path = lengthen(path, letter)
    assert len(path) <= LONGEST_PATH
    assert all(a != b for a, b in itertools.pairwise(path))
    assert set(path) <= set(gone)


@given(st.lists(letters, max_size=120))
def test_an_order_is_never_left_out_of_a_way(gone: list[str]) -> None:
    path = ""
    for letter in gone:
        path = lengthen(path, letter)
    assert (ORDERED in path) == (ORDERED in gone)


def test_a_short_way_is_kept_as_gone() -> None:
    path = ""
    for letter in ["P", "P", "", "+", "B", "K", OTHER, "K", "$", "$", "H"]:
        path = lengthen(path, letter)
    assert path == "P+BKOK$H"
