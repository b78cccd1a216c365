"""Writing a verdict down with what it changes (order, customer, the checked order itself), each in one statement."""

from __future__ import annotations

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.verdict import Verdict
from shopwarden.store.facts_rows import OrderLink, OrderRow
from shopwarden.store.verdicts import VERDICT_COLUMNS, NewVerdict

_WIDTH = len(VERDICT_COLUMNS)
_KEPT = (
    f"kept AS (INSERT INTO verdicts ({', '.join(VERDICT_COLUMNS)})"  # noqa: S608
    f" VALUES ({', '.join(f'${place}' for place in range(1, _WIDTH + 1))})"
    " ON CONFLICT (store_id, event_key) DO NOTHING RETURNING id)"
)

# A verdict that lost the race for its cause changes nothing.
_FOR_ORDER = f"""
WITH {_KEPT},
scored AS (
  UPDATE orders SET risk_score = $8, risk_level = $10, advice = $11, verdict_id = $2,
         visitor_id = coalesce(${_WIDTH + 1}, visitor_id), session_id = coalesce(${_WIDTH + 2}, session_id),
         device_id = coalesce(${_WIDTH + 3}, device_id), joined_by = coalesce(${_WIDTH + 4}, joined_by)
   WHERE store_id = $1 AND id = $4 AND EXISTS (SELECT FROM kept))
SELECT id FROM kept
"""  # noqa: S608

_FOR_CUSTOMER = f"""
WITH {_KEPT},
scored AS (
  UPDATE customers SET risk_score = $8, risk_level = $10, fraud_checks = fraud_checks || ${_WIDTH + 1}, updated_at = $17
   WHERE store_id = $1 AND id = $4 AND EXISTS (SELECT FROM kept))
SELECT id FROM kept
"""  # noqa: S608

_ORDER_COLUMNS = tuple(
    name for name in OrderRow.__struct_fields__ if name not in ("id", "external_id", "source", "created_at")
)
_FIRST = _WIDTH + 3
_MARKS = {name: f"${place}" for place, name in enumerate(_ORDER_COLUMNS, _FIRST)}

_FOR_CHECK = f"""
WITH {_KEPT},
asked AS (
  INSERT INTO orders (store_id, id, external_id, source, created_at, updated_at, version,
                      risk_score, risk_level, advice, verdict_id, {", ".join(_ORDER_COLUMNS)})
  SELECT $1, $4, ${_WIDTH + 1}, 'check', ${_WIDTH + 2}, $17, 'check', $8, $10, $11, $2, {", ".join(_MARKS.values())}
   WHERE EXISTS (SELECT FROM kept)
  ON CONFLICT (store_id, source, external_id) DO UPDATE SET
         updated_at = excluded.updated_at, risk_score = excluded.risk_score, risk_level = excluded.risk_level,
         advice = excluded.advice, verdict_id = excluded.verdict_id,
         {", ".join(f"{name} = excluded.{name}" for name in _ORDER_COLUMNS)})
SELECT id FROM kept
"""  # noqa: S608


async def keep_order_verdict(connection: asyncpg.Connection, store_id: StoreId, new: NewVerdict, link: OrderLink) -> bool:
    """Keeps the verdict and writes score and visitor to its order; False if this cause has been judged already."""
    found = (link.visitor_id, link.session_id, link.device_id, link.joined_by)
    return await connection.fetchval(_FOR_ORDER, *new.row(store_id), *found) is not None


async def keep_customer_verdict(connection: asyncpg.Connection, store_id: StoreId, new: NewVerdict) -> bool:
    """Keeps the verdict and writes score, level and a summary to its customer; False if this cause was judged already."""
    return await connection.fetchval(_FOR_CUSTOMER, *new.row(store_id), summary_of(new)) is not None


async def keep_check_verdict(connection: asyncpg.Connection, store_id: StoreId, new: NewVerdict, order: OrderRow) -> bool:
    """Keeps the verdict and the order that was asked about (source 'check'); False if this cause was judged already."""
    values = [getattr(order, name) for name in _ORDER_COLUMNS]
    row = new.row(store_id)
    return await connection.fetchval(_FOR_CHECK, *row, order.external_id, order.created_at, *values) is not None


def summary_of(new: NewVerdict) -> dict[str, object]:
    """What a customer's `fraud_checks` shows of the latest verdict."""
    verdict: Verdict = new.verdict
    return {
        "verdict_id": str(new.id),
        "checked_at": new.created_at,
        "score": verdict.score,
        "level": verdict.level,
        "advice": verdict.advice,
        "parts": {part: score.score for part, score in verdict.parts.items() if score.points},
        "reasons": msgspec.to_builtins(verdict.reasons[:5]),
        "gaps": len(verdict.gaps),
    }
