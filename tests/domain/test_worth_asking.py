"""A paid look-up is made only where it can change the advice and enough money hangs on it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shopwarden.domain.scoring import advice_of, base_log_odds, score_of
from shopwarden.domain.verdict import Weights
from shopwarden.domain.worth_asking import Option, Outlook, dollars, gain_of, left_out, reachable

points = st.floats(-60, 140)
prices = st.decimals(0, 5, places=4)
options_strategy = st.lists(
    st.builds(
        Option,
        key=st.sampled_from(["a.x", "b.x", "c.x", "d.x"]),
        title=st.just("Vendor"),
        price=prices,
        policy=st.sampled_from(["always", "worthwhile", "by_hand"]),
        up=st.floats(0, 40),
        down=st.floats(0, 40),
    ),
    max_size=4,
    unique_by=lambda option: option.key,
)
weights = st.builds(Weights, review_at=st.integers(0, 100), decline_at=st.integers(0, 100))


@st.composite
def outlooks(draw: st.DrawFn) -> Outlook:
    now = draw(points)
    return Outlook(
        points=now,
        lowest=now - draw(st.floats(0, 60)),
        highest=now + draw(st.floats(0, 60)),
        base=base_log_odds(None),
        weights=draw(weights),
        stake=draw(st.none() | st.floats(0, 10_000)),
        is_settled=draw(st.booleans()),
    )


def asked(options: list[Option], outlook: Outlook) -> set[str]:
    """The paid ones under the policy that are made."""
    gone = left_out(options, outlook)
    return {o.key for o in options if o.policy == "worthwhile" and o.price > 0 and o.key not in gone}


@given(options_strategy, outlooks())
def test_never_asks_when_no_answer_can_cross_a_threshold(options, outlook):
    def advice(at: float) -> str:
        return advice_of(score_of(at, outlook.base), outlook.weights)

    steps = [outlook.lowest + (outlook.highest - outlook.lowest) * step / 40 for step in range(41)]
    if all(advice(at) == advice(outlook.points) for at in steps) and not reachable(outlook):
        assert not asked(options, outlook)
    if any(advice(at) != advice(outlook.points) for at in steps):
        assert reachable(outlook)


@given(options_strategy, outlooks(), prices)
def test_a_dearer_call_is_never_made_where_a_cheaper_one_of_the_same_kind_is_not(options, outlook, price):
    if not options:
        return
    twin = replace(options[0], key="twin.x", price=price, policy="worthwhile")
    first = replace(options[0], policy="worthwhile")
    made = asked([first, *options[1:], twin], outlook)
    cheaper, dearer = sorted((first, twin), key=lambda option: option.price)
    if dearer.key in made and cheaper.price > 0:
        assert cheaper.key in made


@given(options_strategy, outlooks(), st.floats(0, 10_000))
def test_more_money_at_stake_never_asks_less(options, outlook, more):
    richer = replace(outlook, stake=(outlook.stake or 0) + more)
    assert asked(options, outlook) <= asked(options, richer)


@given(options_strategy, outlooks())
def test_what_is_free_or_wanted_always_is_never_left_out(options, outlook):
    gone = left_out(options, outlook)
    assert all(option.key not in gone for option in options if option.price == 0 or option.policy != "worthwhile")


@given(options_strategy, outlooks())
def test_what_moves_no_score_is_never_paid_for(options, outlook):
    made = asked(options, outlook)
    assert all(option.up + option.down > 0 for option in options if option.key in made)


@given(outlooks())
def test_without_an_order_or_with_a_settled_advice_nothing_is_to_gain(outlook):
    assert gain_of(replace(outlook, stake=None)) == gain_of(replace(outlook, is_settled=True)) == 0
    assert gain_of(outlook) >= 0


def one(price: str, stake: float, at: float = 26) -> dict[str, str]:
    option = Option(key="v.x", title="Vendor", price=Decimal(price), policy="worthwhile", up=30, down=0)
    outlook = Outlook(
        points=at, lowest=at, highest=at + 30, base=base_log_odds(None), weights=Weights(), stake=stake
    )  # fmt: skip
    return left_out([option], outlook)


@pytest.mark.parametrize(
    ("price", "stake", "at", "why"),
    [
        ("0.02", 100, 26, None),
        ("0.02", 0.2, 26, "too little hangs"),
        ("0.02", 100, 0, "no answer could change"),
        ("20.00", 100, 26, "too little hangs"),
    ],
)
def test_examples(price: str, stake: float, at: float, why: str | None):
    gone = one(price, stake, at)
    assert (why is None) == (not gone)
    assert why is None or why in gone["v.x"]


def test_money_of_small_units_counts_by_its_worth():
    assert dollars(Decimal(15_000), "JPY") == pytest.approx(100)
    assert dollars(Decimal(100), None) == 100
    assert dollars(None, "USD") is None
    assert dollars(Decimal("NaN"), "USD") is None
