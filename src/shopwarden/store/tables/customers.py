"""Customers, their addresses and IP addresses, and everything they did."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import INET

from shopwarden.store.tables.columns import json_column, key, metadata, moment, money, one_of, store_key, text

_LISTED = sql("deleted_at IS NULL")


def _list_index(name: str, *columns: str) -> Index:
    """One order or filter of the customer list. Other filters' columns ride along: any page is read from the index alone."""
    filters = ("status", "risk_level", "primary_source", "country_code", "created_at")
    return Index(
        f"ix_customers_{name}", "store_id", *columns, "id",
        postgresql_include=[other for other in filters if other not in columns], postgresql_where=_LISTED,
    )  # fmt: skip


customers = Table(
    "customers",
    metadata,
    store_key(),
    key("id"),
    Column("email", String(255)),  # normalised; may be absent where a phone or an external id is there
    Column("phone", String(50)),
    Column("first_name", String(100)),
    Column("last_name", String(100)),
    text("primary_source", nullable=False),
    json_column("sources", "[]"),
    json_column("external_ids"),
    text("status", nullable=False, server_default="active"),
    text("customer_type", nullable=False, server_default="guest"),
    moment("created_at", nullable=False),
    moment("updated_at", nullable=False),
    moment("last_active_at"),
    moment("first_purchase_at"),
    moment("last_purchase_at"),
    Column("orders_count", Integer, nullable=False, server_default="0"),
    money("total_spent", 10, nullable=False, server_default="0"),
    money("average_order_value", 10),
    money("lifetime_value", 10),
    Column("risk_score", Integer, nullable=False, server_default="0"),
    text("risk_level", nullable=False, server_default="low"),
    json_column("fraud_checks"),
    Column("is_blocked", Boolean, nullable=False, server_default="false"),
    text("blocked_reason"),
    text("gender", nullable=False, server_default="unknown"),
    Column("age_range", String(20)),
    Column("income_range", String(50)),
    Column("education_level", String(50)),
    Column("occupation", String(100)),
    Column("marital_status", String(20)),
    Column("has_children", Boolean),
    Column("email_verified", Boolean),
    Column("phone_verified", Boolean),
    Column("accepts_marketing", Boolean),
    Column("email_engagement_score", Numeric(3, 2)),
    Column("churn_probability", Numeric(3, 2)),
    Column("predicted_next_order_date", Date),
    money("predicted_lifetime_value", 10),
    json_column("tags", "[]"),
    text("notes"),
    json_column("custom_attributes"),
    # Beyond the published field list:
    Column("person_id", Uuid, nullable=False),  # customers of one person share it; equals id when alone
    text("shopify_id"),
    text("currency"),
    text("country_code"),
    Column("stated_orders_count", Integer),  # what the shop says, which may reach back before our first event
    money("stated_total_spent"),
    Column("abandoned_checkouts_count", Integer, nullable=False, server_default="0"),
    moment("last_abandoned_checkout_at"),
    json_column("provenance"),  # field -> [version, source]: the newest statement of each field wins
    moment("deleted_at"),
    one_of("primary_source", "shopify", "klaviyo", "manual"),
    one_of("status", "active", "inactive", "vip", "blocked"),
    one_of("customer_type", "guest", "registered", "wholesale"),
    one_of("risk_level", "low", "medium", "high", "critical"),
    one_of("gender", "male", "female", "other", "unknown"),
    UniqueConstraint("store_id", "email"),
    UniqueConstraint("store_id", "shopify_id"),
    Index("ix_customers_phone", "store_id", "phone"),
    Index("ix_customers_person", "store_id", "person_id"),
    _list_index("created", "created_at"),
    _list_index("spent", "total_spent"),
    _list_index("risk", "risk_score"),
    _list_index("orders", "orders_count"),
    _list_index("updated", "updated_at"),
    _list_index("level", "risk_level", "created_at"),
    # The level follows from the score: in the order of the score, one level lies behind all the others.
    _list_index("level_risk", "risk_level", "risk_score"),
    _list_index("status", "status", "created_at"),
    _list_index("country", "country_code", "created_at"),
)

