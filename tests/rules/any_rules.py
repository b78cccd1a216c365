"""Conditions and rules of any shape for property tests: from names of the vocabulary, joined as merchants join them."""

from __future__ import annotations

from uuid import UUID

from hypothesis import strategies as st

from shopwarden.domain.policy import Effect, Rule, Ruleset
from shopwarden.rules.examples import described

_ATOMS = tuple(each.example for each in described())
_FAILING = (
    "1 / (size(known) - size(known)) > 1",
    "int(order.currency) > 1",
    'order.total > "x"',
    "nothing.at.all",
    "true &&",
)
atoms = st.sampled_from(_ATOMS)
conditions = st.recursive(
    atoms,
    lambda inner: (
        st.tuples(inner, st.sampled_from(("&&", "||")), inner).map(lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})")
        | inner.map(lambda one: f"!({one})")
    ),
    max_leaves=4,
)
"""Such as can be read."""
any_conditions = conditions | st.sampled_from(_FAILING)
"""Some of them fail, or can't be read at all."""

effects = st.builds(
    Effect,
    points=st.floats(-100, 100),
    advice=st.sampled_from((None, None, "approve", "review", "decline")),
    tags=st.lists(st.sampled_from(("a", "b", "c")), max_size=2).map(tuple),
    hold=st.booleans(),
    review=st.booleans(),
)
rules = st.builds(
    Rule,
    id=st.integers(1, 2**100).map(lambda number: UUID(int=number)),
    version=st.just(1),
    name=st.just("A rule"),
    condition=any_conditions,
    effect=effects,
    state=st.sampled_from(("shadow", "partial", "live")),
    share=st.integers(1, 100),
)
rulesets = st.lists(rules, max_size=6, unique_by=lambda rule: rule.id).map(
    lambda found: Ruleset(version=1, rules=tuple(found))
)
