"""The fraud label of orders as SQL: the same rule as domain/fraud_label.py, for statements over many orders."""

from __future__ import annotations

from shopwarden.domain.fraud_label import ABOUT_THE_SALE, OUTCOMES, TOLD_BY_HAND

NOW = "statement_timestamp()"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_REASONS = _listed(ABOUT_THE_SALE)

CONFIRMS = "(kind IS DISTINCT FROM 'inquiry' AND status IS DISTINCT FROM 'won'" + (
    f" AND (reason IS NULL OR reason NOT IN ({_REASONS})))"
)
"""Whether a row of `disputes` makes its order confirmed fraud."""

BY_HAND = _listed(TOLD_BY_HAND)
RANK = (
    f"CASE WHEN source IN ({BY_HAND}) OR label = 'fraud' AND source IN ({_listed(OUTCOMES)}) THEN 0"
    " WHEN source = 'delivered' THEN 2 ELSE 1 END"
)
STANDING_FIRST = f"{RANK}, known_at DESC, id DESC"
"""The order in which the first of an order's known labels is the one that counts."""


def is_known(label: str, at: str) -> str:
    """Whether the row `label` of `labels` was known, and not withdrawn, at `at` (SQL for a moment)."""
    return f"({label}.known_at <= {at} AND ({label}.withdrawn_at IS NULL OR {label}.withdrawn_at > {at}))"


def told_orders(at: str = NOW) -> str:
    """A SELECT of the store $1's orders that a dispute or a label is of, as known at `at` (SQL for a moment): external_id,
    is_confirming and is_won by its disputes, and `told`, the label that stands.

    A dispute changes and its row keeps no history, so one that changed after `at` is left out: until then its label tells.
    """
    return f"""
SELECT external_id, bool_or(is_confirming) AS is_confirming, bool_or(is_won) AS is_won,
       (array_agg(label ORDER BY rank, known_at DESC, id DESC) FILTER (WHERE label IS NOT NULL))[1] AS told
  FROM (SELECT order_external_id AS external_id, {CONFIRMS} AS is_confirming, status IS NOT DISTINCT FROM 'won' AS is_won,
               NULL::text AS label, NULL::int AS rank, NULL::timestamptz AS known_at, NULL::uuid AS id
          FROM disputes WHERE store_id = $1 AND order_external_id IS NOT NULL AND updated_at <= {at}
        UNION ALL
        SELECT l.order_external_id, NULL, NULL, l.label, {RANK}, l.known_at, l.id
          FROM labels l WHERE l.store_id = $1 AND l.order_external_id IS NOT NULL AND l.source <> 'delivered'
           AND {is_known("l", at)}) AS heard
 GROUP BY external_id
"""  # noqa: S608 - words of our own


DISPUTED_ORDERS = told_orders()
"""As known now."""


def label_sql(at: str = NOW) -> str:
    """The label of an order `o` beside its row `d` of `told_orders`, which may be missing.

    That nothing was heard past the chargeback window (a label `delivered`) only clears a suspicion.
    """
    return f"""
CASE WHEN d.told IS NOT NULL THEN CASE d.told WHEN 'fraud' THEN 'confirmed' ELSE 'legitimate' END
     WHEN o.cancel_reason = 'fraud' AND coalesce(o.cancelled_at, o.updated_at) <= {at} OR d.is_confirming THEN 'confirmed'
     WHEN (o.advice = 'decline' OR o.risk_level = 'critical') AND d.is_won IS NOT TRUE
          AND NOT EXISTS (SELECT FROM labels l WHERE l.store_id = $1 AND l.source = 'delivered'
                             AND l.order_external_id = o.external_id AND {is_known("l", at)}) THEN 'suspected'
     ELSE 'legitimate' END
"""


LABEL = label_sql()


def labelled_orders(first: str, after: str, at: str = NOW) -> str:
    """A SELECT of the store $1's orders created from `first` until before `after` (SQL for moments, such as `$2`), each with
    its `label` as known at `at`: id, external_id, customer_id, visitor_id, session_id, device_id, created_at, label,
    is_fraud.

    Tests and orders that were only asked about are no orders. An order is made during its session or shortly after it, so
    sessions of a time are found with the orders from `first` until a day after their end.
    """
    return f"""
SELECT id, external_id, customer_id, visitor_id, session_id, device_id, created_at, label, label <> 'legitimate' AS is_fraud
  FROM (SELECT o.*, {label_sql(at)} AS label
          FROM orders o LEFT JOIN ({told_orders(at)}) AS d ON d.external_id = o.external_id
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
