"""The review queue and what orders turned out to be: cases, their notes and events, labels."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, UniqueConstraint, Uuid
from sqlalchemy import text as sql

from shopwarden.store.tables.columns import json_column, key, metadata, moment, money, one_of, store_key, text

cases = Table(
    "cases",
    metadata,
    store_key(),
    key(),
    text("subject", nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("customer_id", Uuid),
    text("order_external_id"),
    text("order_name"),
    Column("verdict_id", Uuid),
    text("opened_by", nullable=False),  # advice, rule:<id>, user:<id>, key:<id>, list, alert
    text("opened_for"),  # one sentence
    text("state", nullable=False, server_default="open"),
    Column("score", Integer),
    text("advice"),
    money("amount"),
    text("currency"),
    money("expected_loss", nullable=False, server_default="0"),  # amount times the probability of fraud
    Column("urgency", Integer, nullable=False, server_default="0"),  # set by hand or a rule: above every loss
    moment("opened_at", nullable=False),
    moment("due_at"),
    text("assigned_to"),  # user:<id> or key:<id>, as everywhere
    moment("assigned_at"),
    moment("seen_until"),  # while somebody has it open
    text("seen_by"),
    text("decision"),
    text("reason_code"),
    text("decision_note"),
    text("decided_by"),
    moment("decided_at"),
    moment("settled_at"),  # since then the decision is the shop's and vendors' too, and is not taken back
    Column("version", Integer, nullable=False, server_default="1"),
    moment("updated_at", nullable=False),
    one_of("subject", "order", "customer"),
    one_of("state", "open", "escalated", "decided"),
    one_of("decision", "approve", "decline"),
    Index(
        "uq_cases_undecided", "store_id", "subject", "subject_id", unique=True, postgresql_where=sql("state <> 'decided'")
    ),
    Index(
        "ix_cases_queue", "store_id", sql("urgency DESC"), sql("expected_loss DESC"), "opened_at", "id",
        postgresql_where=sql("state <> 'decided'"),
    ),
    Index("ix_cases_due", "store_id", "due_at", "id", postgresql_where=sql("state <> 'decided'")),
    Index("ix_cases_assigned", "store_id", "assigned_to", postgresql_where=sql("state <> 'decided'")),
    Index("ix_cases_decided", "store_id", sql("decided_at DESC"), "id", postgresql_where=sql("state = 'decided'")),
    Index(
        "ix_cases_decided_by", "store_id", "decided_by", sql("decided_at DESC"), "id",
        postgresql_where=sql("state = 'decided'"),
    ),
    Index("ix_cases_subject", "store_id", "subject", "subject_id", sql("opened_at DESC")),
    Index("ix_cases_customer", "store_id", "customer_id"),
)  # fmt: skip

case_notes = Table(
    "case_notes",
    metadata,
    store_key(),
    key(),
    Column("case_id", Uuid, nullable=False),
    text("author", nullable=False),
    text("body", nullable=False),
    moment("created_at", nullable=False),
    Index("ix_case_notes_case", "store_id", "case_id", "created_at"),
)

case_events = Table(
    "case_events",
    metadata,
    store_key(),
    key(),
    Column("case_id", Uuid, nullable=False),
    text("kind", nullable=False),
    text("actor", nullable=False),
    json_column("detail"),
    moment("at", nullable=False),
    Index("ix_case_events_case", "store_id", "case_id", "at"),
)

labels = Table(
    "labels",
    metadata,
    # Never changed but to be withdrawn; what an order is, is read from all of them as known at a time.
    store_key(),
    key(),
    text("order_external_id"),
    Column("order_id", Uuid),
    Column("customer_id", Uuid),
    text("label", nullable=False),
    text("source", nullable=False),
    text("reference", nullable=False),  # the source's own id: told twice, kept once
    text("reason_code"),
    text("note"),
    money("amount"),
    text("currency"),
    moment("event_at", nullable=False),  # when it happened
    moment("known_at", nullable=False),  # when the store could know
    text("created_by", nullable=False),
    moment("created_at", nullable=False),
    moment("withdrawn_at"),
    text("withdrawn_by"),
    one_of("label", "fraud", "legitimate"),
    one_of("source", "dispute", "refund", "cancellation", "analyst", "riskified", "sift", "import", "api", "delivered"),
    UniqueConstraint("store_id", "source", "reference"),
    Index("ix_labels_order", "store_id", "order_external_id"),
    Index("ix_labels_told", "store_id", "order_external_id", postgresql_where=sql("source <> 'delivered'")),
    Index("ix_labels_source", "store_id", "source", sql("created_at DESC"), sql("id DESC")),
    Index("ix_labels_recent", "store_id", sql("created_at DESC"), sql("id DESC")),
    Index("ix_labels_customer", "store_id", "customer_id"),
    Index("ix_labels_known", "store_id", "known_at"),
)
