"""Which customers are one person, whose a visitor is, and which rows stand for whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.identity import Identifier
from shopwarden.domain.ids import CustomerId, VisitorId, new_id
from shopwarden.domain.persons import MOST_SHARING, Tie, name_key, owner_of_visitor, persons, stretches
from shopwarden.domain.rows import assign_rows

START = datetime(2026, 1, 1, tzinfo=UTC)
C = [CustomerId(UUID(int=number)) for number in range(1, 8)]
V = VisitorId(UUID(int=99))
names = st.dictionaries(st.sampled_from(C), st.sampled_from([None, "ann", "bob"]), min_size=1)
groups = st.lists(st.lists(st.sampled_from(C), min_size=1, max_size=5, unique=True), max_size=6)
ties = st.lists(
    st.builds(
        lambda customer, kind, first, more: Tie(
            V, customer, kind, START + timedelta(hours=first), START + timedelta(hours=first + more)
        ),
        st.sampled_from(C[:3]),
        st.sampled_from(["identify", "checkout", "order"]),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=6,
)


@given(names, groups, st.randoms(use_true_random=False))
def test_persons_do_not_depend_on_any_order(
    known: dict[CustomerId, str | None], shared: list[list[CustomerId]], chance: Random
) -> None:
    shuffled = [chance.sample(group, len(group)) for group in chance.sample(shared, len(shared))]
    turned = dict(chance.sample(list(known.items()), len(known)))
    assert persons(turned, shuffled) == persons(known, shared)


@given(names, groups)
def test_a_person_has_one_first_name_and_is_called_by_its_smallest_id(
    known: dict[CustomerId, str | None], shared: list[list[CustomerId]]
) -> None:
    whose = persons(known, shared)
    assert whose.keys() == known.keys()
    for person in set(whose.values()):
        members = [customer for customer, of in whose.items() if of == person]
        assert person == min(members)
        assert len({known[customer] for customer in members} - {None}) <= 1


def test_a_shared_browser_links_up_to_three_customers() -> None:
    few, many = C[:MOST_SHARING], C[: MOST_SHARING + 1]
    assert set(persons(dict.fromkeys(few), [few]).values()) == {C[0]}
    assert persons(dict.fromkeys(many), [many]) == {customer: customer for customer in many}


def test_a_household_that_shares_a_tablet_stays_several_people() -> None:
    assert persons({C[0]: "ann", C[1]: "bob"}, [C[:2]]) == {C[0]: C[0], C[1]: C[1]}
    # A nameless customer between two names would make one person of both: it stands alone instead.
    assert persons({C[0]: "ann", C[1]: None, C[2]: "bob"}, [C[:2], C[1:3]]) == {c: c for c in C[:3]}


def test_names_are_compared_without_case_accents_and_further_names() -> None:
    assert name_key("  JOSÉ María ") == name_key("jose") == "jose"
    assert name_key(" .. ") is None is name_key(None)


@given(ties, st.randoms(use_true_random=False))
def test_whose_a_visitor_is_does_not_depend_on_any_order(known: list[Tie], chance: Random) -> None:
    shuffled = chance.sample(known, len(known))
    assert owner_of_visitor(shuffled) == owner_of_visitor(known)
    assert stretches(shuffled) == stretches(known)
    assert stretches(known)[0][0] is None
    assert stretches(known)[-1][1] == owner_of_visitor(known)


def test_what_was_done_before_anybody_was_known_belongs_to_the_first_who_was() -> None:
    ann, bob = C[:2]
    hour = timedelta(hours=1)
    told = [Tie(V, ann, "identify", START, START), Tie(V, bob, "identify", START + hour, START + hour)]
    assert stretches(told) == [(None, ann), (START + hour, bob)]


EMAIL, SHOP, OTHER = Identifier("email", "a@x.com"), Identifier("shopify", "1"), Identifier("shopify", "2")


def test_a_shell_row_is_taken_over_by_the_shopify_customer_it_turns_out_to_be() -> None:
    done = assign_rows({EMAIL: SHOP, SHOP: SHOP}, {EMAIL: C[0]}, {EMAIL: True, SHOP: True}, lambda: C[5])
    assert done.rows == {EMAIL: C[0], SHOP: C[0]}
    assert (done.moves, done.given_up) == ([], {})


def test_two_rows_of_one_customer_become_one_and_the_other_is_given_up() -> None:
    done = assign_rows({EMAIL: SHOP, SHOP: SHOP}, {EMAIL: C[0], SHOP: C[1]}, {EMAIL: True, SHOP: True}, lambda: C[5])
    assert done.rows == {EMAIL: C[1], SHOP: C[1]}
    assert [move[1:] for move in done.moves] == [(C[0], C[1])]
    assert done.given_up == {C[0]: C[1]}


def test_an_address_that_changes_hands_leaves_the_row_behind() -> None:
    old = {EMAIL: C[0], SHOP: C[0]}
    done = assign_rows({EMAIL: OTHER, OTHER: OTHER}, old, {EMAIL: True, SHOP: True, OTHER: True}, lambda: C[5])
    assert done.rows == {EMAIL: C[5], OTHER: C[5]}
    assert done.given_up == {}


def test_what_nobody_spoke_of_gets_no_row() -> None:
    assert assign_rows({EMAIL: EMAIL}, {}, {EMAIL: False}, lambda: CustomerId(new_id())).rows == {EMAIL: None}
