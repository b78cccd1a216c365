"""Which visitor stands behind an order: the surest clue first, the IP address as a weak hint at the end."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import msgspec

from shopwarden.domain.ids import CustomerId, DeviceId, SessionId, StoreId, VisitorId
from shopwarden.store.facts_rows import uuid_or_none

SURE_JOINS = frozenset({"session", "checkout", "visitor"})
"""Joins by something only that browser had. The others follow from who the person is, or only from where."""


class Clues(msgspec.Struct, frozen=True, kw_only=True):
    """What an order says of its visitor. E-mail and IP normalised; `session_id`, `visitor_id` as the storefront has them."""

    session_id: str | None = None
    visitor_id: str | None = None
    anonymous_id: str | None = None
    checkout_token: str | None = None
    cart_token: str | None = None
    customer_id: CustomerId | None = None
    email: str | None = None
    ip: str | None = None
    device_id: DeviceId | None = None
    """Of a strong device fingerprint the order came with."""


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """`visitor_id` is the browser itself where the clue tells it; was it merged, readers go on to the visitor it belongs to.

    `joined_by`: session, checkout, visitor, customer, email, device or ip. `session_id` and `device_id` only when they
    are of this very visit: the session is named by the clue or ended less than a day before."""

    visitor_id: VisitorId
    session_id: SessionId | None
    device_id: DeviceId | None
    device_is_strong: bool
    joined_by: str


# One probe per clue, numbered by how sure it is. A visitor who first came after the order is never its visitor.
_SQL = """
WITH ask AS (SELECT $1::uuid AS store_id, $2::timestamptz AS at),
candidate AS (
  -- A session is named after the event that opens it, and that event knows its browser.
  (SELECT 1 AS rank, 'session' AS joined_by, coalesce(a.visitor_id, s.visitor_id) AS visitor_id, s.id AS session_id
     FROM ask JOIN sessions s ON s.store_id = ask.store_id AND s.id = $3::uuid
     LEFT JOIN customer_activities a ON a.store_id = s.store_id AND a.id = s.id AND a.created_at = s.started_at)
  UNION ALL
  (SELECT CASE t.kind WHEN 'session' THEN 2 WHEN 'checkout' THEN 3 ELSE 4 END,
          CASE t.kind WHEN 'session' THEN 'session' ELSE 'checkout' END, t.visitor_id, t.session_id
     FROM ask JOIN checkout_tokens t ON t.store_id = ask.store_id
      AND (t.token, t.kind) IN (($4::text, 'session'), ($5::text, 'checkout'), ($6::text, 'cart')))
  UNION ALL
  (SELECT 5, 'visitor', v.id, NULL FROM ask JOIN visitors v ON v.store_id = ask.store_id AND v.id = $7::uuid)
  UNION ALL
  (SELECT 6, 'visitor', v.id, NULL FROM ask JOIN visitors v ON v.store_id = ask.store_id
      AND v.anonymous_id = ANY($8::text[]) ORDER BY v.last_seen DESC LIMIT 1)
  UNION ALL
  (SELECT 7, 'customer', v.id, NULL FROM ask JOIN visitors v ON v.store_id = ask.store_id
      AND v.customer_id = $9::uuid AND v.first_seen <= ask.at ORDER BY v.last_seen DESC LIMIT 1)
  UNION ALL
  (SELECT 8, 'customer', v.id, NULL
     FROM ask JOIN identities i ON i.store_id = ask.store_id AND i.customer_id = $9::uuid
     JOIN visitors v ON v.store_id = ask.store_id AND v.id = i.visitor_id AND v.first_seen <= ask.at
    ORDER BY v.last_seen DESC LIMIT 1)
  UNION ALL
  (SELECT 9, 'email', v.id, NULL
     FROM ask JOIN customers c ON c.store_id = ask.store_id AND c.email = $10::text
     JOIN visitors v ON v.store_id = ask.store_id AND v.customer_id = c.id AND v.first_seen <= ask.at
    ORDER BY v.last_seen DESC LIMIT 1)
  UNION ALL
  (SELECT 10, 'device', alone.visitor_id, NULL FROM (
     SELECT (array_agg(coalesce(v.merged_into, v.id)))[1] AS visitor_id
       FROM ask JOIN devices d ON d.store_id = ask.store_id AND d.id = $11::uuid AND d.is_strong
       JOIN visitors v ON v.store_id = ask.store_id AND v.device_id = d.id
        AND v.first_seen <= ask.at AND v.last_seen >= ask.at - interval '1 day'
        AND coalesce((SELECT c.people FROM crowds c
                       WHERE c.store_id = d.store_id AND c.kind = 'device' AND c.value = d.id::text), 0) < 10
     HAVING count(DISTINCT coalesce(v.merged_into, v.id)) = 1) alone)
  UNION ALL
  (SELECT 11, 'ip', alone.visitor_id, NULL FROM (
     SELECT (array_agg(coalesce(v.merged_into, v.id)))[1] AS visitor_id
       FROM (SELECT i.visitor_id FROM ask JOIN visitor_ips i ON i.store_id = ask.store_id AND i.ip = $12::inet
                AND i.last_seen >= ask.at - interval '2 hours' AND i.first_seen <= ask.at LIMIT 8) here
       JOIN ask ON true JOIN visitors v ON v.store_id = ask.store_id AND v.id = here.visitor_id
     HAVING count(DISTINCT coalesce(v.merged_into, v.id)) = 1) alone
     JOIN ask ON true
     JOIN visitors v ON v.store_id = ask.store_id AND v.id = alone.visitor_id AND NOT v.is_bot
      AND coalesce((SELECT c.people FROM crowds c
                     WHERE c.store_id = ask.store_id AND c.kind = 'ip' AND c.value = host($12::inet)), 0) < 10)
),
best AS (SELECT * FROM candidate ORDER BY rank LIMIT 1)
SELECT best.joined_by, best.visitor_id, coalesce(named.id, latest.id) AS session_id,
       used.id AS device_id, coalesce(used.is_strong, false) AS device_is_strong
  FROM ask JOIN best ON true
  JOIN visitors v ON v.store_id = ask.store_id AND v.id = best.visitor_id
  LEFT JOIN sessions named ON named.store_id = ask.store_id AND named.id = best.session_id
  LEFT JOIN LATERAL (
    SELECT s.id, s.device_id FROM sessions s
     WHERE best.session_id IS NULL AND s.store_id = ask.store_id AND s.visitor_id = coalesce(v.merged_into, v.id)
       AND s.started_at <= ask.at AND s.ended_at >= ask.at - interval '1 day'
     ORDER BY s.started_at DESC LIMIT 1) latest ON true
  LEFT JOIN devices used ON used.store_id = ask.store_id AND used.id =
       CASE WHEN named.id IS NOT NULL OR latest.id IS NOT NULL
            THEN coalesce(named.device_id, latest.device_id, v.device_id) END
"""


async def find_visitor(connection: asyncpg.Connection, store_id: StoreId, clues: Clues, at: datetime) -> Joined | None:
    """The visitor behind these clues as of `at`, in one round trip; None when no clue leads to one.

    Order: session id or token, checkout token, cart token, visitor id, anonymous id, the customer's latest visitor, the
    e-mail address's latest visitor, the only visitor on a strong device within a day, the only visitor on the IP
    address within two hours and not a bot. Of a device or an address that a crowd shares, being alone says nothing.
    """
    row = await connection.fetchrow(
        _SQL,
        store_id,
        at,
        uuid_or_none(clues.session_id),
        clues.session_id,
        clues.checkout_token,
        clues.cart_token,
        uuid_or_none(clues.visitor_id),
        [name for name in (clues.anonymous_id, clues.visitor_id) if name],
        clues.customer_id,
        clues.email,
        clues.device_id,
        clues.ip,
    )
    if row is None:
        return None
    return Joined(**dict(row))
