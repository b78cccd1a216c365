"""Verdicts on orders read as samples: with what they were made from, the order's value and what it turned out to be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.facts import Facts
from shopwarden.domain.ids import StoreId
from shopwarden.domain.label import LabelName
from shopwarden.domain.verdict import Verdict, Weights
from shopwarden.store.fraud_sql import NOW, STANDING_FIRST, is_known


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One order's verdict. The three texts are JSON, for whoever reads them does so beside the event loop."""

    verdict_id: UUID
    order_id: UUID
    external_id: str
    name: str | None
    total: Decimal | None
    currency: str | None
    at: datetime
    label: LabelName | None
    verdict_json: str
    facts_json: str
    weights_json: str

    def verdict(self) -> Verdict:
        return msgspec.json.decode(self.verdict_json, type=Verdict)

    def facts(self) -> Facts:
        return msgspec.json.decode(self.facts_json, type=Facts)

    def weights(self) -> Weights:
        return msgspec.json.decode(self.weights_json, type=Weights)


TOLD_LABEL = f"""
LEFT JOIN LATERAL (
  SELECT l.label FROM labels l
   WHERE l.store_id = $1 AND l.order_external_id = o.external_id AND {is_known("l", NOW)}
   ORDER BY {STANDING_FIRST} LIMIT 1) told ON true
"""  # noqa: S608 - words of our own
"""What the order `o` turned out to be, as far as anybody said: `told.label`."""

_SAMPLE = f"""
SELECT v.id AS verdict_id, v.subject_id AS order_id, o.external_id, o.name, o.total, o.currency, v.created_at AS at,
       told.label, v.verdict::text AS verdict_json, v.facts::text AS facts_json, v.weights::text AS weights_json
  FROM ({{chosen}}) v JOIN orders o ON o.store_id = $1 AND o.id = v.subject_id {TOLD_LABEL}
 WHERE v.verdict <> '{{{{}}}}' ORDER BY v.created_at DESC
"""  # noqa: S608 - words of our own

_LATEST = """
SELECT * FROM verdicts WHERE store_id = $1 AND subject = 'order' ORDER BY created_at DESC LIMIT $2
"""
_NAMED = "SELECT * FROM verdicts WHERE store_id = $1 AND subject = 'order' AND id = $2"
_MATCHED = """
SELECT * FROM verdicts WHERE store_id = $1 AND subject = 'order' AND rule_hits @> ARRAY[$3::uuid] AND created_at >= $4
 ORDER BY created_at DESC LIMIT $2
"""


async def latest_samples(connection: asyncpg.Connection, store_id: StoreId, most: int) -> list[Sample]:
    """Of the newest `most` verdicts on orders, each order's last one; the newest first."""
    return _once(await connection.fetch(_SAMPLE.format(chosen=_LATEST), store_id, most))


async def named_sample(connection: asyncpg.Connection, store_id: StoreId, verdict_id: UUID) -> Sample | None:
    """None where there is no such verdict on an order, or its facts were erased."""
    found = _once(await connection.fetch(_SAMPLE.format(chosen=_NAMED), store_id, verdict_id))
    return found[0] if found else None


async def matched_samples(
    connection: asyncpg.Connection, store_id: StoreId, rule_id: UUID, since: datetime, most: int
) -> list[Sample]:
    """Of the newest `most` verdicts the rule matched in, each order's last one."""
    return _once(await connection.fetch(_SAMPLE.format(chosen=_MATCHED), store_id, most, rule_id, since))


def _once(rows: Sequence[asyncpg.Record]) -> list[Sample]:
    samples = dict[UUID, Sample]()
    for row in rows:
        samples.setdefault(row["order_id"], Sample(**dict(row)))
    return list(samples.values())
