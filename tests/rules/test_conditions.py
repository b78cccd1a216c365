"""Conditions that can't be understood: each mistake a merchant makes is told where it is, with what to write instead."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwarden.domain.facts import DeviceFacts, Facts, IpFacts, OrderFacts, StoreFacts
from shopwarden.rules.descriptions import describe
from shopwarden.rules.examples import CLOSED, WORDS, described
from shopwarden.rules.language import LONGEST_CONDITION, ConditionError, FactsAtHand, read_condition
from shopwarden.rules.vendor_names import LOOKUPS
from shopwarden.rules.vocabulary import Sight, vocabulary
from shopwarden.vendors import find_vendors

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("condition", "line", "column", "told"),
    [
        ("order.total > 500", 1, 13, "write 500.0 instead of 500"),
        ("risk.score >= 30.0", 1, 12, "write 30 instead of 30.0"),
        ("order.item_count > 2.5", 1, 18, "write double(order.item_count)"),
        ("order.item_count > order.total", 1, 18, "write double(order.item_count)"),
        ("ip.is_vpn &&\n  order.total > 5", 2, 15, "write 5.0 instead of 5"),
        ("order.totl > 5.0", 1, 1, "did you mean order.total"),
        ("ip.country == DE", 1, 15, 'a text stands in quotes, "DE"'),
        ('ip.is_vpn == "yes"', 1, 11, "write ip.is_vpn or !ip.is_vpn"),
        ('"a" in ip.country', 1, 5, "stands a list"),
        ('customer.created_at > "2024-01-01"', 1, 21, 'write timestamp("2026-01-31T00:00:00Z")'),
        ("at - customer.created_at > 5", 1, 26, 'write duration("24h")'),
        ("ip.is_vpn = true", 1, 11, "write == to compare"),
        ("ip.is_vpn and ip.is_tor", 1, 11, "write && instead of and"),
        ("ip.is_vpn & ip.is_tor", 1, 11, "write && instead of &"),
        ("(ip.is_vpn", 1, 11, ") is missing"),
        ("ip.is_vpn &&", 1, 13, "ends too early"),
        ('ip.country == "DE', 1, 15, "has no closing quote"),
        (r'email.domain.matches("\.xyz$")', 1, 22, "a backslash in a text is doubled"),
        ('email.domain.matches("(")', 1, 22, "is not a regular expression: missing )"),
        ("email.domain.lower()", 1, 14, "there is no function lower()"),
        ("order", 1, 1, "order is a part"),
        ("order.total.amount > 1.0", 1, 1, "has no parts"),
        ("ip.is_vpn && order.total", 1, 11, "&& joins what is true or false"),
        ("order.total + 1.0", 1, 1, "must be true or false as a whole, and this is a number with decimals"),
        ("has(order.total)", 1, 1, 'write "order.total" in known'),
        ("known.all(a, known.all(b, a == b))", 1, 1, "inside another list"),
        ("true" + " && true" * 300, 1, 1, f"longer than {LONGEST_CONDITION}"),
        ("", 1, 1, "is empty"),
        ("true \x07", 1, 6, "can't be kept"),
    ],
)
def test_a_mistake_is_told_where_it_is_with_what_to_write(condition: str, line: int, column: int, told: str) -> None:
    with pytest.raises(ConditionError) as refused:
        read_condition(condition)
    assert (refused.value.line, refused.value.column) == (line, column), refused.value.message
    assert told in refused.value.message
    assert refused.value.fields["condition"] == refused.value.message


@given(st.text(max_size=60) | st.text(alphabet="ip.s_vn total()[]{}&|!<>=\"'\\/0123456789,:?\n", max_size=60))
@settings(max_examples=300, deadline=None)
def test_whatever_is_typed_is_read_or_refused_within_its_text(text: str) -> None:
    try:
        read_condition(text)
    except ConditionError as refused:
        lines = text.split("\n")
        for fault in refused.faults:
            assert 1 <= fault.line <= len(lines)
            assert 1 <= fault.column <= len(lines[fault.line - 1]) + 1
            assert fault.message


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("order.`total` > 1.0", {"order.total"}),
        ("risk.reasons.exists(at, at == 'x') // ip.is_vpn", {"risk.reasons"}),
        ("r'ip.is_tor' == email.domain", {"email.domain"}),
        ("order . total > 1.0", {"order.total"}),
    ],
)
def test_the_facts_a_condition_reads_are_known(condition: str, names: set[str]) -> None:
    assert names <= set(read_condition(condition).names)
    assert "ip.is_vpn" not in read_condition(condition).names
    assert "ip.is_tor" not in read_condition(condition).names


UNFIT: dict[str, Any] = {
    "half a character": (IpFacts(address="\ud800", country="DE"), "ip.address"),
    "NUL": (IpFacts(address="a\0b", country="DE"), "ip.address"),
    "too large a number": (IpFacts(address="::1", country="DE", asn=2**70), "ip.asn"),
    "not a number": (IpFacts(address="::1", country="DE", latitude=float("nan")), "ip.latitude"),
}


@pytest.mark.parametrize("what", list(UNFIT))
def test_a_fact_that_is_out_of_bounds_harms_no_other(what: str) -> None:
    ip, name = UNFIT[what]
    facts = Facts(at=AT, store=StoreFacts(), ip=ip, order=OrderFacts(total=Decimal("NaN")))
    for condition in (f'"{name}" in known || ip.country == "DE"', 'ip.country == "DE"'):
        ready = read_condition(condition)
        assert FactsAtHand(Sight(facts=facts), frozenset({*ready.names, name})).ask(ready).holds is True
    ready = read_condition("order.total < 5.0")
    assert FactsAtHand(Sight(facts=facts), frozenset(ready.names)).ask(ready).missing == ("order.total",)


def test_long_lists_and_long_texts_are_cut() -> None:
    facts = Facts(at=AT, store=StoreFacts(), device=DeviceFacts(languages=("x" * 9000,) * 9000))
    ready = read_condition("device.languages.all(each, size(each) <= 2000) && size(device.languages) <= 200")
    assert FactsAtHand(Sight(facts=facts), frozenset(ready.names)).ask(ready).holds is True


def test_what_failed_is_told_without_the_values_of_facts() -> None:
    facts = Facts(at=AT, store=StoreFacts(), ip=IpFacts(address="203.0.113.9"))
    ready = read_condition('{"a": true}[ip.address]')
    error = FactsAtHand(Sight(facts=facts), frozenset(ready.names)).ask(ready).error
    assert error
    assert "203.0.113.9" not in error


def test_every_name_has_a_description_and_an_example_that_can_be_read() -> None:
    found = described()
    assert {each.name for each in found} == set(vocabulary())
    for each in found:
        assert len(describe(each.name)) > 8, each.name
        assert each.description.endswith("."), each
        assert read_condition(each.example).names, each
    assert set(CLOSED) <= set(vocabulary())
    for word in WORDS:
        read_condition(word.example)


def test_every_lookup_that_may_feed_a_decision_has_a_name() -> None:
    kinds = {lookup.key: lookup.subject for vendor in find_vendors().values() for lookup in vendor.lookups}
    assert {key: kind for key, (kind, _) in LOOKUPS.items()} == {k: v for k, v in kinds.items() if v != "person"}
