"""How many different people share an IP address, a device or a shipping address, learnt from the store's own traffic.

Counted are people who were there before: who came back on another day, or paid an order long enough ago that its dispute
would have come. What a burst of strangers brings in an hour makes no crowd, or it would excuse itself.
See docs/decisions/0012-crowds.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.patterns import AUTOMATED_BROWSER, FAILED_PAYMENTS, NO_INPUT
from shopwarden.store.database import Database

MOST_ROWS = 1000
"""Of one address or device at most so many visitors, the newest of them, and so many orders are looked at."""
MANY_VISITORS = 50
"""From so many visitors on a count is kept even if nobody among them is known: it is not taken again for every order."""
KEPT_DAYS = 60
"""Addresses change hands: who was last there longer ago does not count, and no count is kept longer."""

_CALM = (
    "{o}.customer_id IS NOT NULL AND {o}.financial_status IN ('paid', 'partially_refunded') AND {o}.cancelled_at IS NULL"
    " AND NOT {o}.is_test AND {o}.source <> 'check' AND {o}.created_at < {at} - interval '30 days'"
    " AND {o}.created_at >= {at} - interval '400 days' AND NOT EXISTS (SELECT FROM disputes d"
    " WHERE d.store_id = {o}.store_id AND d.order_external_id = {o}.external_id)"
).replace("{o}", "o")
_NOT_SEEN_AS = f"ARRAY['{AUTOMATED_BROWSER}', '{NO_INPUT}', '{FAILED_PAYMENTS}']"
_PERSON = (
    f"CASE WHEN NOT v.is_bot AND NOT v.patterns && {_NOT_SEEN_AS} THEN coalesce(v.customer_id, v.merged_into, v.id) END"
)

_VISITORS_ON_IP = f"""
SELECT {_PERSON} AS person FROM (
  SELECT i.visitor_id FROM (
    SELECT visitor_id, first_seen, last_seen FROM visitor_ips
     WHERE store_id = {{store}} AND ip = {{value}} AND last_seen >= {{at}} - interval '{KEPT_DAYS} days'
     ORDER BY last_seen DESC LIMIT {MOST_ROWS}) i
   WHERE i.first_seen < {{at}} AND i.last_seen - i.first_seen >= interval '1 day') back
  JOIN visitors v ON v.store_id = {{store}} AND v.id = back.visitor_id
"""  # noqa: S608
_VISITORS_ON_DEVICE = f"""
SELECT {_PERSON} FROM (
  SELECT * FROM visitors WHERE store_id = {{store}} AND device_id = {{value}} LIMIT {MOST_ROWS}) v
 WHERE v.first_seen < {{at}} AND v.last_seen - v.first_seen >= interval '1 day'
   AND v.last_seen >= {{at}} - interval '{KEPT_DAYS} days'
"""  # noqa: S608


def _customers(column: str) -> str:
    return (
        f"SELECT o.customer_id FROM (SELECT * FROM orders WHERE store_id = {{store}} AND {column} = {{value}}"  # noqa: S608
        f" AND created_at < {{at}} - interval '30 days' ORDER BY created_at DESC LIMIT {MOST_ROWS}) o WHERE {_CALM}"
    )


_PEOPLE = {
    "ip": f"{_VISITORS_ON_IP} UNION ({_customers('browser_ip')})",
    "device": f"{_VISITORS_ON_DEVICE} UNION ({_customers('device_id')})",
    "address": _customers("shipping_key"),
}


def people_sql(kind: str, store: str, value: str, at: str) -> str:
    """A scalar sub-select: how many established people share `value`; 0 where nobody is known. Arguments are SQL."""
    people = _PEOPLE[kind].format(store=store, value=value, at=at)
    return f"(SELECT count(DISTINCT person)::int FROM ({people}) AS known (person))"  # noqa: S608


_TYPES = {"ip": "inet", "device": "uuid"}
_TEXTS = {"ip": "host(a.value)", "device": "a.value::text"}
_SEEN = {
    "ip": "(SELECT count(*) FROM (SELECT FROM visitor_ips WHERE store_id = $1 AND ip = a.value LIMIT {most}) s)",
    "device": "(SELECT count(*) FROM (SELECT FROM visitors WHERE store_id = $1 AND device_id = a.value LIMIT {most}) s)",
}


def _count_sql(kind: str) -> str:
    """Counts the values $2, each named once, as of $3 anew, except those counted since $4, and keeps what is worth it."""
    seen = _SEEN[kind].replace("{most}", str(MANY_VISITORS))
    return f"""
    WITH asked AS MATERIALIZED (
      SELECT a.value, a.text, a.kept FROM (
        SELECT a.value, {_TEXTS[kind]} AS text, (SELECT c.counted_at FROM crowds c
           WHERE c.store_id = $1 AND c.kind = '{kind}' AND c.value = {_TEXTS[kind]}) AS kept
          FROM unnest($2::{_TYPES[kind]}[]) AS a (value)) a
       WHERE a.kept IS NULL OR a.kept < $4),
    counted AS MATERIALIZED (
      SELECT a.text, a.kept, {people_sql(kind, "$1", "a.value", "$3::timestamptz")} AS people, {seen} AS seen FROM asked a)
    INSERT INTO crowds (store_id, kind, value, people, counted_at)
    SELECT $1, '{kind}', text, people, $3 FROM counted
     WHERE people >= 2 OR seen >= {MANY_VISITORS} OR kept IS NOT NULL ORDER BY text
    ON CONFLICT (store_id, kind, value) DO UPDATE SET people = excluded.people, counted_at = excluded.counted_at
    """  # noqa: S608


_COUNT = {kind: _count_sql(kind) for kind in _TYPES}

# A visitor whose events are just being written is passed by: it comes up again, being newer then. Crowds are asked for one
# by one: while the table grows, the planner takes it for empty and would rather read all of it.
_MARK = """
WITH mine AS MATERIALIZED (
  SELECT id, ip, device_id FROM visitors WHERE store_id = $1 AND id = ANY($2) FOR NO KEY UPDATE SKIP LOCKED),
