"""Verdicts with the facts they were made from, the stores' weights, and privacy receipts."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, Table, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY

from shopwarden.store.tables.columns import json_column, key, metadata, moment, one_of, store_key, text

verdicts = Table(
    "verdicts",
    metadata,
    store_key(),
    key(),
    text("subject", nullable=False),
    Column("subject_id", Uuid),
    Column("customer_id", Uuid),
    text("trigger", nullable=False),  # webhook, check, recalculation
    text("event_key", nullable=False),  # the same cause is judged once
    Column("score", Integer, nullable=False),
    Column("points", Float, nullable=False),
    text("level", nullable=False),
    text("advice", nullable=False),
    json_column("verdict"),
    json_column("facts"),
    json_column("weights"),
    Column("weights_version", Integer, nullable=False, server_default="0"),
    Column("ruleset_version", Integer, nullable=False, server_default="0"),
    Column("rule_hits", ARRAY(Uuid)),  # rules that matched, shadow ones too
    Column("heard", LargeBinary),  # MessagePack of domain.heard: what the signals said
    text("code_version", nullable=False),
    moment("created_at", nullable=False),
    one_of("subject", "order", "customer"),
    one_of("level", "low", "medium", "high", "critical"),
    one_of("advice", "approve", "review", "decline"),
    Index("ix_verdicts_subject", "store_id", "subject", "subject_id", sql("created_at DESC")),
    Index("ix_verdicts_customer", "store_id", "customer_id", sql("created_at DESC")),
    Index("ix_verdicts_time", "store_id", "subject", "created_at"),
    Index("ix_verdicts_rule_hits", "rule_hits", postgresql_using="gin", postgresql_where=sql("rule_hits IS NOT NULL")),
    Index("uq_verdicts_event", "store_id", "event_key", unique=True),
)

weights = Table(
    "weights",
    metadata,
    store_key(),
    Column("version", Integer, primary_key=True, autoincrement=False),
    json_column("weights"),
    text("changed_by", nullable=False),
    text("reason"),
    moment("created_at", nullable=False),
)

forgotten = Table(
    "forgotten",
    metadata,
    # Digests of people who asked to be forgotten, so that deliveries sent before do not bring them back.
    store_key(),
    Column("digest", LargeBinary, primary_key=True),
    moment("at", nullable=False),
)

privacy_receipts = Table(
    "privacy_receipts",
    metadata,
    store_key(),
    key(),
    text("request", nullable=False),  # data_request, customer_redact, shop_redact
    text("request_reference"),
    json_column("counts"),
    moment("received_at", nullable=False),
    moment("completed_at"),
    one_of("request", "data_request", "customer_redact", "shop_redact"),
)
