"""The newest statement of each field wins, whatever the order, grouping and number of tellings."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.merge import Fields, Stated, merge, stated_by, values_of
from shopwarden.domain.observation import Address, CustomerObservation

AT = datetime(2026, 1, 1, tzinfo=UTC)
stated = st.builds(
    Stated,
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from(["shopify", "segment"]),
    st.none() | st.booleans() | st.text(max_size=2),
)
maps = st.dictionaries(st.sampled_from(["email", "phone", "tag.a", "custom.x"]), stated)


@given(maps, maps)
def test_merging_is_commutative(one: Fields, other: Fields) -> None:
    assert merge(one, other) == merge(other, one)


@given(maps, maps, maps)
def test_merging_is_associative(one: Fields, two: Fields, three: Fields) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three)) == merge(one, two, three)


@given(maps)
def test_merging_is_idempotent(one: Fields) -> None:
    assert merge(one, one) == one == merge(one)


@given(st.lists(maps, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_outcome_depends_on_what_was_said_alone(said: list[Fields], chance: st.DataObject) -> None:
    again = [*said, *said]
    chance.shuffle(again)  # type: ignore[attr-defined]
    assert reduce(merge, again) == merge(*said)


def observe(version: str, **fields: object) -> Fields:
    return stated_by(CustomerObservation(version=version, at=AT, source="shopify", **fields))  # type: ignore[arg-type]


def test_what_is_unset_does_not_compete_and_null_does() -> None:
    first = observe("1", first_name="Ann", last_name="Lee")
    assert values_of(merge(first, observe("2", last_name=None)))["first_name"] == "Ann"
    assert values_of(merge(first, observe("2", last_name=None)))["last_name"] is None


def test_single_tags_change_the_list_that_is_older_than_they_are() -> None:
    listed, added, removed = (
        observe("2", tags=("a", "b")),
        observe("3", tags_added=("c",)),
        observe("4", tags_removed=("a",)),
    )
    stale = observe("1", tags_added=("z",))
    assert values_of(merge(listed, added, removed, stale))["tags"] == ["b", "c"]
    assert values_of(merge(added, removed, observe("5", tags=("a",))))["tags"] == ["a"]


def test_custom_attributes_are_merged_key_by_key() -> None:
    both = merge(observe("1", custom_attributes={"a": 1, "b": 1}), observe("2", custom_attributes={"b": 2}))
    assert values_of(both)["custom_attributes"] == {"a": 1, "b": 2}


def test_money_times_and_addresses_are_kept_as_json_without_nul_bytes() -> None:
    fields = observe("1", total_spent=Decimal("1.50"), created_at=AT, addresses=(Address(city="Otta\0wa"),))
    assert fields["total_spent"].value == "1.50"
    assert fields["created_at"].value == "2026-01-01T00:00:00+00:00"
    assert fields["addresses"].value == [{"city": "Ottawa"}]
