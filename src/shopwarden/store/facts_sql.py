"""The SQL of one decision's background: lateral sub-selects around a row `ask`, each probing an index, put together once."""

from __future__ import annotations

from shopwarden.store.crowds import people_sql
from shopwarden.store.facts_rows import (
    AddressRow,
    CrowdRow,
    CustomerRow,
    DeviceRow,
    HistoryRow,
    LabelsRow,
    SessionRow,
    VisitorRow,
)
from shopwarden.store.fraud_sql import BY_HAND, STANDING_FIRST, is_known
from shopwarden.store.list_matching import LISTS, ListsRow
from shopwarden.store.velocity import AXES, VELOCITY_SQL

ASKED = {
    "store_id": "uuid", "at": "timestamptz", "seasoned_before": "timestamptz", "counts_at": "timestamptz",
    "external_id": "text", "checkout_token": "text", "customer_id": "uuid", "visitor_id": "uuid", "session_id": "uuid",
    "device_id": "uuid", "strong_device_id": "uuid", "ip": "inet", "email": "text", "shipping_key": "text",
    "card_key": "text", "list_kinds": "text[]", "list_values": "text[]",
}  # fmt: skip

_KNOWN = is_known("l", "ask.at")

_CUSTOMER = """
SELECT status, is_blocked, customer_type, created_at, first_name, last_name, email, phone, country_code, email_verified,
       phone_verified, abandoned_checkouts_count, stated_orders_count, stated_total_spent
  FROM customers WHERE store_id = ask.store_id AND id = ask.customer_id AND deleted_at IS NULL
"""

# Orders only asked about (source 'check') are no history. What ended as fraud makes nothing familiar.
_HISTORY = f"""
SELECT count(*) AS orders,
       coalesce(sum(total), 0) AS spent,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY total) AS usual_value,
       count(*) FILTER (WHERE calm AND financial_status IN ('paid', 'partially_refunded')
                          AND cancelled_at IS NULL AND created_at < ask.seasoned_before) AS seasoned,
       coalesce(sum(disputes), 0)::bigint AS disputes,
       count(*) FILTER (WHERE refunded) AS refunds,
       min(created_at) FILTER (WHERE calm AND browser_ip = ask.ip) AS first_ip_order,
       min(created_at) FILTER (WHERE calm AND device_id = ask.device_id) AS first_device_order,
       min(created_at) FILTER (WHERE calm AND shipping_key = ask.shipping_key) AS first_shipping,
       (SELECT count(*) FROM disputes d
         WHERE d.store_id = ask.store_id AND d.order_external_id = ask.external_id) AS own_disputes,
       (SELECT count(*) FROM refunds r
         WHERE r.store_id = ask.store_id AND r.order_external_id = ask.external_id) AS own_refunds,
       CASE WHEN bool_or(NOT calm AND browser_ip = ask.ip) THEN NULL ELSE (SELECT i.first_seen_at FROM customer_ips i
         WHERE i.store_id = ask.store_id AND i.customer_id = ask.customer_id AND i.ip_address = ask.ip) END AS first_ip,
       (SELECT min(s.started_at) FROM visitors v JOIN sessions s ON s.store_id = v.store_id
           AND s.visitor_id = coalesce(v.merged_into, v.id)
         WHERE v.store_id = ask.store_id AND v.customer_id = ask.customer_id AND s.device_id = ask.device_id
           AND s.started_at < ask.at) AS first_device_session
  FROM (SELECT o.total, o.financial_status, o.cancelled_at, o.created_at, o.browser_ip, o.device_id, o.shipping_key,
               troubled.disputes, refund.is_there AS refunded,
               troubled.disputes = 0 AND o.cancel_reason IS DISTINCT FROM 'fraud' AND NOT refund.is_fraud
                 AND told.label IS DISTINCT FROM 'fraud' AS calm
          FROM orders o
          CROSS JOIN LATERAL (SELECT count(*) AS disputes FROM disputes d
            WHERE d.store_id = ask.store_id AND d.order_external_id = o.external_id) troubled
          CROSS JOIN LATERAL (SELECT count(*) > 0 AS is_there, coalesce(bool_or(r.note ILIKE '%fraud%'), false) AS is_fraud
             FROM refunds r WHERE r.store_id = ask.store_id AND r.order_external_id = o.external_id) refund
          LEFT JOIN LATERAL (SELECT l.label FROM labels l
            WHERE l.store_id = ask.store_id AND l.order_external_id = o.external_id AND l.source <> 'delivered'
              AND {_KNOWN} ORDER BY {STANDING_FIRST} LIMIT 1) told ON true
         WHERE o.store_id = ask.store_id AND o.customer_id = ask.customer_id AND o.created_at < ask.at
           AND o.source <> 'check' AND NOT o.is_test AND o.external_id IS DISTINCT FROM ask.external_id
         ORDER BY o.created_at DESC LIMIT 500) AS earlier
"""  # noqa: S608 - SQL of our own

