"""The background of one decision, fetched in one round trip, and what is usual in the store, remembered for five minutes."""

from __future__ import annotations

from time import monotonic

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.scoring import UNKNOWN_FRAUD_RATE
from shopwarden.store.facts_rows import Background, OrderRow, Question, StoreValues
from shopwarden.store.facts_sql import ASKED, BACKGROUND_SQL, PIECES
from shopwarden.store.fraud_sql import DISPUTED_ORDERS, LABEL
from shopwarden.store.velocity import read_velocity

REMEMBERED_SECONDS = 300.0
STARTING_SECONDS = 10.0
"""A store that has too few orders to call anything usual is asked again sooner: its first busy hour changes that."""
FEWEST_ORDERS = 20
"""Below this many orders in a currency nothing is called usual."""
FEWEST_SEASONED = 200
"""A fraud rate from fewer seasoned orders than this is luck."""
BELIEVED_ORDERS = 300
"""What is usual everywhere weighs as much as this many orders of the store: no cliff where the counting begins."""
DEFAULT_CHARGEBACK_WINDOW = 120


def _split(row: asyncpg.Record) -> tuple[dict[str, msgspec.Struct | None], dict[str, int]]:
    """The pieces by name, None for those that found nothing, and the counts that follow them."""
    names, values = list(row.keys()), list(row.values())
    pieces: dict[str, msgspec.Struct | None] = {}
    start = 0
    for piece, (kind, _) in PIECES.items():
        end = start + 1 + len(kind.__struct_fields__)
        fields = dict(zip(names[start + 1 : end], values[start + 1 : end], strict=True))
        pieces[piece] = kind(**fields) if values[start] else None
        start = end
    return pieces, dict(zip(names[start:], values[start:], strict=True))


async def fetch_background(connection: asyncpg.Connection, store_id: StoreId, question: Question) -> Background:
    """Customer, history, visitor, session, device, e-mail, checkout and velocity, all in one round trip."""
    values = [store_id if name == "store_id" else getattr(question, name) for name in ASKED]
    pieces, counts = _split(await connection.fetchrow(BACKGROUND_SQL, *values))
    known = {
        "ip": question.ip,
        "device": question.strong_device_id,
        "email": question.email,
        "address": question.shipping_key,
        "card": question.card_key,
    }
    return msgspec.convert({**pieces, "velocity": read_velocity(counts, known)}, Background, from_attributes=True)


_ORDER_FIELDS = OrderRow.__struct_fields__
_ORDER_SQL = f"SELECT {', '.join(_ORDER_FIELDS)} FROM orders WHERE store_id = $1 AND "  # noqa: S608
_BY_ID = _ORDER_SQL + "id = $2"
_LATEST = _ORDER_SQL + (
    "customer_id = $2 AND created_at <= $3 AND created_at >= $4 AND NOT is_test AND source <> 'check'"
    " ORDER BY created_at DESC LIMIT 1"
)


async def read_order(connection: asyncpg.Connection, store_id: StoreId, order_id: object) -> OrderRow | None:
    row = await connection.fetchrow(_BY_ID, store_id, order_id)
    return OrderRow(**dict(row)) if row else None


async def read_latest_order(
    connection: asyncpg.Connection, store_id: StoreId, customer_id: object, until: object, since: object
) -> OrderRow | None:
    """The customer's newest order with `since` <= created_at <= `until`."""
    row = await connection.fetchrow(_LATEST, store_id, customer_id, until, since)
    return OrderRow(**dict(row)) if row else None


_remembered: dict[tuple[StoreId, str | None], tuple[float, StoreValues]] = {}

# Values of the newest 5,000 orders; fraud among those old enough to have been disputed.
_STORE_SQL = f"""
WITH shop AS MATERIALIZED (
  SELECT currency, CASE WHEN jsonb_typeof(settings -> 'chargeback_window_days') = 'number'
    THEN least(400, greatest(1, (settings ->> 'chargeback_window_days')::numeric))::int ELSE $3::int END AS window_days
    FROM stores WHERE id = $1),
newest AS (
  SELECT total, currency FROM orders WHERE store_id = $1 AND NOT is_test ORDER BY created_at DESC LIMIT 5000),
seasoned AS (
  SELECT external_id, cancel_reason, cancelled_at, updated_at, advice, risk_level FROM orders
   WHERE store_id = $1 AND source <> 'check' AND NOT is_test
     AND created_at < now() - make_interval(days => (SELECT window_days FROM shop))
   ORDER BY created_at DESC LIMIT 5000)
SELECT shop.currency, shop.window_days, usual.many, usual.usual, usual.high, rate.many AS seasoned, rate.fraud
  FROM shop,
  (SELECT count(*) AS many, percentile_disc(0.5) WITHIN GROUP (ORDER BY total) AS usual,
          percentile_disc(0.95) WITHIN GROUP (ORDER BY total) AS high
     FROM newest WHERE total IS NOT NULL AND newest.currency = coalesce($2, (SELECT currency FROM shop))) usual,
  (SELECT count(*) AS many, count(*) FILTER (WHERE {LABEL.strip()} = 'confirmed') AS fraud
     FROM seasoned o
     LEFT JOIN LATERAL (SELECT * FROM ({DISPUTED_ORDERS}) told WHERE told.external_id = o.external_id) d ON true) rate
"""  # noqa: S608 - SQL of our own


def measured_fraud_rate(fraud: int, seasoned: int) -> float | None:
    """The store's share of fraud, drawn towards the usual one. None below FEWEST_SEASONED orders, and where nothing was
    ever told to be fraud: many shops never learn of their disputes here, and silence is not innocence."""
    if fraud <= 0 or seasoned < FEWEST_SEASONED:
        return None
    return (fraud + UNKNOWN_FRAUD_RATE * BELIEVED_ORDERS) / (seasoned + BELIEVED_ORDERS)


async def fetch_store_values(connection: asyncpg.Connection, store_id: StoreId, currency: str | None) -> StoreValues:
    """What is usual for orders in `currency` (None: the store's own); at most five minutes old in this process."""
    key, now = (store_id, currency), monotonic()
    found = _remembered.get(key)
    if found is not None and found[0] > now:
        return found[1]
    row = await connection.fetchrow(_STORE_SQL, store_id, currency, DEFAULT_CHARGEBACK_WINDOW)
    if row is None:
        raise LookupError(f"no store {store_id}")
    enough = row["many"] >= FEWEST_ORDERS
    values = StoreValues(
        currency=currency or row["currency"],
        usual_order_value=row["usual"] if enough else None,
        high_order_value=row["high"] if enough else None,
        fraud_rate=measured_fraud_rate(row["fraud"], row["seasoned"]),
        chargeback_window_days=row["window_days"],
    )
    if len(_remembered) > 10_000:
        _remembered.clear()
    _remembered[key] = (now + (REMEMBERED_SECONDS if enough else STARTING_SECONDS), values)
    return values
