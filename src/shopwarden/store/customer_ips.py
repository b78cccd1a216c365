"""The IP addresses customers used, told by their orders and by the visitors that are theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import asyncpg

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.observation import Json

Describe = Callable[[str, str | None], dict[str, Json]]
"""(IP address, user agent or None) -> columns of `customer_ips` that say where and with what."""

_PLACE = {
    "country_code": "text", "region": "text", "city": "text", "postal_code": "text", "latitude": "float8",
    "longitude": "float8", "timezone": "text", "isp": "text", "organization": "text", "connection_type": "text",
    "is_vpn": "boolean", "is_proxy": "boolean", "is_tor": "boolean", "is_datacenter": "boolean", "is_mobile": "boolean",
}  # fmt: skip
_AGENT = {
    "user_agent": "text", "browser": "text", "browser_version": "text", "os": "text", "os_version": "text",
    "device_type": "text", "device_brand": "text", "device_model": "text",
}  # fmt: skip
PLACE_COLUMNS, AGENT_COLUMNS = tuple(_PLACE), tuple(_AGENT)

# One sighting per order, one per visitor and address; a visitor counts for the customer it is now.
_SIGHTINGS = """
SELECT customer_id, ip, min(first) AS first, max(last) AS last, sum(times)::integer AS times,
       (array_agg(agent ORDER BY last DESC, agent) FILTER (WHERE agent IS NOT NULL))[1] AS agent
FROM (
    SELECT customer_id, browser_ip AS ip, created_at AS first, created_at AS last, 1 AS times, user_agent AS agent
    FROM orders WHERE store_id = $1 AND customer_id = ANY($2) AND browser_ip IS NOT NULL AND source <> 'check'
    UNION ALL
    SELECT v.customer_id, i.ip, i.first_seen, i.last_seen, i.events, v.user_agent
    FROM visitors v JOIN visitor_ips i ON i.store_id = v.store_id AND i.visitor_id = v.id
    WHERE v.store_id = $1 AND v.customer_id = ANY($2)
) AS seen GROUP BY customer_id, ip ORDER BY customer_id, ip
"""

# Where an address is stays as first told (a vendor may have told better since); the rest is counted anew.
_COLUMNS = {**_PLACE, **_AGENT}
_WRITE = f"""
INSERT INTO customer_ips (store_id, id, customer_id, ip_address, first_seen_at, last_seen_at, activity_count,
                          {", ".join(_COLUMNS)})
SELECT $1, gen_random_uuid(), r.customer_id, r.ip_address, r.first_seen_at, r.last_seen_at, r.activity_count,
       {", ".join(f"r.{name}" for name in _COLUMNS)}
FROM jsonb_to_recordset($2) AS r (customer_id uuid, ip_address inet, first_seen_at timestamptz, last_seen_at timestamptz,
    activity_count integer, {", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())})
ON CONFLICT (store_id, customer_id, ip_address) DO UPDATE SET first_seen_at = excluded.first_seen_at,
    last_seen_at = excluded.last_seen_at, activity_count = excluded.activity_count,
    {", ".join(f"{name} = coalesce(customer_ips.{name}, excluded.{name})" for name in _PLACE)},
    {", ".join(f"{name} = excluded.{name}" for name in _AGENT)}
"""  # noqa: S608

_REMOVE = """
DELETE FROM customer_ips WHERE store_id = $1 AND customer_id = ANY($2) AND NOT EXISTS (
    SELECT 1 FROM unnest($3::uuid[], $4::inet[]) AS k (customer_id, ip)
    WHERE k.customer_id = customer_ips.customer_id AND k.ip = customer_ips.ip_address)
"""


async def refresh_customer_ips(
    connection: asyncpg.Connection, store_id: StoreId, customer_ids: Iterable[CustomerId], describe: Describe | None
) -> None:
    """Brings the addresses of these customers in line with their orders and visitors; others are removed."""
    ids = list(customer_ids)
    rows = await connection.fetch(_SIGHTINGS, store_id, ids)
    await connection.execute(_REMOVE, store_id, ids, [row["customer_id"] for row in rows], [row["ip"] for row in rows])
    listed: list[dict[str, Json]] = [
        {
            "customer_id": str(row["customer_id"]),
            "ip_address": row["ip"],
            "first_seen_at": row["first"].isoformat(),
            "last_seen_at": row["last"].isoformat(),
            "activity_count": row["times"],
            "user_agent": row["agent"],
            **(describe(row["ip"], row["agent"]) if describe is not None else {}),
        }
        for row in rows
    ]
    if listed:
        await connection.execute(_WRITE, store_id, listed)
