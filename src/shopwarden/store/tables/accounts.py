"""How people sign in beside their password, and the log of every change. Users themselves are in `platform`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, LargeBinary, Table, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT

from shopwarden.store.tables.columns import key, metadata, moment, one_of, text

user_sessions = Table(
    "user_sessions",
    metadata,
    key(),
    Column("user_id", Uuid, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("csrf_hash", LargeBinary, nullable=False),
    text("way", nullable=False),  # password, sso
    Column("second_factor", Boolean, nullable=False, server_default="false"),
    moment("created_at", nullable=False),
    moment("last_seen_at", nullable=False),
    moment("expires_at", nullable=False),
    moment("revoked_at"),
    text("ip"),
    text("user_agent"),
    one_of("way", "password", "sso"),
    Index("ix_user_sessions_user", "user_id", sql("created_at DESC")),
)

user_tokens = Table(
    "user_tokens",
    metadata,
    # Links that are used once: to set a first or a new password.
    key(),
    Column("user_id", Uuid, nullable=False),
    text("kind", nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    moment("created_at", nullable=False),
    moment("expires_at", nullable=False),
    moment("used_at"),
    one_of("kind", "invitation", "reset"),
    Index("ix_user_tokens_user", "user_id"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    # Digest of an e-mail address or of a network, and how often in a row it failed: kept here so that no restart forgives.
    Column("digest", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False, server_default="0"),
    moment("last_at", nullable=False),
    moment("blocked_until"),
    Index("ix_sign_in_failures_last", "last_at"),
)

sso_providers = Table(
    "sso_providers",
    metadata,
    key(),
    text("name", nullable=False, unique=True),
    text("issuer", nullable=False),
    text("client_id", nullable=False),
    Column("sealed_secret", LargeBinary),
    Column("domains", ARRAY(TEXT), nullable=False, server_default="{}"),
    text("default_role"),  # None: only people who are users already
    Column("enabled", Boolean, nullable=False, server_default="true"),
    moment("created_at", nullable=False),
    moment("updated_at", nullable=False),
)

sso_states = Table(
    "sso_states",
    metadata,
    Column("state_hash", LargeBinary, primary_key=True),
    Column("provider_id", Uuid, nullable=False),
    text("nonce", nullable=False),
    text("verifier", nullable=False),
    text("back_to"),
    moment("created_at", nullable=False),
    moment("expires_at", nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    # Append-only: a trigger refuses every change and removal. No personal data, no secrets: ids and settings.
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("store_id", Uuid, nullable=True),  # None: of the installation
    moment("at", nullable=False),
    text("actor", nullable=False),  # user:<id>, key:<id>, rule:<id>, system, vendor:<name>
    text("action", nullable=False),  # rule.changed, case.decided, ...
    text("subject", nullable=False),
    text("subject_id"),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    text("reason"),
    text("address"),  # masked
    Index("ix_audit_log_store", "store_id", sql("id DESC")),
    Index("ix_audit_log_subject", "store_id", "subject", "subject_id", sql("id DESC")),
    Index("ix_audit_log_actor", "actor", sql("id DESC")),
    Index("ix_audit_log_at", "store_id", "at"),
    Index("ix_audit_log_action", "store_id", "action", sql("id DESC")),
)
