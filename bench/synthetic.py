"""The synthetic shop as SQL: every value follows from a row's number, so the same scale always gives the same shop.

Customers came over three years, visits fall into the last twelve months; few visitors come often, few customers buy often.
"""

# ruff: noqa: E501 - lists of columns and their values read best side by side

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bench.ways import WORDS, ways_sql


@dataclass(frozen=True)
class Scale:
    customers: int = 1_000_000
    activities: int = 20_000_000

    @property
    def visitors(self) -> int:
        return self.customers // 2

    @property
    def visits(self) -> int:
        """Ten activities each on average."""
        return max(1, self.activities // 10)


HELPERS = """
CREATE OR REPLACE FUNCTION bench_u(n bigint, salt int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS 'SELECT (hashint8extended(n, salt) & 2147483647)::float8 / 2147483648.0';
CREATE OR REPLACE FUNCTION bench_id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT ('019' || kind || lpad(to_hex(n >> 16), 8, '0') || '7000' || '8000' || '00000000' || lpad(to_hex(n & 65535), 4, '0'))::uuid $$;
CREATE OR REPLACE FUNCTION bench_ip(n bigint) RETURNS inet LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT inet '2.0.0.0' + (hashint8extended(n, 77) & 2147483647) % 1600000000 $$;
CREATE OR REPLACE FUNCTION bench_country(v bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT (ARRAY['DE','US','GB','FR','NL','AT','CH','IT','ES','SE','PL','CA','AU','JP','BR'])[1 + floor(15 * bench_u(v, 14) ^ 2)::int] $$;
DROP TABLE IF EXISTS bench_visits, bench_events;
CREATE UNLOGGED TABLE bench_visits (j bigint, v bigint, at timestamptz, events int, pace float8, kind text, number bigint);
CREATE UNLOGGED TABLE bench_events (k int PRIMARY KEY, kind text, data jsonb);
INSERT INTO bench_events SELECT k, kind, jsonb_build_object('event', kind, 'path', '/products/product-' || k, 'properties',
    jsonb_build_object('product_id', 'p-' || k, 'name', 'Product number ' || k, 'price', round((5 + k * 0.37)::numeric, 2)))
  FROM generate_series(0, 1999) AS k, LATERAL (SELECT CASE WHEN k % 20 < 11 THEN 'page_view' WHEN k % 20 < 18 THEN 'product_view'
    WHEN k % 20 = 18 THEN 'add_to_cart' ELSE 'checkout_started' END AS kind) one;
""" + ways_sql()

# Three visits in a hundred end with an order, few of these with one that is not the payer's.
VISITS = """
INSERT INTO bench_visits
SELECT j, v, at, events, pace, CASE WHEN dice < 0.0015 THEN 'stole' WHEN dice < 0.03 THEN 'bought' ELSE 'looked' END,
       row_number() OVER (PARTITION BY v ORDER BY j)
  FROM (SELECT j, floor(%(visitors)s * power(bench_u(j, 1), 1.5))::bigint AS v, bench_u(j, 40) AS dice,
               now() - interval '360 days' * (1 - j::float8 / %(visits)s) AS at, 3 + (bench_u(j, 2) * 15)::int %% 15 AS events,
               2 + 40 * bench_u(j, 3) AS pace
          FROM generate_series(0, %(visits)s - 1) AS j) AS visit
"""

CUSTOMERS = """
INSERT INTO customers (store_id, id, person_id, email, phone, first_name, last_name, primary_source, status, customer_type,
  created_at, updated_at, last_active_at, first_purchase_at, last_purchase_at, orders_count, total_spent, average_order_value,
  risk_score, risk_level, is_blocked, shopify_id, country_code, currency, tags, external_ids)
SELECT '%(store)s', bench_id(1, n), bench_id(1, n), lower(first || '.' || last) || n || '@' || domain,
  CASE WHEN bench_u(n, 4) < 0.4 THEN '+4915' || lpad(n::text, 8, '0') END, first, last,
  CASE WHEN bench_u(n, 5) < 0.8 THEN 'shopify' WHEN bench_u(n, 5) < 0.95 THEN 'klaviyo' ELSE 'manual' END,
  CASE WHEN bench_u(n, 6) < 0.85 THEN 'active' WHEN bench_u(n, 6) < 0.95 THEN 'inactive' WHEN bench_u(n, 6) < 0.99 THEN 'vip'
    ELSE 'blocked' END,
  CASE WHEN bought > 0 THEN 'registered' ELSE 'guest' END, came, greatest(came, now() - interval '200 days' * bench_u(n, 7)),
  CASE WHEN bench_u(n, 8) < 0.8 THEN now() - (now() - came) * bench_u(n, 9) END,
  CASE WHEN bought > 0 THEN came END, CASE WHEN bought > 0 THEN now() - (now() - came) * bench_u(n, 10) END,
  bought, bought * worth, CASE WHEN bought > 0 THEN worth END,
  risk, CASE WHEN risk < 25 THEN 'low' WHEN risk < 50 THEN 'medium' WHEN risk < 75 THEN 'high' ELSE 'critical' END,
  bench_u(n, 6) >= 0.99, (5000000000 + n)::text, country, 'EUR', '[]', jsonb_build_object('shopify', (5000000000 + n)::text)
FROM (SELECT n,
    (ARRAY['Anna','Ben','Clara','David','Emma','Felix','Greta','Hugo','Ida','Jonas','Klara','Liam','Mia','Noah','Olivia','Paul',
      'Quinn','Rosa','Sam','Tessa','Ulla','Victor','Wendy','Xavier','Yara','Zoe'])[1 + floor(26 * bench_u(n, 11))::int] AS first,
    (ARRAY['Smith','Miller','Garcia','Nguyen','Rossi','Silva','Kim','Novak','Hansen','Dubois','Costa','Moreau','Weber','Fischer',
      'Jones','Brown','Taylor','Lopez','Kowalski','Ivanov'])[1 + floor(20 * bench_u(n, 12))::int] AS last,
    (ARRAY['gmail.test','mail.test','post.test','inbox.test','web.test','office.test'])[1 + floor(6 * bench_u(n, 13) ^ 2)::int] AS domain,
    (ARRAY['DE','US','GB','FR','NL','AT','CH','IT','ES','SE','PL','CA','AU','JP','BR'])[1 + floor(15 * bench_u(n, 14) ^ 2)::int] AS country,
    now() - interval '1095 days' * (1 - n::float8 / %(customers)s) AS came,
    greatest(0, floor(-2.0 * ln(1 - bench_u(n, 15)) - 0.6))::int AS bought,
    round((20 + 180 * bench_u(n, 16) ^ 2)::numeric, 2) AS worth, (100 * bench_u(n, 17) ^ 4)::int AS risk
  FROM generate_series(0, %(customers)s - 1) AS n) AS person
"""

# Those of the years before, and those made in visits; rows lie in order of time, as they would come.
ORDERS = """
INSERT INTO orders (store_id, id, external_id, name, customer_id, customer_external_id, email, token, checkout_token, browser_ip,
  total, subtotal, currency, item_count, shipping_key, billing_key, financial_status, gateway, card_key, card_country, created_at,
  updated_at, version, risk_score, risk_level, advice, visitor_id, session_id, device_id, joined_by)
SELECT c.store_id, bench_id(2, c.n * 16 + k), (7000000000 + c.n * 16 + k)::text, '#' || (c.n * 16 + k), c.id, c.shopify_id, c.email,
  md5('t' || (c.n * 16 + k)), md5('c' || (c.n * 16 + k)), bench_ip(c.n), c.average_order_value, c.average_order_value, 'EUR', 1,
  'place-' || c.n, 'place-' || c.n, CASE WHEN bench_u(c.n, 20) < 0.95 THEN 'paid' ELSE 'refunded' END, 'cards', md5('k' || c.n), 'DE',
  at AS made, at, to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), c.risk_score, c.risk_level, NULL, NULL::uuid, NULL::uuid, NULL::uuid, NULL
FROM (SELECT *, shopify_id::bigint - 5000000000 AS n FROM customers WHERE orders_count > 0) AS c,
  generate_series(0, least(c.orders_count, 16) - 1) AS k,
  LATERAL (SELECT c.created_at + (now() - c.created_at) * (k + bench_u(c.n * 16 + k, 21)) / c.orders_count AS at) AS placed
UNION ALL
SELECT '%(store)s', bench_id(2, 1000000000 + j), (8000000000 + j)::text, '#' || (1000000000 + j), c.id, c.shopify_id, c.email,
  md5('vt' || j), md5('visit' || j), bench_ip(v + 10000000), worth, worth, 'EUR', 1, 'visit-place-' || v, 'visit-place-' || v, 'paid',
  'cards', md5('vk' || v), 'DE', at, at, to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), CASE WHEN is_fraud THEN 80 ELSE 10 END,
  CASE WHEN is_fraud THEN 'critical' ELSE 'low' END, CASE WHEN is_fraud THEN 'decline' ELSE 'approve' END, bench_id(8, v),
  bench_id(9, j), bench_id(7, v / 2), 'checkout_token'
FROM (SELECT j, v, at + interval '1 second' * pace * events AS at, round((20 + 180 * bench_u(j, 43) ^ 2)::numeric, 2) AS worth,
        kind = 'stole' AND bench_u(j, 44) < 0.6 AS is_fraud,
        CASE WHEN bench_u(v, 30) < 0.6 THEN bench_id(1, floor(%(customers)s * bench_u(v, 31))::bigint) END AS customer_id
      FROM bench_visits WHERE kind <> 'looked') AS visit
LEFT JOIN customers c ON c.store_id = '%(store)s' AND c.id = visit.customer_id
ORDER BY made
"""

PAYMENTS = """
INSERT INTO payment_attempts (store_id, id, external_id, order_id, order_external_id, checkout_token, customer_id, ip, email, status,
  gateway, card_key, amount, currency, at)
SELECT store_id, bench_id(3, external_id::bigint - 7000000000), 'p' || external_id, id, external_id, checkout_token, customer_id,
  browser_ip, email, 'succeeded', gateway, card_key, total, currency, created_at FROM orders
"""

DISPUTES = """
INSERT INTO disputes (store_id, id, external_id, order_external_id, kind, status, reason, amount, currency, initiated_at, updated_at,
  version)
SELECT store_id, bench_id(4, external_id::bigint - 7000000000), 'd' || external_id, external_id, 'chargeback', 'lost', 'fraudulent',
  total, currency, created_at + interval '20 days', created_at + interval '20 days', '1'
FROM orders WHERE bench_u(external_id::bigint, 22) < 0.004 OR external_id IN (
  SELECT (8000000000 + j)::text FROM bench_visits WHERE kind = 'stole' AND bench_u(j, 44) > 0.4)
"""

ADDRESSES = """
INSERT INTO customer_addresses (store_id, id, customer_id, type, is_default, first_name, last_name, address_line1, city,
  country_code, postal_code, created_at, updated_at, place_key)
SELECT store_id, bench_id(5, n), id, 'shipping', true, first_name, last_name, (n %% 200) || ' High Street', 'Town ' || n %% 3000,
  country_code, lpad((n %% 99999)::text, 5, '0'), created_at, created_at, 'place-' || n
FROM (SELECT *, shopify_id::bigint - 5000000000 AS n FROM customers WHERE orders_count > 0) AS c
"""

CUSTOMER_IPS = """
INSERT INTO customer_ips (store_id, id, customer_id, ip_address, country_code, is_vpn, is_proxy, is_tor, first_seen_at, last_seen_at,
  activity_count)
SELECT store_id, bench_id(6, n), id, bench_ip(n), country_code, bench_u(n, 23) < 0.03, false, false, created_at,
  coalesce(last_active_at, created_at), 5
FROM (SELECT *, shopify_id::bigint - 5000000000 AS n FROM customers) AS c WHERE orders_count > 0 OR bench_u(n, 24) < 0.3
"""

DEVICES = """
INSERT INTO devices (store_id, id, fingerprint, is_strong, browser, os, kind, is_bot, first_seen, last_seen)
SELECT '%(store)s', bench_id(7, n), 'device-' || n, n %% 2 = 0, 'Chrome', (ARRAY['Windows','Android','iOS','Mac OS X'])[1 + n %% 4],
  CASE WHEN n %% 4 IN (1, 2) THEN 'mobile' ELSE 'desktop' END, false, now() - interval '300 days', now()
FROM generate_series(0, %(visitors)s / 2) AS n
"""

# Most visitors are located once, or stay where they are.
VISITORS = """
INSERT INTO visitors (store_id, id, anonymous_id, customer_id, first_seen, last_seen, sessions, page_views, events, session_seconds,
  ip, country_code, device_id, device_fingerprint, user_agent, vpn_detected, is_bot, orders, converted_sessions, fastest_travel_kmh)
SELECT '%(store)s', bench_id(8, v), 'anonymous-' || v,
  CASE WHEN bench_u(v, 30) < 0.6 THEN bench_id(1, floor(%(customers)s * bench_u(v, 31))::bigint) END,
  min(at), max(at), count(*), sum(events) * 0.55, sum(events), sum(events * pace), bench_ip(v + 10000000), bench_country(v),
  bench_id(7, v / 2), 'device-' || v / 2, 'Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0.0.0', bench_u(v, 32) < 0.03,
  bench_u(v, 33) < 0.04, count(*) FILTER (WHERE kind <> 'looked'), count(*) FILTER (WHERE kind <> 'looked'),
  CASE WHEN bench_u(v, 34) < 0.05 THEN 0 WHEN bench_u(v, 34) < 0.2 THEN exp(8 * bench_u(v, 35)) END
FROM bench_visits GROUP BY v
"""

VISITOR_IPS = """
INSERT INTO visitor_ips (store_id, visitor_id, ip, first_seen, last_seen, events)
SELECT store_id, id, ip, first_seen, last_seen, events FROM visitors
"""

IDENTITIES = """
INSERT INTO identities (store_id, visitor_id, kind, identifier, customer_id, first_seen, last_seen)
SELECT store_id, id, 'identify', 'row:' || customer_id, customer_id, first_seen, last_seen FROM visitors WHERE customer_id IS NOT NULL
"""

SESSIONS = """
INSERT INTO sessions (store_id, id, visitor_id, started_at, ended_at, events, page_views, product_views, cart_adds,
  median_page_seconds, entry_page, exit_page, ip, country_code, device_id, number, source, path, basket_value, visible_seconds,
  inputs, orders, revenue, checkouts_started)
SELECT '%(store)s', bench_id(9, j), bench_id(8, v), at, at + interval '1 second' * pace * events, events, ceil(events * 0.55), events / 3,
  events / 8, pace, '/', '/products/product-' || j %% 2000, bench_ip(v + 10000000), bench_country(v), bench_id(7, v / 2), number,
  (ARRAY['direct','google','direct','newsletter','instagram','facebook','google','bing','example.com','tiktok'])[1 + floor(10 * bench_u(j, 46) ^ 1.6)::int],
  path, CASE WHEN path LIKE '%%+%%' AND kind = 'looked' THEN round((10 + 90 * bench_u(j, 47))::numeric, 2) ELSE 0 END,
  pace * events * 0.8, events * 3, CASE WHEN kind = 'looked' THEN 0 ELSE 1 END,
  CASE WHEN kind = 'looked' THEN 0 ELSE round((20 + 180 * bench_u(j, 43) ^ 2)::numeric, 2) END, length(path) - length(replace(path, 'K', ''))
FROM (SELECT visit.*, left(regexp_replace(one.start || two.ending, '(.)\\1+', '\\1', 'g'), 40) AS path FROM bench_visits AS visit
    JOIN bench_ways one ON one.kind = visit.kind AND one.k = floor(%(words)s * bench_u(j, 41))::int
    JOIN bench_ways two ON two.kind = visit.kind AND two.k = floor(%(words)s * bench_u(j, 42))::int) AS visit
ORDER BY j
"""

TOKENS = """
INSERT INTO checkout_tokens (store_id, token, kind, visitor_id, session_id, seen_at)
SELECT '%(store)s', md5('visit' || j), 'checkout', bench_id(8, v), bench_id(9, j), at FROM bench_visits WHERE j %% 8 = 0
"""

ACTIVITIES = """
INSERT INTO {table} (store_id, id, created_at, customer_id, activity_type, activity_data, ip_address, session_id, visitor_id,
  device_id, country_code)
SELECT '%(store)s', bench_id(0, visit.j * 32 + step.k), least(visit.at + interval '1 second' * visit.pace * step.k, '{last}'::timestamptz - interval '1 ms'),
  visit.customer_id, e.kind, e.data, visit.ip, visit.session_id, visit.visitor_id, visit.device_id, visit.country
FROM (SELECT j, at, events, pace, bench_id(9, j) AS session_id, bench_id(8, v) AS visitor_id, bench_id(7, v / 2) AS device_id,
    bench_ip(v + 10000000) AS ip, bench_country(v) AS country,
    CASE WHEN bench_u(v, 30) < 0.6 THEN bench_id(1, floor(%(customers)s * bench_u(v, 31))::bigint) END AS customer_id
  FROM bench_visits WHERE at >= '{first}' AND at < '{last}' OFFSET 0) AS visit
CROSS JOIN LATERAL generate_series(0, visit.events - 1) AS step (k)
JOIN bench_events e ON e.k = (visit.j * 7 + step.k * 13) %% 2000
"""

STEPS: tuple[tuple[str, str], ...] = (
    ("customers", CUSTOMERS), ("orders", ORDERS), ("payment_attempts", PAYMENTS), ("disputes", DISPUTES),
    ("customer_addresses", ADDRESSES), ("customer_ips", CUSTOMER_IPS), ("devices", DEVICES), ("visitors", VISITORS),
    ("visitor_ips", VISITOR_IPS), ("identities", IDENTITIES), ("sessions", SESSIONS), ("checkout_tokens", TOKENS),
)  # fmt: skip
"""Table and what fills it, in this order."""


def filled(sql: str, store_id: object, scale: Scale) -> str:
    return sql % {
        "store": store_id, "customers": scale.customers, "visitors": scale.visitors, "visits": scale.visits,
        "words": WORDS,
    }  # fmt: skip


def month_sql(table: str, first: date, last: date) -> str:
    return ACTIVITIES.format(table=table, first=f"{first}+00", last=f"{last}+00")
