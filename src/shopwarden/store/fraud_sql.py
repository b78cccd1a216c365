"""The fraud label of orders as SQL: the same rule as domain/fraud_label.py, for statements over many orders."""

from __future__ import annotations

from shopwarden.domain.fraud_label import ABOUT_THE_SALE

_REASONS = ", ".join(f"'{reason}'" for reason in ABOUT_THE_SALE)

DISPUTED_ORDERS = f"""
SELECT order_external_id AS external_id,
       bool_or(kind IS DISTINCT FROM 'inquiry' AND status IS DISTINCT FROM 'won'
               AND (reason IS NULL OR reason NOT IN ({_REASONS}))) AS is_confirming,
       bool_or(status IS NOT DISTINCT FROM 'won') AS is_won
  FROM disputes WHERE store_id = $1 AND order_external_id IS NOT NULL GROUP BY order_external_id
"""  # noqa: S608 - words of our own
"""One row for each disputed order of the store $1."""

LABEL = """
CASE WHEN o.cancel_reason = 'fraud' OR d.is_confirming THEN 'confirmed'
     WHEN (o.advice = 'decline' OR o.risk_level = 'critical') AND d.is_won IS NOT TRUE THEN 'suspected'
     ELSE 'legitimate' END
"""
"""Of an order `o` beside its row `d` of DISPUTED_ORDERS, which may be missing."""


def labelled_orders(first: str, after: str) -> str:
    """A SELECT of the store $1's orders created from `first` until before `after` (SQL for moments, such as `$2`), each with
    its `label`: id, external_id, customer_id, visitor_id, session_id, device_id, created_at, label, is_fraud.

    Tests and orders that were only asked about are no orders. An order is made during its session or shortly after it, so
    sessions of a time are found with the orders from `first` until a day after their end.
    """
    return f"""
SELECT id, external_id, customer_id, visitor_id, session_id, device_id, created_at, label, label <> 'legitimate' AS is_fraud
  FROM (SELECT o.*, {LABEL} AS label
          FROM orders o LEFT JOIN ({DISPUTED_ORDERS}) AS d ON d.external_id = o.external_id
         WHERE o.store_id = $1 AND o.created_at >= {first} AND o.created_at < {after}
           AND NOT o.is_test AND o.source <> 'check') AS labelled
"""  # noqa: S608 - SQL of our own


def fraud_sessions(first: str, after: str) -> str:
    """A SELECT of the sessions the store $1's orders of that time were made in: session_id, is_fraud. A session with several
    orders is of the fraud segment when one of them is."""
    return f"""
SELECT session_id, bool_or(is_fraud) AS is_fraud
  FROM ({labelled_orders(first, after)}) AS o WHERE session_id IS NOT NULL GROUP BY session_id
"""  # noqa: S608 - SQL of our own
