"""E-mail signals: whether mail arrives, whether the address was made for one use, and how long it is known."""

from __future__ import annotations

from operator import attrgetter

from shopwarden.contracts.signal import Signal, Strength
from shopwarden.domain.facts import Facts
from shopwarden.signals.grading import account_is_held, good_name, ramp
from shopwarden.signals.reading import days_since, email, known
from shopwarden.signals.wording import named

DELIVERY = (
    Signal(
        key="email.invalid",
        part="email",
        points=20,
        needs=("email.is_valid",),
        test=lambda facts: not email(facts).is_valid,
        reason=lambda facts: "The e-mail address is not a valid one.",
        group="dead_email",
        title="E-mail address not valid",
    ),
    Signal(
        key="email.no_mx",
        part="email",
        points=20,
        needs=("email.has_mx",),
        test=lambda facts: not email(facts).has_mx,
        reason=lambda facts: f"The domain {named(email(facts).domain)} does not receive mail.",
        group="dead_email",
        title="E-mail domain receives no mail",
    ),
    Signal(
        key="email.bounced",
        part="email",
        points=18,
        needs=("email.bounced",),
        test=attrgetter("email.bounced"),
        reason=lambda facts: "Mail to this address came back.",
        group="dead_email",
        title="Mail to the address bounced",
    ),
)


def _unknown_domain(facts: Facts) -> Strength:
    return email(facts).domain_customers == 0 and not email(facts).is_free


THROWAWAY = (
    Signal(
        key="email.disposable",
        part="email",
        points=30,
        needs=("email.is_disposable",),
        test=attrgetter("email.is_disposable"),
        reason=lambda facts: f"The domain {named(email(facts).domain)} gives out e-mail addresses to throw away.",
        group="throwaway_email",
        title="Disposable e-mail address",
    ),
    Signal(
        key="email.random",
        part="email",
        points=14,
        needs=("email.randomness",),
        test=lambda facts: ramp(known(email(facts).randomness), 0.6, 0.95),
        reason=lambda facts: "The e-mail address looks like random characters rather than a name or a word.",
        group="throwaway_email",
        title="Random-looking e-mail address",
    ),
    Signal(
        key="email.unknown_domain",
        part="email",
        points=4,
        needs=("email.domain_customers", "email.is_free"),
        test=_unknown_domain,
        reason=lambda facts: f"No other customer of the store has an address at {named(email(facts).domain)}.",
        group="throwaway_email",
        title="E-mail domain nobody else uses",
    ),
    Signal(
        key="email.new_domain",
        part="email",
        points=12,
        needs=("email.domain_first_seen",),
        test=lambda facts: ramp(days_since(facts, email(facts).domain_first_seen), 120, 20),
        reason=lambda facts: (
            f"The domain {named(email(facts).domain)} was first seen anywhere "
            f"{days_since(facts, email(facts).domain_first_seen):.0f} days ago."
        ),
        group="throwaway_email",
        title="E-mail domain new to the world",
    ),
    Signal(
        key="email.new_address",
        part="email",
        points=3,
        needs=("email.first_seen",),
        test=lambda facts: ramp(days_since(facts, email(facts).first_seen), 2, 0),
        reason=lambda facts: "The e-mail address was seen for the first time less than two days ago.",
        group="throwaway_email",
        title="E-mail address first seen just now",
    ),
    Signal(
        key="email.role",
        part="email",
        points=5,
        needs=("email.is_role",),
        test=attrgetter("email.is_role"),
        reason=lambda facts: "The e-mail address belongs to a role (such as info@ or sales@), not to a person.",
        title="E-mail address of a role",
    ),
    Signal(
        key="email.name_mismatch",
        part="email",
        points=6,
        needs=("email.name_agreement",),
        test=lambda facts: ramp(known(email(facts).name_agreement), 0.25, 0.0),
        reason=lambda facts: "The e-mail address has nothing in common with the person's name.",
        title="E-mail address and name disagree",
    ),
    Signal(
        key="email.known_long",
        part="trust",
        points=-10,
        needs=("email.first_seen",),
        test=lambda facts: (
            ramp(days_since(facts, email(facts).first_seen), 60, 365) * account_is_held(facts) * good_name(facts)
        ),
        reason=lambda facts: f"The e-mail address has been known for {days_since(facts, email(facts).first_seen):.0f} days.",
        group="standing",
        title="E-mail address known for long",
    ),
)