identifiers = Table(
    "customer_identifiers",
    metadata,
    store_key(),
    text("kind", nullable=False, primary_key=True),
    text("value", nullable=False, primary_key=True),
    Column("customer_id", Uuid),  # the row this identifier belongs to now; None while nobody's
    text("version", nullable=False, server_default=""),  # of the newest statement that named it
    json_column("fields"),  # what was said under this identifier: field -> [version, source, value], the newest wins
    json_column("seen_with"),  # identifiers named in the same breath -> newest version
    moment("first_at"),
    moment("last_at"),
    Index("ix_customer_identifiers_customer", "store_id", "customer_id"),
)

customer_ips = Table(
    "customer_ips",
    metadata,
    store_key(),
    key("id"),
    Column("customer_id", Uuid, nullable=False),
    Column("ip_address", INET, nullable=False),
    text("country_code"),
    text("region"),
    text("city"),
    text("postal_code"),
    Column("latitude", Float),
    Column("longitude", Float),
    text("timezone"),
    text("isp"),
    text("organization"),
    text("connection_type"),
    Column("is_vpn", Boolean),
    Column("is_proxy", Boolean),
    Column("is_tor", Boolean),
    Column("is_datacenter", Boolean),
    Column("is_mobile", Boolean),
    Column("fraud_score", Integer),
    text("abuse_velocity"),
    Column("recent_abuse", Boolean),
    text("user_agent"),
    text("browser"),
    text("browser_version"),
    text("os"),
    text("os_version"),
    text("device_type"),
    text("device_brand"),
    text("device_model"),
    moment("first_seen_at", nullable=False),
    moment("last_seen_at", nullable=False),
    Column("activity_count", Integer, nullable=False, server_default="0"),
    UniqueConstraint("store_id", "customer_id", "ip_address"),
    ForeignKeyConstraint(["store_id", "customer_id"], ["customers.store_id", "customers.id"], ondelete="CASCADE"),
    Index("ix_customer_ips_address", "store_id", "ip_address"),
    Index("ix_customer_ips_seen", "store_id", "last_seen_at"),
)

customer_activities = Table(
    "customer_activities",
    metadata,
    store_key(),
    key("id"),
    Column("created_at", DateTime(timezone=True), primary_key=True, nullable=False),  # the partition's key
    Column("customer_id", Uuid),  # None until the visitor is tied to a customer
    Column("activity_type", String(50), nullable=False),
    json_column("activity_data"),
    Column("ip_address", INET),
    Column("session_id", Uuid),
    Column("visitor_id", Uuid),
    Column("device_id", Uuid),
    Column("country_code", String(2)),
    text("source", nullable=False, server_default="collect"),
    Index(
        "ix_customer_activities_customer",
        "store_id",
        "customer_id",
        "created_at",
        postgresql_where=sql("customer_id IS NOT NULL"),
    ),
    Index("ix_customer_activities_session", "store_id", "session_id", postgresql_where=sql("session_id IS NOT NULL")),
    postgresql_partition_by="RANGE (created_at)",
)

customer_addresses = Table(
    "customer_addresses",
    metadata,
    store_key(),
    key("id"),
    Column("customer_id", Uuid, nullable=False),
    text("type", nullable=False),
    Column("is_default", Boolean, nullable=False, server_default="false"),
    text("first_name"),
    text("last_name"),
    text("company"),
    text("address_line1"),
    text("address_line2"),
    text("city"),
    text("state_province"),
    text("country_code"),
    text("postal_code"),
    text("phone"),
    Column("is_validated", Boolean, nullable=False, server_default="false"),
    json_column("validation_errors", "[]"),
    text("neighborhood_income_level"),
    text("property_type"),
    moment("created_at", nullable=False),
    moment("updated_at", nullable=False),
    text("place_key", nullable=False),  # the address reduced to what tells it apart, for counting and matching
    text("version", nullable=False, server_default=""),
    one_of("type", "billing", "shipping"),
    UniqueConstraint("store_id", "customer_id", "type", "place_key"),
    ForeignKeyConstraint(["store_id", "customer_id"], ["customers.store_id", "customers.id"], ondelete="CASCADE"),
    Index("ix_customer_addresses_place", "store_id", "place_key"),
)
