"""Promises of the source of a visit: the campaign's word first, then the site that linked here, else direct."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.traffic_source import DIRECT, LONGEST_SOURCE, host_of, source_of


@pytest.mark.parametrize(
    ("referrer", "source"),
    [
        ("https://www.google.com/search?q=boots", "google"),
        ("https://google.co.uk/", "google"),
        ("https://news.google.com/", "google"),
        ("https://m.facebook.com/", "facebook"),
        ("https://l.instagram.com/?u=x", "instagram"),
        ("https://t.co/abc", "twitter"),
        ("https://x.com/", "twitter"),
        ("https://www.youtube.com/watch?v=1", "youtube"),
        ("https://youtu.be/1", "youtube"),
        ("https://lnkd.in/e", "linkedin"),
        ("android-app://com.google.android.googlequicksearchbox/", "google"),
        ("https://blog.example.com/post", "blog.example.com"),
        ("https://WWW.Example.COM:8443/x", "example.com"),
        ("https://googlefans.example/", "googlefans.example"),
        ("https://example.google/", "example.google"),
        ("https://www.shop.example/cart", DIRECT),
        ("https://shop.example./cart", DIRECT),
        ("", DIRECT),
        ("null", DIRECT),
        ("not an address", DIRECT),
        ("https://[::1", DIRECT),
        ("/collections/all", DIRECT),
    ],
)
def test_the_linking_site_gives_the_source(referrer: str, source: str) -> None:
    assert source_of("", referrer, "shop.example") == source


@pytest.mark.parametrize("own", ["shop.example", "www.shop.example", "WWW.Shop.Example", "shop.example."])
def test_the_shops_own_pages_are_no_source(own: str) -> None:
    assert source_of("", "https://www.shop.example/cart", own) == DIRECT


def test_the_campaign_goes_before_the_site() -> None:
    assert source_of("  Newsletter ", "https://www.google.com/") == "newsletter"
    assert source_of("   ", "https://www.google.com/") == "google"


@given(campaign=st.text(max_size=200), referrer=st.text(max_size=200), own=st.text(max_size=50))
def test_any_words_give_a_short_source(campaign: str, referrer: str, own: str) -> None:
    source = source_of(campaign, referrer, own)
    assert 0 < len(source) <= LONGEST_SOURCE
    assert source == source.strip().lower() or source == source.lower().strip()


@given(st.text(max_size=200))
def test_any_text_may_be_taken_for_an_address(text: str) -> None:
    assert "/" not in host_of(text)
