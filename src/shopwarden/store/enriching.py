"""Where what vendors said is written down with the customer, and what the last verdict knew of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.observation import Json
from shopwarden.store.database import Connection

_IP = {
    "country_code": "text", "region": "text", "city": "text", "postal_code": "text", "latitude": "float8",
    "longitude": "float8", "timezone": "text", "isp": "text", "organization": "text", "connection_type": "text",
    "is_vpn": "boolean", "is_proxy": "boolean", "is_tor": "boolean", "is_datacenter": "boolean", "is_mobile": "boolean",
    "fraud_score": "integer", "abuse_velocity": "text", "recent_abuse": "boolean",
}  # fmt: skip
IP_COLUMNS = tuple(_IP)

# Unknown takes nothing away.
_WRITE_IP = f"""
UPDATE customer_ips SET {", ".join(f"{name} = coalesce(r.{name}, customer_ips.{name})" for name in _IP)}
  FROM jsonb_to_record($4) AS r ({", ".join(f"{name} {kind}" for name, kind in _IP.items())})
 WHERE store_id = $1 AND customer_id = $2 AND ip_address = $3
"""  # noqa: S608

_WRITE_CHECKS = """
UPDATE customers SET
    fraud_checks = fraud_checks || jsonb_build_object('vendors', coalesce(fraud_checks -> 'vendors', '{}') || $3)
 WHERE store_id = $1 AND id = $2 AND (fraud_checks -> 'vendors' @> $3) IS NOT TRUE
"""


async def write_ip_answers(
    connection: Connection, store_id: StoreId, customer_id: CustomerId, ip: str, columns: Mapping[str, Json]
) -> None:
    """Fills columns (of IP_COLUMNS) of an address the customer used; one they never used stays unknown to us."""
    await connection.execute(_WRITE_IP, store_id, customer_id, ip, dict(columns))


async def write_fraud_checks(
    connection: Connection, store_id: StoreId, customer_id: CustomerId, checks: Mapping[str, Json]
) -> None:
    """Look-up -> what it says of the risk, under `vendors` of the customer's `fraud_checks`; other look-ups stay."""
    if checks:
        await connection.execute(_WRITE_CHECKS, store_id, customer_id, dict(checks))


async def vendors_of_last_verdict(
    connection: Connection, store_id: StoreId, subject: Literal["order", "customer"], subject_id: UUID
) -> dict[str, object] | None:
    """What vendors had said (`facts.vendor`) when the subject was judged last; empty where no vendor took part, None where
    it was never judged."""
    row = await connection.fetchrow(
        "SELECT coalesce(facts -> 'vendor', '{}') AS vendor FROM verdicts"
        " WHERE store_id = $1 AND subject = $2 AND subject_id = $3 ORDER BY created_at DESC LIMIT 1",
        store_id, subject, subject_id,
    )  # fmt: skip
    return None if row is None else row["vendor"] or {}


_MOVE_SUBJECTS = """
WITH moved AS (
    DELETE FROM vendor_subjects WHERE store_id = $1 AND customer_id = $2 RETURNING store_id, lookup, digest, asked_at
)
INSERT INTO vendor_subjects (store_id, lookup, digest, customer_id, asked_at)
SELECT store_id, lookup, digest, $3, asked_at FROM moved ON CONFLICT DO NOTHING
"""


async def move_subjects(connection: Connection, store_id: StoreId, gone: CustomerId, successor: CustomerId) -> None:
    """Answers about a customer whose row gave way are about the other one: found for them, and forgotten with them."""
    await connection.execute(_MOVE_SUBJECTS, store_id, gone, successor)


_STALE = """
SELECT DISTINCT ON (s.store_id, s.customer_id) s.store_id, s.customer_id
  FROM vendor_accounts v
  JOIN vendor_answers a ON a.store_id = v.store_id AND split_part(a.lookup, '.', 1) = v.vendor
  JOIN vendor_subjects s ON s.store_id = a.store_id AND s.lookup = a.lookup AND s.digest = a.digest
  JOIN customers c ON c.store_id = s.store_id AND c.id = s.customer_id AND c.deleted_at IS NULL AND c.updated_at >= $1
 WHERE v.is_on AND v.policy = 'always' AND a.state IN ('answered', 'missed') AND a.fresh_until <= now()
 ORDER BY s.store_id, s.customer_id LIMIT $2
"""


async def stale_customers(connection: Connection, active_since: datetime, most: int) -> Sequence[tuple[StoreId, CustomerId]]:
    """Customers active since then, about whom an answer got old that the store wants always."""
    # across stores: the schedule runs once for the whole installation
    rows = await connection.fetch(_STALE, active_since, most)
    return [(StoreId(row["store_id"]), CustomerId(row["customer_id"])) for row in rows]
