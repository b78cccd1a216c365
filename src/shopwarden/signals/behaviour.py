"""Behaviour signals: how the visit went, and whether a person or a program made it."""

from __future__ import annotations

from operator import attrgetter

from shopwarden.contracts.signal import Signal, Strength
from shopwarden.domain.facts import Facts
from shopwarden.signals.grading import good_name, ramp
from shopwarden.signals.reading import customer, days_since, device, known, session, visitor
from shopwarden.signals.wording import count_of, named

HASTE = (
    Signal(
        key="behaviour.direct_checkout",
        part="behaviour",
        points=12,
        needs=("session.direct_checkout",),
        test=attrgetter("session.direct_checkout"),
        reason=lambda facts: "The visit went straight to the checkout, past every product page.",
        group="haste",
        title="Straight to the checkout",
    ),
    Signal(
        key="behaviour.no_product_view",
        part="behaviour",
        points=8,
        needs=("session.product_views", "session.checkouts_started"),
        test=lambda facts: session(facts).product_views == 0 and known(session(facts).checkouts_started) >= 1,
        reason=lambda facts: "A checkout was started without looking at any product.",
        group="haste",
        title="Checkout without a product view",
    ),
    Signal(
        key="behaviour.fast_checkout",
        part="behaviour",
        points=12,
        needs=("session.seconds_to_checkout",),
        test=lambda facts: ramp(known(session(facts).seconds_to_checkout), 20, 4),
        reason=lambda facts: (
            f"Only {known(session(facts).seconds_to_checkout):.0f} seconds passed from arriving to the checkout."
        ),
        group="haste",
        title="At the checkout within seconds",
    ),
)


def _fast_pages(facts: Facts) -> Strength:
    return known(session(facts).page_views) >= 4 and ramp(known(session(facts).median_page_seconds), 2.5, 0.5)


def _page_rate(facts: Facts) -> Strength:
    return known(session(facts).page_views) >= 6 and ramp(known(session(facts).pages_per_minute), 20, 60)


def _machine_rhythm(facts: Facts) -> Strength:
    return known(session(facts).page_views) >= 5 and ramp(known(session(facts).page_rhythm), 0.25, 0.05)


MACHINE = (
    Signal(
        key="behaviour.automated_browser",
        part="behaviour",
        points=40,
        needs=("device.is_automated",),
        test=attrgetter("device.is_automated"),
        reason=lambda facts: "The browser is driven by a program (headless, automated or a script).",
        group="machine",
        title="Automated browser",
    ),
    Signal(
        key="behaviour.no_input",
        part="behaviour",
        points=25,
        needs=("session.untouched",),
        test=attrgetter("session.untouched"),
        reason=lambda facts: (
            "Several pages were looked at and left without a key, a pointer or a finger being used on any of them."
        ),
        group="machine",
        title="Pages looked at without any input",
    ),
    Signal(
        key="behaviour.bot_user_agent",
        part="behaviour",
        points=30,
        needs=("device.is_bot",),
        test=attrgetter("device.is_bot"),
        reason=lambda facts: f"The visitor calls itself a bot ({named(device(facts).bot_name)}).",
        group="machine",
        title="User agent of a bot",
    ),
    Signal(
        key="behaviour.fast_pages",
        part="behaviour",
        points=20,
        needs=("session.median_page_seconds", "session.page_views"),
        test=_fast_pages,
        reason=lambda facts: (
            f"Pages followed each other every {known(session(facts).median_page_seconds):.1f} seconds, "
            "faster than a person reads."
        ),
        group="machine",
        title="Pages faster than a person reads",
    ),
    Signal(
        key="behaviour.page_rate",
        part="behaviour",
        points=15,
        needs=("session.pages_per_minute", "session.page_views"),
        test=_page_rate,
        reason=lambda facts: f"{known(session(facts).pages_per_minute):.0f} pages a minute were opened.",
        group="machine",
        title="Very many pages a minute",
    ),
    Signal(
        key="behaviour.machine_rhythm",
        part="behaviour",
        points=30,
        needs=("session.page_rhythm", "session.page_views"),
        test=_machine_rhythm,
        reason=lambda facts: (
            f"The {known(session(facts).page_views)} pages came in an even beat "
            f"(variation {known(session(facts).page_rhythm):.2f}), as a machine's do."
        ),
        group="machine",
        title="Pages in a machine's even beat",
    ),
)


def _unfinished_checkouts(facts: Facts) -> Strength:
    return visitor(facts).orders == 0 and ramp(known(visitor(facts).checkouts_started), 3, 10)


def _calm_history(facts: Facts) -> Strength:
    seen = visitor(facts)
    troubled = known(seen.failed_payments_total) > 0 or (seen.device_changes or 0) > 2 or (seen.location_changes or 0) > 1
    if troubled or known(seen.sessions) < 3:
        return False
    return ramp(days_since(facts, seen.first_seen), 14, 120) * good_name(facts)


HISTORY = (
    Signal(
        key="behaviour.failed_payments",
        part="behaviour",
        points=25,
        needs=("visitor.failed_payments_1h",),
        test=lambda facts: ramp(known(visitor(facts).failed_payments_1h), 2, 8),
        reason=lambda facts: f"{count_of(known(visitor(facts).failed_payments_1h), 'payment')} failed within the last hour.",
        group="card_testing",
        title="Several failed payments within an hour",
    ),
    Signal(
        key="behaviour.failed_payment_history",
        part="behaviour",
        points=12,
        needs=("visitor.failed_payments_total",),
        test=lambda facts: ramp(known(visitor(facts).failed_payments_total), 4, 15),
        reason=lambda facts: (
            f"{count_of(known(visitor(facts).failed_payments_total), 'payment')} of this visitor failed so far."
        ),
        group="card_testing",
        title="Many failed payments over all visits",
    ),
    Signal(
        key="behaviour.unfinished_checkouts",
        part="behaviour",
        points=12,
        needs=("visitor.checkouts_started", "visitor.orders"),
        test=_unfinished_checkouts,
        reason=lambda facts: (
            f"{count_of(known(visitor(facts).checkouts_started), 'checkout was', 'checkouts were')} started, none finished."
        ),
        title="Many checkouts started, none finished",
    ),
    Signal(
        key="behaviour.abandoned_checkouts",
        part="behaviour",
        points=5,
        needs=("customer.abandoned_checkouts", "customer.orders_count"),
        test=lambda facts: customer(facts).orders_count == 0 and ramp(known(customer(facts).abandoned_checkouts), 4, 12),
        reason=lambda facts: (
            f"The customer left {count_of(known(customer(facts).abandoned_checkouts), 'checkout')} behind and never bought."
        ),
        title="Customer left many checkouts and never bought",
    ),
    Signal(
        key="behaviour.many_customers",
        part="behaviour",
        points=25,
        needs=("visitor.linked_customers",),
        test=lambda facts: ramp(known(visitor(facts).linked_customers), 2, 5),
        reason=lambda facts: f"The same visitor appeared as {known(visitor(facts).linked_customers)} different customers.",
        group="shared_device",
        title="One visitor, several customers",
    ),
    Signal(
        key="behaviour.calm_history",
        part="behaviour",
        points=-12,
        needs=("visitor.first_seen", "visitor.sessions", "visitor.failed_payments_total"),
        test=_calm_history,
        reason=lambda facts: (
            f"The visitor has come back for {days_since(facts, visitor(facts).first_seen):.0f} days "
            f"({count_of(known(visitor(facts).sessions), 'visit')}) without trouble."
        ),
        group="standing",
        title="Returning visitor with a calm history",
    ),
)
