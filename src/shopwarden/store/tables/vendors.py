"""Accounts with vendors, what they answered, what it cost, and events on their way to a sink."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Identity, Index, Integer, LargeBinary, Numeric, Table, Uuid

from shopwarden.store.tables.columns import json_column, key, metadata, moment, one_of, store_key, text

vendor_accounts = Table(
    "vendor_accounts",
    metadata,
    store_key(),
    text("vendor", nullable=False, primary_key=True),
    Column("sealed", LargeBinary),  # JSON of the account's values, encrypted; None: those of the environment
    Column("is_on", Boolean, nullable=False, server_default="true"),
    text("policy", nullable=False, server_default="worthwhile"),
    json_column("prices"),  # look-up -> US dollars a call, where the store's contract differs
    Column("daily_budget", Numeric(12, 4)),  # US dollars; None: no limit
    Column("monthly_budget", Numeric(12, 4)),
    Column("faults", Integer, nullable=False, server_default="0"),  # in a row
    moment("open_until"),  # the breaker: not asked before
    text("last_fault_kind"),
    text("last_fault"),
    moment("last_fault_at"),
    moment("last_answer_at"),
    moment("checked_at"),
    text("check_result"),
    moment("created_at", nullable=False),
    moment("updated_at", nullable=False),
    text("updated_by"),
    one_of("policy", "always", "worthwhile", "by_hand"),
)

vendor_answers = Table(
    "vendor_answers",
    metadata,
    store_key(),
    text("lookup", nullable=False, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),  # keyed digest of what makes the question the same
    text("state", nullable=False),
    json_column("answers", "[]"),
    text("reference"),
    Column("made_up", Boolean, nullable=False, server_default="false"),
    moment("asked_at", nullable=False),
    moment("answered_at"),
    moment("fresh_until"),  # None: for ever
    text("fault_kind"),
    text("fault"),
    Column("tries", Integer, nullable=False, server_default="1"),
    # asking: a call is under way or was lost with its process; missed: the vendor knows nobody
    one_of("state", "asking", "answered", "missed", "failed", "lost"),
    Index("ix_vendor_answers_asked", "asked_at"),
)

vendor_subjects = Table(
    "vendor_subjects",
    metadata,
    # Whom an answer is about, so that it is found for the person and goes with them.
    store_key(),
    text("lookup", nullable=False, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("customer_id", Uuid, primary_key=True),
    moment("asked_at", nullable=False),
    Index("ix_vendor_subjects_customer", "store_id", "customer_id"),
)

vendor_calls = Table(
    "vendor_calls",
    metadata,
    store_key(),
    key("id"),
    text("vendor", nullable=False),
    text("lookup", nullable=False),
    moment("at", nullable=False),
    text("outcome", nullable=False),  # answered, missed, or the kind of the fault
    Column("status", Integer),
    Column("milliseconds", Integer, nullable=False),
    Column("cost", Numeric(12, 4), nullable=False, server_default="0"),
    Column("is_late", Boolean, nullable=False, server_default="false"),
    Column("made_up", Boolean, nullable=False, server_default="false"),
    text("detail"),
    Index("ix_vendor_calls_at", "store_id", "vendor", "at"),
)

vendor_days = Table(
    "vendor_days",
    metadata,
    store_key(),
    text("vendor", nullable=False, primary_key=True),
    text("lookup", nullable=False, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("calls", Integer, nullable=False, server_default="0"),
    Column("answered", Integer, nullable=False, server_default="0"),
    Column("missed", Integer, nullable=False, server_default="0"),
    Column("faults", Integer, nullable=False, server_default="0"),
    Column("from_store", Integer, nullable=False, server_default="0"),  # answered without a call
    Column("not_worth", Integer, nullable=False, server_default="0"),  # left out by policy
    Column("over_budget", Integer, nullable=False, server_default="0"),
    Column("changed", Integer, nullable=False, server_default="0"),  # decisions that would have been others without it
    Column("cost", Numeric(12, 4), nullable=False, server_default="0"),
)

forwarded_events = Table(
    "forwarded_events",
    metadata,
    # Events accepted here and still on their way to a sink; a row goes when the sink has taken it.
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("store_id", Uuid, nullable=False),
    text("sink", nullable=False),
    text("message_id", nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    moment("run_after", nullable=False),
    moment("created_at", nullable=False),
    text("last_error"),
    Index("ix_forwarded_events_due", "sink", "store_id", "run_after", "id"),
)

sync_cursors = Table(
    "sync_cursors",
    metadata,
    # How far a repeated reading of somebody else's system has come.
    store_key(),
    text("source", nullable=False, primary_key=True),
    text("stream", nullable=False, primary_key=True),
    text("cursor"),
    json_column("detail"),
    Column("read", BigInteger, nullable=False, server_default="0"),
    text("last_error"),
    moment("started_at"),
    moment("finished_at"),
    moment("updated_at", nullable=False),
)
