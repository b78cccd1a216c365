"""Phone signals: whether the number exists, is a real line, and belongs where the order does."""

from __future__ import annotations

from shopwarden.contracts.signal import Signal, Strength
from shopwarden.domain.facts import Facts
from shopwarden.signals.reading import known, order, phone
from shopwarden.signals.wording import country_of

UNREACHABLE_KINDS = frozenset({"premium_rate", "pager", "uan", "toll_free", "shared_cost", "voicemail"})


def _foreign_number(facts: Facts) -> Strength:
    countries = {known(order(facts).billing).country, known(order(facts).shipping).country}
    return phone(facts).country not in countries


SIGNALS = (
    Signal(
        key="phone.invalid",
        part="order",
        points=10,
        needs=("phone.is_valid",),
        test=lambda facts: not phone(facts).is_valid,
        reason=lambda facts: "The phone number does not exist in its country's numbering plan.",
        group="phone",
        title="Phone number not valid",
    ),
    Signal(
        key="phone.voip",
        part="order",
        points=8,
        needs=("phone.kind",),
        test=lambda facts: phone(facts).kind == "voip",
        reason=lambda facts: "The phone number is an internet line, easy to rent without a name.",
        group="phone",
        title="Internet phone number",
    ),
    Signal(
        key="phone.unusual_kind",
        part="order",
        points=8,
        needs=("phone.kind",),
        test=lambda facts: phone(facts).kind in UNREACHABLE_KINDS,
        reason=lambda facts: f"The phone number is a {known(phone(facts).kind).replace('_', ' ')} line, not a person's.",
        group="phone",
        title="Phone number of an unusual kind",
    ),
    Signal(
        key="phone.country",
        part="order",
        points=6,
        needs=("phone.country", "order.billing.country", "order.shipping.country"),
        test=_foreign_number,
        reason=lambda facts: (
            f"The phone number is from {phone(facts).country}, the order is billed to {country_of(order(facts).billing)} "
            f"and shipped to {country_of(order(facts).shipping)}."
        ),
        group="phone",
        title="Phone number from another country",
    ),
)
