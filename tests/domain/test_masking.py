"""Masks: nothing personal is left, whatever comes in, and what is left has the promised form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.masking import mask_email, mask_ip, mask_name, mask_phone, mask_properties

words = st.text(st.characters(codec="utf-8", exclude_characters="@.*"), min_size=3, max_size=30)


@given(local=words, domain=words, ending=st.sampled_from(["com", "de"]))
def test_an_email_keeps_two_letters_and_its_ending(local: str, domain: str, ending: str) -> None:
    assert mask_email(f"{local}@{domain}.{ending}") == f"{local[0]}***@{domain[0]}***.{ending}"


@given(st.text(max_size=60))
def test_any_text_can_be_masked(text: str) -> None:
    for mask in (mask_email, mask_phone, mask_name, mask_ip):
        masked = mask(text)
        assert masked is not None
        assert len(text) < 6 or text not in masked


@pytest.mark.parametrize(
    ("ip", "masked"),
    [("203.0.113.7", "203.0.113.x"), ("2001:db8:1:2:3::9", "2001:db8:1::x"), ("::1", "0:0:0::x"), ("no address", "***"),
     (None, None), ("", "")],
)  # fmt: skip
def test_addresses_keep_their_network(ip: str | None, masked: str | None) -> None:
    assert mask_ip(ip) == masked


def test_only_properties_of_things_are_kept() -> None:
    data = {
        "product_id": "42", "price": 19.9, "email": "a@b.de", "traits": {"name": "Ann"}, "query": "ann@example.com",
        "url": "https://user:secret@shop.test/p?email=a@b.de#x", "products": [{"name": "x"}],
        "page": {"path": "/a?b=c", "title": "Ann"},
    }  # fmt: skip
    assert mask_properties(data) == {
        "product_id": "42", "price": 19.9, "url": "https://shop.test/p", "page": {"path": "/a"}
    }  # fmt: skip
