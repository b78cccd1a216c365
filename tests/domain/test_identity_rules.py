"""Who is who, by pure rules: any order gives the same partition, and two Shopify ids are never one customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.identity import (
    MOST_EMAILS,
    SHOPIFY,
    Identifier,
    identifier_of,
    identifiers_of,
    join,
    resolve,
    said,
    write_down,
)
from shopwarden.domain.observation import CustomerObservation

START = datetime(2026, 1, 1, tzinfo=UTC)


def speak(version: int, **names: str | None) -> CustomerObservation:
    at = START + timedelta(hours=version)
    return CustomerObservation(version=f"{version:04d}", at=at, source="test", **names)  # type: ignore[arg-type]


observations = st.builds(
    speak,
    st.integers(0, 30),
    shopify_id=st.sampled_from([None, None, "1", "2"]),
    email=st.sampled_from([None, "a@x.com", "b@x.com", "c@x.com"]),
    user_id=st.sampled_from([None, "u", "v"]),
    phone=st.sampled_from([None, "+1", "+2"]),
).filter(identifiers_of)
heard = st.lists(observations, min_size=1, max_size=12)


@given(heard, st.randoms(use_true_random=False))
def test_the_partition_does_not_depend_on_the_order_of_arrival(said_all: list[CustomerObservation], chance: Random) -> None:
    again = [*said_all, *said_all]
    chance.shuffle(again)
    assert write_down(again) == write_down(said_all)
    assert resolve(write_down(again)) == resolve(write_down(said_all))


@given(heard, heard)
def test_books_kept_apart_and_joined_are_the_book_kept_together(
    one: list[CustomerObservation], two: list[CustomerObservation]
) -> None:
    apart, other = write_down(one), write_down(two)
    joined = {name: known for name, known in apart.items() if name not in other}
    joined |= {name: join(apart[name], known) if name in apart else known for name, known in other.items()}
    assert joined == write_down([*one, *two])


@given(heard)
def test_roots_are_roots_and_no_shopify_id_is_another(said_all: list[CustomerObservation]) -> None:
    roots = resolve(write_down(said_all))
    for name, root in roots.items():
        assert roots[root] == root
        if name.kind == SHOPIFY:
            assert root == name


@given(observations)
def test_fields_lie_with_the_strongest_name_alone(observation: CustomerObservation) -> None:
    pages = said(observation)
    strongest = identifiers_of(observation)[0]
    assert [name for name, known in pages.items() if known.spoken] == [strongest]


def root(of: str, *said_all: CustomerObservation) -> str:
    return str(resolve(write_down(said_all))[identifier_of(of)])


A, B = "a@x.com", "b@x.com"


@pytest.mark.parametrize(
    ("of", "said_all", "belongs_to"),
    [
        ("email:a@x.com", [speak(1, email=A)], "email:a@x.com"),
        ("email:a@x.com", [speak(2, email=A), speak(1, email=A, shopify_id="1")], "shopify:1"),
        ("email:a@x.com", [speak(1, email=A, shopify_id="1"), speak(2, email=A, shopify_id="2")], "shopify:2"),
        ("email:a@x.com", [speak(3, email=A, shopify_id="1"), speak(2, email=A, shopify_id="2")], "shopify:1"),
        ("user:u", [speak(1, user_id="u", email=A), speak(2, email=A, shopify_id="1")], "shopify:1"),
        ("email:b@x.com", [speak(1, user_id="u", email=B), speak(2, user_id="u", shopify_id="1")], "shopify:1"),
        ("email:b@x.com", [speak(1, user_id="u", email=B)], "user:u"),
        ("user:u", [speak(1, user_id="u", shopify_id="1"), speak(2, user_id="u", shopify_id="2")], "shopify:2"),
        ("phone:+1", [speak(1, phone="+1"), speak(2, phone="+1", email=A)], "email:a@x.com"),
        ("phone:+1", [speak(1, phone="+1"), speak(2, phone="+1", email=A), speak(3, phone="+1", email=B)], "phone:+1"),
        ("phone:+1", [speak(1, phone="+1", email=A), speak(2, phone="+1", shopify_id="1", email=A)], "shopify:1"),
    ],
)
def test_what_belongs_to_whom(of: str, said_all: list[CustomerObservation], belongs_to: str) -> None:
    assert root(of, *said_all) == belongs_to


def test_a_user_id_that_everybody_has_binds_nobody() -> None:
    few = [speak(number, user_id="guest", email=f"{number}@x.com") for number in range(MOST_EMAILS)]
    one_more = speak(99, user_id="guest", email="last@x.com")
    assert root("email:0@x.com", *few) == "user:guest"
    assert root("email:0@x.com", *few, one_more) == "email:0@x.com"
    assert root("email:last@x.com", *few, one_more) == "email:last@x.com"


def test_an_endless_id_is_told_apart_by_its_digest() -> None:
    long = identifiers_of(speak(1, user_id="x" * 10_000))[0]
    assert len(long.value) < 100
    assert long != identifiers_of(speak(1, user_id="x" * 9_999))[0]
    assert Identifier("email", "a:b@x.com") == identifier_of("email:a:b@x.com")