_LABELS = f"""
SELECT count(*) FILTER (WHERE label = 'legitimate' AND by_hand AND of_order) AS good_orders,
       count(*) FILTER (WHERE label = 'fraud' AND of_order) AS fraud_orders,
       max(label) FILTER (WHERE NOT of_order) AS said
  FROM (SELECT DISTINCT ON (l.order_external_id) l.order_external_id IS NOT NULL AS of_order, l.label,
               l.source IN ({BY_HAND}) AS by_hand
          FROM labels l
         WHERE l.store_id = ask.store_id AND l.customer_id = ask.customer_id AND l.source <> 'delivered'
           AND (l.order_external_id IS NULL OR l.order_external_id IS DISTINCT FROM ask.external_id) AND {_KNOWN}
         ORDER BY l.order_external_id, {STANDING_FIRST}) AS standing
"""  # noqa: S608 - SQL of our own

_VISITOR = """
SELECT v.first_seen, v.last_seen, v.sessions, v.page_views, v.session_seconds, v.device_changes, v.location_changes,
       v.fastest_travel_kmh, v.orders, v.ip, v.user_agent,
       (SELECT coalesce(sum(s.checkouts_started), 0)::int FROM sessions s
         WHERE s.store_id = ask.store_id AND s.visitor_id = v.id AND s.started_at <= ask.at) AS checkouts_started,
       (SELECT count(DISTINCT i.ip) FROM visitor_ips i WHERE i.store_id = ask.store_id AND i.visitor_id = ANY(whole.rows)
           AND i.first_seen <= ask.at AND i.last_seen >= ask.at - interval '1 hour') AS distinct_ips_1h,
       (SELECT count(DISTINCT i.ip) FROM visitor_ips i WHERE i.store_id = ask.store_id AND i.visitor_id = ANY(whole.rows)
           AND i.first_seen <= ask.at AND i.last_seen >= ask.at - interval '24 hours') AS distinct_ips_24h,
       failed.h1 AS failed_payments_1h, failed.total AS failed_payments_total,
       linked.customers AS linked_customers, linked.to_this AS linked_to_this
  FROM visitors named
  JOIN visitors v ON v.store_id = named.store_id AND v.id = coalesce(named.merged_into, named.id)
  CROSS JOIN LATERAL (
    SELECT array_prepend(v.id, array_agg(m.id)) AS rows FROM visitors m
     WHERE m.store_id = ask.store_id AND m.merged_into = v.id) whole
  CROSS JOIN LATERAL (
    SELECT count(*) AS total, count(*) FILTER (WHERE p.at >= ask.at - interval '1 hour') AS h1 FROM payment_attempts p
     WHERE p.store_id = ask.store_id AND p.visitor_id = ANY(whole.rows) AND p.status = 'failed' AND p.at < ask.at) failed
  CROSS JOIN LATERAL (
    SELECT count(DISTINCT i.customer_id) AS customers,
           coalesce(bool_or(i.customer_id = ask.customer_id AND i.kind = 'order'), false) AS to_this
      FROM identities i WHERE i.store_id = ask.store_id AND i.visitor_id = ANY(whole.rows)) linked
 WHERE named.store_id = ask.store_id AND named.id = ask.visitor_id
"""

_SESSION = """
SELECT started_at, ended_at, checkout_at, page_views, product_views, cart_adds, checkouts_started, median_page_seconds,
       page_rhythm, direct_checkout, inputs, patterns
  FROM sessions WHERE store_id = ask.store_id AND id = ask.session_id
"""

