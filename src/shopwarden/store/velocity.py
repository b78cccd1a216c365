"""How much happened around an address, device, e-mail, place or card just before a decision."""

from __future__ import annotations

from collections.abc import Mapping

from shopwarden.domain.facts import Counts, VelocityFacts

MOST_ROWS = 1000
"""Counts of one axis saturate here: no signal asks for more, and an attack must not make its own detection slow."""

WINDOWS = {"h1": " FILTER (WHERE h1)", "h24": " FILTER (WHERE h24)", "d7": ""}

# A check and the order it became are one order: they share the checkout token or the shop's id.
_ORDERS = """
(SELECT o.created_at AS at, coalesce(o.checkout_token, o.external_id) AS orders, o.customer_id::text AS customers,
        o.email AS emails, host(o.browser_ip) AS ips, o.card_key AS cards, o.shipping_key AS addresses,
        NULL::uuid AS seen_failing, NULL::uuid AS told_failed
   FROM orders o WHERE o.store_id = ask.store_id AND {match}
    AND o.created_at < ask.counts_at AND o.created_at >= ask.counts_at - interval '7 days'
    AND o.external_id IS DISTINCT FROM ask.external_id AND NOT o.is_test
    AND (ask.checkout_token IS NULL OR o.checkout_token IS DISTINCT FROM ask.checkout_token)
  ORDER BY o.created_at DESC LIMIT {most})"""

# One refusal can be seen in the storefront and told by the shop as well; nothing says which belong together, so the two
# are counted apart and the greater count holds.
_PAYMENTS = """
UNION ALL
(SELECT p.at, NULL, NULL, NULL, NULL, p.card_key, NULL,
        CASE WHEN p.status = 'failed' AND p.external_id LIKE 'event:%' THEN p.id END,
        CASE WHEN p.status = 'failed' AND p.external_id NOT LIKE 'event:%' THEN p.id END
   FROM payment_attempts p WHERE p.store_id = ask.store_id AND {match}
    AND p.at < ask.counts_at AND p.at >= ask.counts_at - interval '7 days'
  ORDER BY p.at DESC LIMIT {most})"""

_VISITORS = """
UNION ALL
(SELECT least(v.last_seen, ask.counts_at - interval '1 microsecond'), NULL, v.customer_id::text,
        NULL, NULL, NULL, NULL, NULL, NULL
   FROM visitors v WHERE v.store_id = ask.store_id AND v.device_id = ask.strong_device_id AND v.customer_id IS NOT NULL
    AND v.first_seen < ask.counts_at AND v.last_seen >= ask.counts_at - interval '7 days' LIMIT {most})"""

_SOURCES = {
    "ip": _ORDERS.replace("{match}", "o.browser_ip = ask.ip") + _PAYMENTS.replace("{match}", "p.ip = ask.ip"),
    "device": _ORDERS.replace("{match}", "o.device_id = ask.strong_device_id")
    + _PAYMENTS.replace("{match}", "p.device_id = ask.strong_device_id")
    + _VISITORS,
    "email": _ORDERS.replace("{match}", "o.email = ask.email"),
    "address": _ORDERS.replace("{match}", "o.shipping_key = ask.shipping_key"),
    "card": _ORDERS.replace("{match}", "o.card_key = ask.card_key"),
}

_COUNTED = {
    "ip": ("orders", "customers", "emails", "cards", "addresses", "failed_payments"),
    "device": ("orders", "customers", "emails", "cards", "addresses", "failed_payments"),
    "email": ("orders", "customers", "ips", "cards", "addresses"),
    "address": ("orders", "customers", "emails", "cards"),
    "card": ("customers",),
}


def _count(thing: str, condition: str) -> str:
    if thing == "failed_payments":
        return f"greatest(count(DISTINCT seen_failing){condition}, count(DISTINCT told_failed){condition})"
    return f"count(DISTINCT {thing}){condition}"


def _axis(axis: str) -> str:
    """One lateral sub-select that counts everything of one axis in one pass over at most a thousand rows per source."""
    counted = ", ".join(
        f"{_count(thing, condition)} AS {thing}_by_{axis}_{window}"
        for thing in _COUNTED[axis]
        for window, condition in WINDOWS.items()
    )
    source = _SOURCES[axis].replace("{most}", str(MOST_ROWS))
    return (
        f"LEFT JOIN LATERAL (SELECT {counted} FROM (SELECT *, at >= ask.counts_at - interval '1 hour' AS h1,"  # noqa: S608
        f" at >= ask.counts_at - interval '1 day' AS h24 FROM ({source}) AS every) AS recent) AS velocity_{axis} ON true"
    )


AXES = tuple(_COUNTED)
VELOCITY_SQL = "\n".join(_axis(axis) for axis in _COUNTED)
"""Joins to a row `ask` with the columns named in it."""


def read_velocity(row: Mapping[str, int], known: Mapping[str, object]) -> VelocityFacts:
    """The counts of each axis whose value is known (`known` maps axis to its value); the others stay unknown."""
    return VelocityFacts(
        **{
            f"{thing}_by_{axis}": Counts(**{window: row[f"{thing}_by_{axis}_{window}"] for window in WINDOWS})
            for axis, things in _COUNTED.items()
            if known[axis] is not None
            for thing in things
        }
    )
