"""Verdicts: kept once per cause with the facts and weights they were made from, and read again."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from shopwarden.domain.facts import Facts
from shopwarden.domain.heard import Heard, write_heard
from shopwarden.domain.ids import CustomerId, StoreId, VerdictId, VisitorId
from shopwarden.domain.policy import Policy
from shopwarden.domain.verdict import Advice, Level, Verdict, Weights

Subject = Literal["order", "customer"]


class NewVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict to be kept. `event_key` names its cause: the same cause is judged once.

    `request_digest` stands for the request that asked, so that one idempotency key cannot serve two questions.
    """

    id: VerdictId
    subject: Subject
    subject_id: UUID
    customer_id: CustomerId | None
    trigger: str
    event_key: str
    verdict: Verdict
    facts: Facts
    policy: Policy
    created_at: datetime
    heard: Heard | None = None
    """What its signals said, whatever the weights: what a trial of another policy starts from."""
    request_digest: str | None = None

    def as_stored(self, visitor_id: VisitorId | None = None, external_id: str | None = None) -> StoredVerdict:
        """As it will be read again; the order's visitor and id are not part of the verdict."""
        same = {name: getattr(self, name) for name in self.__struct_fields__ if name not in ("policy", "heard")}
        return StoredVerdict(**same, weights=self.policy.weights, visitor_id=visitor_id, external_id=external_id)

    def row(self, store_id: StoreId) -> tuple[object, ...]:
        """Values in the order of VERDICT_COLUMNS."""
        verdict = self.verdict
        kept = msgspec.to_builtins(verdict)
        if self.request_digest is not None:
            kept["request_digest"] = self.request_digest
        return (
            store_id, self.id, self.subject, self.subject_id, self.customer_id, self.trigger, self.event_key,
            verdict.score, verdict.points, verdict.level, verdict.advice, kept, msgspec.json.encode(self.facts),
            msgspec.json.encode(self.policy.weights), verdict.weights_version, verdict.code_version, self.created_at,
            verdict.ruleset_version, [hit.rule_id for hit in verdict.rules if hit.matched] or None,
            None if self.heard is None else write_heard(self.heard),
        )  # fmt: skip


VERDICT_COLUMNS = (
    "store_id", "id", "subject", "subject_id", "customer_id", "trigger", "event_key", "score", "points", "level", "advice",
    "verdict", "facts", "weights", "weights_version", "code_version", "created_at", "ruleset_version", "rule_hits", "heard",
)  # fmt: skip


class StoredVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A kept verdict with what it was made from. `visitor_id`, `external_id` and `order_name` (what the
    shop calls it) are the order's."""

    id: VerdictId
    subject: Subject
    subject_id: UUID | None
    customer_id: CustomerId | None
    trigger: str
    event_key: str
    created_at: datetime
    verdict: Verdict
    facts: Facts
    weights: Weights
    request_digest: str | None = None
    visitor_id: VisitorId | None = None
    external_id: str | None = None
    order_name: str | None = None


class ScorePoint(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a history of scores."""

    verdict_id: VerdictId
    at: datetime
    trigger: str
    score: int
    level: Level
    advice: Advice
    weights_version: int


VERDICT_SQL = (
    "SELECT v.id, v.subject, v.subject_id, v.customer_id, v.trigger, v.event_key, v.created_at, v.verdict, v.facts,"
    " v.weights, v.verdict ->> 'request_digest' AS request_digest, o.visitor_id, o.external_id,"
    " o.name AS order_name"
    " FROM verdicts v LEFT JOIN orders o ON o.store_id = v.store_id AND o.id = v.subject_id AND v.subject = 'order' "
)


WHOLE = "v.verdict <> '{}'"
"""Erasing a person's data empties verdicts and leaves their score and cause."""


def stored_verdict(row: asyncpg.Record) -> StoredVerdict:
    return StoredVerdict(
        id=row["id"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        customer_id=row["customer_id"],
        trigger=row["trigger"],
        event_key=row["event_key"],
        created_at=row["created_at"],
        verdict=msgspec.convert(row["verdict"], Verdict),
        facts=msgspec.convert(row["facts"], Facts),
        weights=msgspec.convert(row["weights"], Weights),
        request_digest=row["request_digest"],
        visitor_id=row["visitor_id"],
        external_id=row["external_id"],
        order_name=row["order_name"],
    )


async def find_verdict(connection: asyncpg.Connection, store_id: StoreId, verdict_id: UUID) -> StoredVerdict | None:
    """None also for a verdict whose facts were erased on a person's request."""
    row = await connection.fetchrow(VERDICT_SQL + f"WHERE v.store_id = $1 AND v.id = $2 AND {WHOLE}", store_id, verdict_id)
    return stored_verdict(row) if row else None


async def find_verdict_by_event(connection: asyncpg.Connection, store_id: StoreId, event_key: str) -> StoredVerdict | None:
    row = await connection.fetchrow(
        VERDICT_SQL + f"WHERE v.store_id = $1 AND v.event_key = $2 AND {WHOLE}", store_id, event_key
    )
    return stored_verdict(row) if row else None


async def latest_verdict(
    connection: asyncpg.Connection, store_id: StoreId, subject: Subject, subject_id: UUID
) -> StoredVerdict | None:
    row = await connection.fetchrow(
        VERDICT_SQL + f"WHERE v.store_id = $1 AND v.subject = $2 AND v.subject_id = $3 AND {WHOLE}"
        " ORDER BY v.created_at DESC LIMIT 1",
        store_id, subject, subject_id,
    )  # fmt: skip
    return stored_verdict(row) if row else None


async def latest_advice(
    connection: asyncpg.Connection, store_id: StoreId, subject: Subject, subject_id: UUID
) -> Advice | None:
    """The newest verdict's advice on the subject, None before the first one."""
    advice: Advice | None = await connection.fetchval(
        "SELECT advice FROM verdicts WHERE store_id = $1 AND subject = $2 AND subject_id = $3"
        " ORDER BY created_at DESC LIMIT 1",
        store_id, subject, subject_id,
    )  # fmt: skip
    return advice


async def score_history(
    connection: asyncpg.Connection, store_id: StoreId, subject: Subject, subject_id: UUID, limit: int = 50
) -> list[ScorePoint]:
    """The subject's scores, newest first."""
    rows = await connection.fetch(
        "SELECT id AS verdict_id, created_at AS at, trigger, score, level, advice, weights_version FROM verdicts"
        " WHERE store_id = $1 AND subject = $2 AND subject_id = $3 ORDER BY created_at DESC LIMIT $4",
        store_id, subject, subject_id, limit,
    )  # fmt: skip
    return [ScorePoint(**dict(row)) for row in rows]
