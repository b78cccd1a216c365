"""Of facts, not of signals: what speaks against somebody never lowers a score, what speaks for somebody never raises it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from shopwarden.domain.facts import Facts
from shopwarden.domain.verdict import Weights
from shopwarden.steps.judge import judge
from tests.signals.any_facts import any_facts

AGAINST = (
    "ip.recent_abuse", "email.is_disposable", "email.is_role", "email.bounced", "device.disagrees", "device.seen_in_fraud",
    "device.is_automated", "device.is_bot", "session.untouched", "order.express_shipping",
)  # fmt: skip
FOR = (
    "customer.email_verified", "customer.phone_verified", "customer.known_device", "customer.known_ip",
    "customer.known_shipping_address",
)  # fmt: skip
RELAYS = ("is_vpn", "is_proxy", "is_tor", "is_hosting")
LEAST = 1e-9


def points_of(facts: Facts, path: str, value: object) -> float | None:
    """The points with this fact set; None where the facts have no such part."""
    part_name, field = path.split(".")
    part = getattr(facts, part_name)
    return None if part is None else judge(replace(facts, **{part_name: replace(part, **{field: value})}), Weights()).points


@pytest.mark.parametrize(("path", "sign"), [*((path, 1) for path in AGAINST), *((path, -1) for path in FOR)])
@settings(max_examples=60)
@given(facts=any_facts)
def test_a_fact_moves_the_score_its_own_way_only(path: str, sign: int, facts: Facts) -> None:
    """Whether it was unknown before or known not to be so."""
    told = points_of(facts, path, True)
    for before in (None, False):
        earlier = points_of(facts, path, before)
        assert told is None or earlier is None or (told - earlier) * sign >= -LEAST


@settings(max_examples=150)
@given(facts=any_facts)
def test_hiding_raises_the_score_but_for_what_it_explains(facts: Facts) -> None:
    """That an address is a relay's speaks against somebody. It also says that many share the address, and why places do not
    fit: only what is read from these may weigh less for it."""
    if facts.ip is None:
        return
    plain = {"country": None, "timezone": None, "latitude": None, "longitude": None, "connection_type": None}
    alone = replace(facts, ip=replace(facts.ip, **plain, **dict.fromkeys(RELAYS)), velocity=None, visitor=None)
    before = judge(alone, Weights()).points
    for name in RELAYS:
        hidden = replace(alone, ip=replace(alone.ip, **{name: True}))  # type: ignore[type-var]
        assert judge(hidden, Weights()).points >= before - LEAST
