"""Stores, users, keys, and what keeps accepted work safe: the inbox, the outbox, message ids and long tasks."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shopwarden.store.tables.columns import json_column, key, metadata, moment, one_of, store_key, text

stores = Table(
    "stores",
    metadata,
    key("id"),
    text("name", nullable=False),
    text("shop_domain", unique=True),
    text("currency", nullable=False, server_default="USD"),
    text("timezone", nullable=False, server_default="UTC"),
    Column("allowed_origins", ARRAY(TEXT), nullable=False, server_default="{}"),
    json_column("settings"),
    moment("created_at", nullable=False),
    moment("uninstalled_at"),
)

users = Table(
    "users",
    metadata,
    key("id"),
    text("email", nullable=False, unique=True),
    text("password_hash"),  # None: invited, or signs in by single sign-on only
    text("role", nullable=False),
    moment("created_at", nullable=False),
    moment("last_login_at"),
    Column("disabled", Boolean, nullable=False, server_default="false"),
    text("name"),
    Column("store_id", Uuid),  # None: every store of this installation
    moment("password_changed_at"),
    Column("sealed_totp", LargeBinary),
    moment("totp_confirmed_at"),
    Column("totp_last_step", BigInteger),  # a code is used once
    Column("recovery_hashes", ARRAY(LargeBinary), nullable=False, server_default="{}"),
    text("sso_issuer"),
    text("sso_subject"),
    Index("uq_users_sso", "sso_issuer", "sso_subject", unique=True, postgresql_where=sql("sso_subject IS NOT NULL")),
    one_of("role", "owner", "analyst", "viewer", "developer"),
)

api_keys = Table(
    "api_keys",
    metadata,
    key("id"),
    Column("store_id", Uuid, nullable=True),  # None: the key opens every store of this installation
    Column("user_id", Uuid, nullable=True),
    text("name", nullable=False),
    text("prefix", nullable=False),
    Column("key_hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of a 256-bit random key
    Column("scopes", ARRAY(TEXT), nullable=False),
    moment("created_at", nullable=False),
    moment("expires_at"),
    moment("last_used_at"),
    moment("revoked_at"),
)

inbox = Table(
    "inbox",
    metadata,
    store_key(),
    key("id"),
    text("source", nullable=False),
    text("topic", nullable=False),
    text("delivery_id", nullable=False),
    text("event_id"),
    moment("triggered_at"),
    moment("received_at", nullable=False),
    text("api_version"),
    Column("body", LargeBinary, nullable=False),
    text("outcome", nullable=False),
    text("detail"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    moment("processed_at"),
    one_of("outcome", "kept", "processed", "unsupported_topic", "unreadable", "failed"),
    UniqueConstraint("store_id", "source", "delivery_id"),
    Index("ix_inbox_recent", "store_id", "source", sql("received_at DESC")),
    Index("ix_inbox_event", "store_id", "source", "event_id", postgresql_where=sql("event_id IS NOT NULL")),
    Index("ix_inbox_bodies", "received_at", postgresql_where=sql("octet_length(body) > 0")),
)

webhook_counts = Table(
    "webhook_counts",
    metadata,
    store_key(),
    text("source", nullable=False, primary_key=True),
    text("outcome", nullable=False, primary_key=True),
    Column("total", BigInteger, nullable=False, server_default="0"),
    moment("last_at", nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("store_id", Uuid, nullable=False),
    text("queue", nullable=False),
    text("subject", nullable=False),
    text("event", nullable=False),
    json_column("payload"),
    text("state", nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    moment("run_after", nullable=False),
    moment("created_at", nullable=False),
    moment("sent_at"),
    text("last_error"),
    one_of("queue", "webhook-processing", "customer-enrichment", "risk-analysis"),
    one_of("state", "pending", "sent", "dead"),
    UniqueConstraint("store_id", "queue", "subject", "event"),
    Index("ix_outbox_due", "queue", "run_after", postgresql_where=sql("state = 'pending'")),
    Index("ix_outbox_sent", "queue", "sent_at", postgresql_where=sql("state = 'sent'")),
)

message_ids = Table(
    "message_ids",
    metadata,
    store_key(),
    key("message_key"),
    moment("received_at", nullable=False),
    Index("ix_message_ids_received", "received_at", postgresql_using="brin"),
)

tasks = Table(
    "tasks",
    metadata,
    store_key(),
    key("id"),
    text("kind", nullable=False),
    text("state", nullable=False),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer),
    json_column("result"),
    text("idempotency_key"),
    moment("created_at", nullable=False),
    moment("updated_at", nullable=False),
    one_of("state", "queued", "running", "done", "failed"),
    UniqueConstraint("store_id", "kind", "idempotency_key"),
)
