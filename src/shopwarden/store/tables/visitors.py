"""Visitors, their sessions, devices and addresses, and the links from visitors to customers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, INET, TEXT

from shopwarden.store.tables.columns import json_column, key, metadata, moment, money, one_of, store_key, text

visitors = Table(
    "visitors",
    metadata,
    store_key(),
    key("id"),
    text("anonymous_id", nullable=False),
    Column("customer_id", Uuid),
    moment("first_seen", nullable=False),
    moment("last_seen", nullable=False),
    Column("sessions", Integer, nullable=False, server_default="0"),
    Column("page_views", Integer, nullable=False, server_default="0"),
    Column("events", Integer, nullable=False, server_default="0"),
    Column("session_seconds", Float, nullable=False, server_default="0"),
    Column("bounced_sessions", Integer, nullable=False, server_default="0"),
    Column("converted_sessions", Integer, nullable=False, server_default="0"),
    Column("abandoned_carts", Integer, nullable=False, server_default="0"),
    Column("orders", Integer, nullable=False, server_default="0"),
    money("revenue", nullable=False, server_default="0"),
    Column("device_changes", Integer, nullable=False, server_default="0"),
    Column("location_changes", Integer, nullable=False, server_default="0"),
    Column("fastest_travel_kmh", Float),
    Column("ip", INET),
    Column("country_code", String(2)),
    text("region"),
    text("city"),
    Column("device_id", Uuid),
    text("device_fingerprint"),
    text("user_agent"),
    Column("is_bot", Boolean, nullable=False, server_default="false"),
    text("bot_name"),
    Column("vpn_detected", Boolean, nullable=False, server_default="false"),
    Column("patterns", ARRAY(TEXT), nullable=False, server_default="{}"),
    json_column("traits"),
    Column("merged_into", Uuid),  # the visitor this one was merged into by hand; its events count there
    Column("ip_crowd", Integer),  # about how many people share the newest address, this one included
    Column("device_crowd", Integer),  # likewise the device
    json_column("state"),  # where the fold over this visitor's events stands; see domain/visit.py
    UniqueConstraint("store_id", "anonymous_id"),
    Index("ix_visitors_last_seen", "store_id", "last_seen", "id"),
    Index("ix_visitors_customer", "store_id", "customer_id", postgresql_where=sql("customer_id IS NOT NULL")),
    Index("ix_visitors_merged", "store_id", "merged_into", postgresql_where=sql("merged_into IS NOT NULL")),
    Index("ix_visitors_bots", "store_id", "last_seen", "id", postgresql_where=sql("is_bot")),
    Index(
        "ix_visitors_travel",
        "store_id",
        "last_seen",
        "id",
        postgresql_include=["fastest_travel_kmh"],
        postgresql_where=sql("fastest_travel_kmh IS NOT NULL"),
    ),
    Index("ix_visitors_patterns", "store_id", "last_seen", "id", postgresql_where=sql("patterns <> '{}'")),
    Index("ix_visitors_ip", "store_id", "ip"),
    Index("ix_visitors_device", "store_id", "device_id"),
)

sessions = Table(
    "sessions",
    metadata,
    store_key(),
    key("id"),
    Column("visitor_id", Uuid, nullable=False),
    moment("started_at", nullable=False),
    moment("ended_at", nullable=False),
    Column("events", Integer, nullable=False, server_default="0"),
    Column("page_views", Integer, nullable=False, server_default="0"),
    Column("product_views", Integer, nullable=False, server_default="0"),
    Column("cart_adds", Integer, nullable=False, server_default="0"),
    Column("checkouts_started", Integer, nullable=False, server_default="0"),
    Column("orders", Integer, nullable=False, server_default="0"),
    money("revenue", nullable=False, server_default="0"),
    Column("failed_payments", Integer, nullable=False, server_default="0"),
    moment("checkout_at"),
    Column("direct_checkout", Boolean, nullable=False, server_default="false"),
    Column("median_page_seconds", Float),
    Column("page_rhythm", Float),
    Column("patterns", ARRAY(TEXT), nullable=False, server_default="{}"),
    text("entry_page"),
    text("exit_page"),
    text("referrer"),
    json_column("campaign"),
    Column("ip", INET),
    Column("country_code", String(2)),
    Column("device_id", Uuid),
    Column("number", Integer, nullable=False, server_default="1"),  # 1 is the visitor's first session
    text("source", nullable=False, server_default="direct"),
    text("path", nullable=False, server_default=""),  # the way through the shop, a letter a station; see domain/page_kind.py
    money("basket_value", nullable=False, server_default="0"),
    Column("visible_seconds", Float, nullable=False, server_default="0"),
    Column("inputs", Integer, nullable=False, server_default="0"),
    Index("ix_sessions_visitor", "store_id", "visitor_id", "started_at"),
    Index("ix_sessions_started", "store_id", "started_at"),
    Index("ix_sessions_patterns", "store_id", "started_at", postgresql_where=sql("patterns <> '{}'")),
)

devices = Table(
    "devices",
    metadata,
    store_key(),
    key("id"),
    text("fingerprint", nullable=False),
    Column("is_strong", Boolean, nullable=False),
    text("user_agent"),
    text("browser"),
    text("browser_version"),
    text("os"),
    text("os_version"),
    text("kind"),
    text("brand"),
    text("model"),
    text("timezone"),
    text("screen"),
    Column("is_bot", Boolean, nullable=False, server_default="false"),
    Column("is_automated", Boolean),
    Column("seen_in_fraud", Boolean, nullable=False, server_default="false"),
    moment("first_seen", nullable=False),
    moment("last_seen", nullable=False),
)

visitor_ips = Table(
    "visitor_ips",
    metadata,
    store_key(),
    key("visitor_id"),
    Column("ip", INET, primary_key=True),
    moment("first_seen", nullable=False),
    moment("last_seen", nullable=False),
    Column("events", Integer, nullable=False, server_default="0"),
    Index("ix_visitor_ips_ip", "store_id", "ip", "last_seen"),
)

identities = Table(
    "identities",
    metadata,
    store_key(),
    key("visitor_id"),
    text("kind", nullable=False, primary_key=True),  # identify, checkout, order
    text("identifier", nullable=False, primary_key=True),  # by what the visitor was tied; the customer follows it
    Column("customer_id", Uuid, nullable=False),
    moment("first_seen", nullable=False),
    moment("last_seen", nullable=False),
    Index("ix_identities_customer", "store_id", "customer_id"),
)

checkout_tokens = Table(
    "checkout_tokens",
    metadata,
    store_key(),
    text("token", nullable=False, primary_key=True),
    text("kind", nullable=False, primary_key=True),  # checkout, cart, session
    Column("visitor_id", Uuid, nullable=False),
    Column("session_id", Uuid),
    moment("seen_at", nullable=False),
    Column("value", Numeric(14, 2)),
)

page_counts = Table(
    "page_counts",
    metadata,
    # Views of people who did not agree to be recognised: counted, and nothing else.
    store_key(),
    Column("day", Date, primary_key=True),
    text("page_kind", nullable=False, primary_key=True),
    text("source", nullable=False, primary_key=True),
    text("country_code", nullable=False, primary_key=True),  # "" where it is unknown
    text("device_kind", nullable=False, primary_key=True),
    Column("views", BigInteger, nullable=False, server_default="0"),
)

visitor_changes = Table(
    "visitor_changes",
    metadata,
    # Who merged or split visitors by hand, and why.
    store_key(),
    key("id"),
    moment("at", nullable=False),
    text("action", nullable=False),
    Column("visitor_id", Uuid, nullable=False),
    Column("other_id", Uuid, nullable=False),
    Column("key_id", Uuid),
    Column("user_id", Uuid),
    text("reason"),
    text("idempotency_key"),
    one_of("action", "merge", "split"),
    Index("ix_visitor_changes_visitor", "store_id", "visitor_id", "at"),
    Index("ix_visitor_changes_other", "store_id", "other_id", "at"),
    UniqueConstraint("store_id", "idempotency_key"),
)
