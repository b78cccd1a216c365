"""One spelling per e-mail address, syntax by published cases, and folding only for counting."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.email import canonical_email, is_deliverable_form, normalise_email

CASES = Path(__file__).parents[1] / "data" / "email" / "isemail_syntax_tests.csv.gz"


def cases(*categories: str) -> list[str]:
    with gzip.open(CASES, "rt", encoding="utf-8", newline="") as file:
        return [row["address"] for row in csv.DictReader(file) if row["category"] in categories]


def test_every_wrong_address_is_refused() -> None:
    wrong = cases("ISEMAIL_ERR")
    assert len(wrong) == 66
    assert [address for address in wrong if normalise_email(address) is not None] == []


def test_every_plain_address_is_accepted() -> None:
    plain = cases("ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN")
    assert len(plain) == 22
    assert [address for address in plain if normalise_email(address) is None] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  John.Smith@Example.COM ", "john.smith@example.com"),
        ("<jo@example.com>", "jo@example.com"),
        ("jo+shop@gmail.com", "jo+shop@gmail.com"),
        ("Jürgen@Bücher.de", "jürgen@xn--bcher-kva.de"),
        ("jo@shop.test", "jo@shop.test"),
        ("jo@localhost", None),
        ("jo@example", None),
        ("jo smith@example.com", None),
        ("jo@example.com\x00", None),
        ("a" * 300 + "@example.com", None),
        ("", None),
    ],
)
def test_one_spelling(text: str, expected: str | None) -> None:
    assert normalise_email(text) == expected


@given(st.text() | st.emails() | st.builds("{}@{}.com".format, st.text(max_size=20), st.text(max_size=20)))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise_email(text)
    assert once is None or normalise_email(once) == once


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("j.o.smith+x@gmail.com", "josmith@gmail.com"),
        ("josmith@googlemail.com", "josmith@gmail.com"),
        ("jo.smith+x@outlook.com", "jo.smith@outlook.com"),
        ("jo@pm.me", "jo@proton.me"),
        ("jo.smith+x@example.com", "jo.smith+x@example.com"),
        ("+@gmail.com", "+@gmail.com"),
    ],
)
def test_mailboxes_are_folded_where_the_provider_does(address: str, mailbox: str) -> None:
    assert canonical_email(address) == mailbox
    assert canonical_email(mailbox) == mailbox


def test_reserved_domains_exist_nowhere() -> None:
    assert is_deliverable_form("jo@example.com")
    assert not is_deliverable_form("jo@shop.test")
