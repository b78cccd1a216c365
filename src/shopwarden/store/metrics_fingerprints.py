"""Devices that came with several visitors or ordered for several customers, strong and weak fingerprints apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from shopwarden.contracts.store_metrics import Crowd, DeviceMatches, Fingerprints, SharedDevice
from shopwarden.domain.comparison import ENOUGH, share_of
from shopwarden.domain.flow_period import Period
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.fraud_sql import labelled_orders
from shopwarden.store.metrics_reading import read_rows

CROWDS = ((1, 1), (2, 2), (3, 5), (6, 10), (11, None))
TOP = 20
MEANING = {
    True: "The same device: several visitors on it are one person, a household, or somebody hiding.",
    False: "The same kind of device, not the same one: visitors who share it need not know each other.",
}

_STARTS = ", ".join(str(start) for start, _ in CROWDS)

# Each LIMIT only tells the planner how few rows there are: it would read all visitors and orders for those of the top.
_DEVICES = f"""
WITH met AS MATERIALIZED (
  SELECT device_id, visitor_id FROM sessions
   WHERE store_id = $1 AND started_at >= $2 AND started_at < $3 AND device_id IS NOT NULL GROUP BY 1, 2),
seen AS (
  SELECT d.id, d.is_strong, count(*) AS visitors FROM met JOIN devices d ON d.store_id = $1 AND d.id = met.device_id
   WHERE NOT d.is_bot GROUP BY d.id, d.is_strong),
bought AS MATERIALIZED (
  SELECT device_id, count(*) AS orders, count(*) FILTER (WHERE is_fraud) AS fraud_orders,
         count(DISTINCT customer_id) AS customers
    FROM ({labelled_orders("$2", "$3")}) AS o WHERE device_id IS NOT NULL GROUP BY device_id),
device AS MATERIALIZED (
  SELECT s.*, coalesce(b.orders, 0) AS orders, coalesce(b.fraud_orders, 0) AS fraud_orders,
         coalesce(b.customers, 0) AS customers
    FROM seen s LEFT JOIN bought b ON b.device_id = s.id),
spread AS (
  SELECT is_strong, width_bucket(visitors, ARRAY[{_STARTS}]::bigint[]) AS crowd, count(*) AS devices,
         sum(visitors)::bigint AS visitors, count(*) FILTER (WHERE fraud_orders > 0) AS fraud,
         count(*) FILTER (WHERE customers > 1) AS several
    FROM device GROUP BY is_strong, crowd),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY is_strong ORDER BY visitors DESC, customers DESC, orders DESC, id) AS place
    FROM device WHERE visitors > 1 OR customers > 1),
top AS MATERIALIZED (SELECT * FROM ranked WHERE place <= {TOP} LIMIT {2 * TOP}),
known AS MATERIALIZED (
  SELECT t.id, w.customer_id FROM top t JOIN met ON met.device_id = t.id CROSS JOIN LATERAL (
      SELECT customer_id FROM visitors WHERE store_id = $1 AND id = met.visitor_id LIMIT 1) AS w
   WHERE t.is_strong
  UNION ALL
  SELECT t.id, o.customer_id FROM top t CROSS JOIN LATERAL (
      SELECT customer_id FROM orders WHERE store_id = $1 AND device_id = t.id AND created_at >= $2 AND created_at < $3
         AND NOT is_test AND source <> 'check' LIMIT 100000) AS o),
people AS (
  SELECT t.id, (SELECT count(DISTINCT customer_id) FROM known WHERE known.id = t.id) AS customers,
         (SELECT device_crowd FROM visitors WHERE store_id = $1 AND device_id = t.id AND device_crowd IS NOT NULL
           LIMIT 1) AS people
    FROM top t)
SELECT (SELECT jsonb_agg(spread) FROM spread) AS spread,
       (SELECT jsonb_agg(jsonb_build_object('isStrong', t.is_strong, 'deviceId', t.id, 'people', p.people,
          'visitors', t.visitors, 'customers', p.customers, 'orders', t.orders, 'fraudOrders', t.fraud_orders,
          'kind', d.kind, 'browser', d.browser, 'os', d.os) ORDER BY t.place)
          FROM top t JOIN people p ON p.id = t.id JOIN devices d ON d.store_id = $1 AND d.id = t.id) AS top
"""  # noqa: S608 - SQL of our own


class _Spread(msgspec.Struct, frozen=True):
    is_strong: bool
    crowd: int
    devices: int
    visitors: int
    fraud: int
    several: int


class _Top(SharedDevice, frozen=True, kw_only=True, rename="camel"):
    is_strong: bool


async def fingerprints(database: Database, store_id: StoreId, period: Period) -> DeviceMatches:
    """Over sessions begun and orders made in the period; devices of bots are left out."""
    (row,) = await read_rows(database, _DEVICES, store_id, period.since, period.until)
    spread, top = msgspec.convert(row["spread"] or [], list[_Spread]), msgspec.convert(row["top"] or [], list[_Top])
    strong, weak = (
        _of_strength([one for one in spread if one.is_strong == side], [one for one in top if one.is_strong == side], side)
        for side in (True, False)
    )
    enough = strong.devices >= ENOUGH
    note = "" if enough else f"Only {strong.devices} devices of this time have a strong fingerprint: shares may be chance."
    return DeviceMatches(strong=strong, weak=weak, enough=enough, note=note)


def _of_strength(spread: Sequence[_Spread], top: Sequence[_Top], is_strong: bool) -> Fingerprints:
    by_crowd: Mapping[int, _Spread] = {one.crowd: one for one in spread}
    crowds = [_crowd(by_crowd.get(place), *edges) for place, edges in enumerate(CROWDS, 1)]
    shared = crowds[1:]
    devices, shared_devices = sum(one.devices for one in crowds), sum(one.devices for one in shared)
    return Fingerprints(
        devices=devices,
        shared=shared_devices,
        shared_visitors=sum(one.visitors for one in shared),
        several_customers=sum(one.several for one in spread),
        fraud=share_of(sum(one.fraud.hits for one in crowds), devices),
        shared_fraud=share_of(sum(one.fraud.hits for one in shared), shared_devices),
        spread=crowds,
        top=[_shown(one) for one in top],
        meaning=MEANING[is_strong],
    )


def _crowd(found: _Spread | None, start: int, end: int | None) -> Crowd:
    devices, visitors, fraud = (found.devices, found.visitors, found.fraud) if found else (0, 0, 0)
    return Crowd(from_visitors=start, to_visitors=end, devices=devices, visitors=visitors, fraud=share_of(fraud, devices))


def _shown(top: _Top) -> SharedDevice:
    plain = msgspec.structs.asdict(top)
    del plain["is_strong"]
    return SharedDevice(**plain)
