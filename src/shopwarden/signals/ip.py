"""IP signals: who hides, whose network it is, and whether the place fits the order and the person."""

from __future__ import annotations

from operator import attrgetter

from shopwarden.contracts.signal import Signal, Strength
from shopwarden.domain.facts import Facts
from shopwarden.signals.grading import behind_vpn, good_name, households_on_ip, location_is_meant, ramp
from shopwarden.signals.reading import customer, ip, known, order, visitor
from shopwarden.signals.wording import count_of, country_of, named

HIDDEN_NETWORK = (
    Signal(
        key="ip.tor",
        part="ip",
        points=40,
        needs=("ip.is_tor",),
        test=attrgetter("ip.is_tor"),
        reason=lambda facts: "The visit came through the Tor network, which hides where it comes from.",
        group="anonymity",
        title="Tor network",
    ),
    Signal(
        key="ip.vpn",
        part="ip",
        points=15,
        needs=("ip.is_vpn",),
        test=attrgetter("ip.is_vpn"),
        reason=lambda facts: "The IP address belongs to a VPN service.",
        group="anonymity",
        title="VPN service",
    ),
    Signal(
        key="ip.proxy",
        part="ip",
        points=18,
        needs=("ip.is_proxy",),
        test=attrgetter("ip.is_proxy"),
        reason=lambda facts: "The IP address is an open or rented proxy.",
        group="anonymity",
        title="Proxy",
    ),
    Signal(
        key="ip.hosting",
        part="ip",
        points=15,
        needs=("ip.is_hosting",),
        test=attrgetter("ip.is_hosting"),
        reason=lambda facts: (
            f"The IP address belongs to a data centre ({named(ip(facts).organization)}), not to a household."
        ),
        group="anonymity",
        title="Data centre network",
    ),
    Signal(
        key="ip.crawler",
        part="ip",
        points=25,
        needs=("ip.is_crawler",),
        test=attrgetter("ip.is_crawler"),
        reason=lambda facts: "The IP address belongs to a web crawler; crawlers do not shop.",
        group="machine",
        title="Address of a web crawler",
    ),
    Signal(
        key="ip.recent_abuse",
        part="ip",
        points=18,
        needs=("ip.recent_abuse",),
        test=attrgetter("ip.recent_abuse"),
        reason=lambda facts: "The IP address was reported for abuse recently.",
        group="bad_address",
        title="Recent abuse from the IP address",
    ),
)


def _far_from_billing(facts: Facts) -> Strength:
    differs = ip(facts).country != known(order(facts).billing).country
    return location_is_meant(facts) if differs else False


def _far_from_shipping(facts: Facts) -> Strength:
    differs = ip(facts).country != known(order(facts).shipping).country
    return location_is_meant(facts) if differs else False


def _many_addresses(facts: Facts) -> Strength:
    seen = visitor(facts)
    address = ip(facts)
    strength = max(ramp(known(seen.distinct_ips_1h), 2, 7), ramp(known(seen.distinct_ips_24h), 6, 20))
    # Carriers hand out a new address per connection.
    return strength * (0.25 if address.is_mobile or address.connection_type == "Mobile" else 1.0)


def _stable_home(facts: Facts) -> Strength:
    address = ip(facts)
    not_home = behind_vpn(facts) or customer(facts).known_ip is False
    if not_home or address.is_hosting or address.connection_type == "Data Center":
        return False
    return ramp(known(customer(facts).ip_known_days), 14, 180) / households_on_ip(facts) * good_name(facts)


PLACE = (
    Signal(
        key="ip.billing_country",
        part="ip",
        points=15,
        needs=("ip.country", "order.billing.country"),
        test=_far_from_billing,
        reason=lambda facts: (
            f"The visit came from {ip(facts).country}, the billing address is in {country_of(order(facts).billing)}."
        ),
        group="location",
        title="IP address in another country than the billing address",
    ),
    Signal(
        key="ip.shipping_country",
        part="ip",
        points=10,
        needs=("ip.country", "order.shipping.country"),
        test=_far_from_shipping,
        reason=lambda facts: (
            f"The visit came from {ip(facts).country}, the parcel goes to {country_of(order(facts).shipping)}."
        ),
        group="location",
        title="IP address in another country than the shipping address",
    ),
    Signal(
        key="ip.many_addresses",
        part="ip",
        points=14,
        needs=("ip.address", "visitor.distinct_ips_1h", "visitor.distinct_ips_24h"),
        test=_many_addresses,
        reason=lambda facts: (
            f"The visitor used {count_of(known(visitor(facts).distinct_ips_1h), 'IP address', 'IP addresses')} "
            f"within an hour and {known(visitor(facts).distinct_ips_24h)} within a day."
        ),
        group="location",
        title="Several IP addresses in a short time",
    ),
    Signal(
        key="ip.impossible_travel",
        part="ip",
        points=22,
        needs=("visitor.fastest_travel_kmh",),
        # Airliners cruise near 900 km/h and make 1,000 over ground with the wind behind them.
        test=lambda facts: ramp(known(visitor(facts).fastest_travel_kmh), 1000, 2500) * location_is_meant(facts),
        reason=lambda facts: (
            f"Between two visits the visitor would have travelled at {known(visitor(facts).fastest_travel_kmh):,.0f} km/h."
        ),
        group="location",
        title="Faster between two places than an airliner",
    ),
    Signal(
        key="ip.new_for_customer",
        part="ip",
        points=5,
        needs=("customer.known_ip", "customer.orders_count"),
        test=lambda facts: not customer(facts).known_ip and known(customer(facts).orders_count) >= 1,
        reason=lambda facts: "The customer never used this IP address before.",
        group="takeover",
        title="IP address new for a returning customer",
    ),
    Signal(
        key="ip.stable_address",
        part="trust",
        points=-12,
        needs=("ip.address", "customer.ip_known_days"),
        test=_stable_home,
        reason=lambda facts: f"The customer has used this IP address for {known(customer(facts).ip_known_days):.0f} days.",
        group="standing",
        title="Home address of the network known for long",
    ),
)
