"""Conditions asked together say what each says alone, whatever is known and whatever fails."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopwarden.domain.facts import Facts
from shopwarden.rules.language import Condition, ConditionError, FactsAtHand, Said, read_condition
from shopwarden.rules.together import Together
from shopwarden.rules.vocabulary import Sight
from tests.signals.any_facts import any_facts

TEXTS = (
    "order.total > 100.0", "ip.is_vpn || order.total > 50.0", "!ip.is_vpn && order.item_count > 3", "true", "false",
    "order.item_count / order.item_count == 1", "100 / order.failed_payments > 3 || false", '"ip.is_vpn" in known',
    'customer.status == "vip" // a remark', "risk.score >= 0 ? ip.is_vpn : false", "nonsense(", "1 + 1", "1 / 0 > 1",
    "phone.country == order.card_country", 'lists.blocked.exists(kind, kind == "ip")', "timestamp(order.currency) > at",
)  # fmt: skip


def alone(text: str, sight: Sight) -> Said:
    try:
        condition: Condition = read_condition(text)
    except ConditionError as fault:
        return Said(None, error=fault.message)
    return FactsAtHand(sight, frozenset(condition.names)).ask(condition)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(any_facts, st.lists(st.sampled_from(TEXTS), max_size=90))
def test_together_they_say_what_each_says_alone(facts: Facts, texts: list[str]):
    sight = Sight(facts=facts)
    said = [alone(text, sight) for text in texts]
    for often in (1, 16):
        told = [(place, one) for place, one in enumerate(said) if one.holds is not False]
        assert Together(texts, often).ask(sight) == told


def test_a_condition_too_deep_to_join_others_is_asked_alone():
    texts = ["(" * 25 + "order.total > 1.0" + ")" * 25, *["true"] * 59]
    facts = msgspec.convert({"at": "2026-03-01T00:00:00Z", "store": {}, "order": {"total": "2"}}, Facts)
    assert [place for place, said in Together(texts, often=1).ask(Sight(facts=facts)) if said.holds] == list(range(60))
