"""What a store decides by beside its weights: rules, lists, and trials of a policy on the past."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, UniqueConstraint, Uuid
from sqlalchemy import text as sql

from shopwarden.store.tables.columns import json_column, key, metadata, moment, one_of, store_key, text

rules = Table(
    "rules",
    metadata,
    store_key(),
    key(),
    text("name", nullable=False),
    text("condition", nullable=False),  # CEL
    json_column("effect"),
    text("state", nullable=False, server_default="draft"),
    Column("share", Integer, nullable=False, server_default="100"),  # per cent of orders, in the state `partial`
    Column("position", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
    text("created_by", nullable=False),
    moment("created_at", nullable=False),
    text("updated_by", nullable=False),
    moment("updated_at", nullable=False),
    moment("archived_at"),
    one_of("state", "draft", "shadow", "partial", "live", "off"),
    Index("ix_rules_listed", "store_id", "position", postgresql_where=sql("archived_at IS NULL")),
)

rulesets = Table(
    "rulesets",
    metadata,
    # What was in force: all rules that were asked (shadow, partial, live), a new version with every change of one of them.
    store_key(),
    Column("version", Integer, primary_key=True, autoincrement=False),
    json_column("rules", "[]"),
    text("changed_by", nullable=False),
    text("reason"),
    moment("created_at", nullable=False),
)

list_entries = Table(
    "list_entries",
    metadata,
    store_key(),
    key(),
    text("list", nullable=False),
    text("kind", nullable=False),
    text("value", nullable=False),  # normalised; an address or a network as PostgreSQL writes a network
    text("shown"),  # as it was entered, where the value itself is a digest
    text("reason"),
    text("created_by", nullable=False),
    moment("created_at", nullable=False),
    moment("expires_at"),
    one_of("list", "allow", "block", "watch"),
    one_of("kind", "customer", "email", "domain", "phone", "ip", "device", "address", "card"),
    UniqueConstraint("store_id", "kind", "value", "list"),
    Index("ix_list_entries_recent", "store_id", "list", "kind", sql("created_at DESC"), sql("id DESC")),
    Index("ix_list_entries_expiring", "expires_at", postgresql_where=sql("expires_at IS NOT NULL")),
)

backtests = Table(
    "backtests",
    metadata,
    store_key(),
    key(),
    text("name"),
    text("state", nullable=False, server_default="queued"),
    json_column("policy"),
    moment("first_at", nullable=False),
    moment("until_at", nullable=False),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer),
    json_column("result"),
    text("error"),
    text("created_by", nullable=False),
    moment("created_at", nullable=False),
    moment("started_at"),
    moment("finished_at"),
    moment("claimed_until"),
    Column("claimed_by", Uuid),
    text("idempotency_key"),
    one_of("state", "queued", "running", "done", "failed", "cancelled"),
    UniqueConstraint("store_id", "idempotency_key"),
    Index("ix_backtests_recent", "store_id", sql("created_at DESC")),
    Index("ix_backtests_due", "created_at", postgresql_where=sql("state IN ('queued', 'running')")),
)