# The mark says that an order from it is known as fraud now; by then another one had to be.
_DEVICE = f"""
SELECT fingerprint, is_strong, user_agent, browser, browser_version, os, os_version, kind, brand, model, timezone, screen,
       is_bot, is_automated, seen_in_fraud AND EXISTS (
         SELECT FROM orders o JOIN labels l ON l.store_id = ask.store_id AND l.order_external_id = o.external_id
          WHERE o.store_id = ask.store_id AND o.device_id = ask.device_id AND l.label = 'fraud' AND {_KNOWN}
            AND o.external_id IS DISTINCT FROM ask.external_id) AS seen_in_fraud
  FROM devices WHERE store_id = ask.store_id AND id = ask.device_id
"""  # noqa: S608 - SQL of our own

_ADDRESS = """
SELECT (SELECT c.created_at FROM customers c
         WHERE c.store_id = ask.store_id AND c.email = ask.email) AS email_customer_since,
       (SELECT min(o.created_at) FROM orders o WHERE o.store_id = ask.store_id AND o.email = ask.email
           AND o.created_at < ask.at) AS email_order_since,
       (SELECT count(*) FROM (SELECT FROM customers c WHERE c.store_id = ask.store_id
           AND split_part(c.email, '@', 2) = split_part(ask.email, '@', 2) AND c.email <> ask.email LIMIT 10) same)
         AS domain_customers,
       tried.failed_payments, tried.distinct_cards
  FROM (SELECT greatest(count(*) FILTER (WHERE p.status = 'failed' AND p.external_id LIKE 'event:%'),
                        count(*) FILTER (WHERE p.status = 'failed' AND p.external_id NOT LIKE 'event:%')) AS failed_payments,
               count(DISTINCT p.card_key) AS distinct_cards
          FROM payment_attempts p WHERE p.store_id = ask.store_id
           AND (p.checkout_token = ask.checkout_token OR p.order_external_id = ask.external_id)) AS tried
"""


def _crowd(kind: str, value: str, text: str) -> str:
    """The count that is kept; where none is, few people can be there, and they are counted now."""
    counted = people_sql(kind, "ask.store_id", value, "ask.at")
    return f"""CASE WHEN {value} IS NOT NULL THEN coalesce((SELECT c.people FROM crowds c
      WHERE c.store_id = ask.store_id AND c.kind = '{kind}' AND c.value = {text}), {counted}) END"""  # noqa: S608


_CROWD = f"""
SELECT {_crowd("ip", "ask.ip", "host(ask.ip)")} AS ip,
       {_crowd("device", "ask.strong_device_id", "ask.strong_device_id::text")} AS device,
       CASE WHEN ask.shipping_key IS NOT NULL
            THEN {people_sql("address", "ask.store_id", "ask.shipping_key", "ask.at")} END AS address
"""

PIECES = {
    "customer": (CustomerRow, _CUSTOMER),
    "history": (HistoryRow, _HISTORY),
    "visitor": (VisitorRow, _VISITOR),
    "session": (SessionRow, _SESSION),
    "device": (DeviceRow, _DEVICE),
    "address": (AddressRow, _ADDRESS),
    "crowd": (CrowdRow, _CROWD),
    "lists": (ListsRow, LISTS),
    "labels": (LabelsRow, _LABELS),
}


def _background_sql() -> str:
    """Pieces give their columns side by side, each behind a column `found`; names repeat, so rows are read by place.

    Blanks are squeezed out: the driver keeps no statement planned that is longer than it is told to.
    """
    asked = ", ".join(f"${place}::{kind} AS {name}" for place, (name, kind) in enumerate(ASKED.items(), 1))
    joins = " ".join(
        f"LEFT JOIN LATERAL (SELECT true AS found, piece.* FROM ({sql}) AS piece) AS {piece} ON true"  # noqa: S608
        for piece, (_, sql) in PIECES.items()
    )
    columns = ", ".join([f"{piece}.*" for piece in PIECES] + [f"velocity_{axis}.*" for axis in AXES])
    return " ".join(f"SELECT {columns} FROM (SELECT {asked}) AS ask {joins} {VELOCITY_SQL}".split())  # noqa: S608


BACKGROUND_SQL = _background_sql()