crowd AS MATERIALIZED (
  SELECT id,
         CASE WHEN ip IS NOT NULL THEN greatest(1, (SELECT c.people FROM crowds c
           WHERE c.store_id = $1 AND c.kind = 'ip' AND c.value = host(mine.ip))) END AS ip,
         CASE WHEN device_id IS NOT NULL THEN greatest(1, (SELECT c.people FROM crowds c
           WHERE c.store_id = $1 AND c.kind = 'device' AND c.value = mine.device_id::text)) END AS device
    FROM mine)
UPDATE visitors v SET ip_crowd = crowd.ip, device_crowd = crowd.device
  FROM crowd WHERE v.store_id = $1 AND v.id = crowd.id
   AND (v.ip_crowd, v.device_crowd) IS DISTINCT FROM (crowd.ip, crowd.device)
"""

_NEXT = """
SELECT v.id, v.last_seen, v.ip, v.device_id FROM visitors v
 WHERE v.store_id = $1 AND v.last_seen <= $2 AND (v.last_seen, v.id) > (
   SELECT coalesce(max(p.last_seen), '-infinity'), coalesce(max(p.visitor_id::text)::uuid, $4)
     FROM crowd_progress p WHERE p.store_id = $1)
 ORDER BY v.last_seen, v.id LIMIT $3
"""
_KEEP_PLACE = """
INSERT INTO crowd_progress (store_id, last_seen, visitor_id) VALUES ($1, $2, $3)
ON CONFLICT (store_id) DO UPDATE SET last_seen = excluded.last_seen, visitor_id = excluded.visitor_id
"""
_FORGET = "DELETE FROM crowds WHERE store_id = $1 AND counted_at < $2"
_FIRST_ID = UUID(int=0)


class Subjects(msgspec.Struct, frozen=True, kw_only=True):
    """Visitors, and the addresses and devices they were last on."""

    visitors: Sequence[UUID]
    ips: Sequence[str]
    devices: Sequence[UUID]


async def count_crowds(
    connection: asyncpg.Connection, store_id: StoreId, subjects: Subjects, at: datetime, unless_since: datetime
) -> None:
    """Counts the people on these addresses and devices as of `at`, if that was not done since, and keeps it with the
    visitors."""
    await connection.execute(_COUNT["ip"], store_id, subjects.ips, at, unless_since)
    await connection.execute(_COUNT["device"], store_id, subjects.devices, at, unless_since)
    await connection.execute(_MARK, store_id, subjects.visitors)


async def next_visitors(
    connection: asyncpg.Connection, store_id: StoreId, until: datetime, limit: int
) -> list[asyncpg.Record]:
    """Visitors seen since the place kept by `keep_place`, the longest ago first: id, last_seen, ip, device_id."""
    return list(await connection.fetch(_NEXT, store_id, until, limit, _FIRST_ID))


async def keep_place(connection: asyncpg.Connection, store_id: StoreId, last_seen: datetime, visitor_id: UUID) -> None:
    await connection.execute(_KEEP_PLACE, store_id, last_seen, visitor_id)


async def forget_crowds(database: Database, store_id: StoreId, before: datetime) -> None:
    """Counts nobody has refreshed since: the address is somebody else's by now, or nobody's."""
    await database.pool.execute(_FORGET, store_id, before)
