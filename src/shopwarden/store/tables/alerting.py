"""Alerts, the channels they leave by, and every delivery."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, LargeBinary, Table, UniqueConstraint, Uuid
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shopwarden.store.tables.columns import json_column, key, metadata, moment, one_of, store_key, text

alerts = Table(
    "alerts",
    metadata,
    store_key(),
    key(),
    text("kind", nullable=False),
    text("severity", nullable=False),
    text("group_key", nullable=False),  # what is the same trouble: it raises one alert until that is resolved
    text("title", nullable=False),
    text("body", nullable=False, server_default=""),
    text("subject"),  # order, customer, visitor, rule, vendor, source, store
    text("subject_id"),
    json_column("facts"),
    text("state", nullable=False, server_default="open"),
    Column("count", Integer, nullable=False, server_default="1"),
    moment("first_at", nullable=False),
    moment("last_at", nullable=False),
    moment("risen_at", nullable=False),  # since when it is as severe as it is
    moment("told_at"),
    Column("told_count", Integer, nullable=False, server_default="1"),  # the count of which channels were told last
    text("acknowledged_by"),
    moment("acknowledged_at"),
    text("resolved_by"),
    moment("resolved_at"),
    moment("escalated_at"),
    moment("changed_at", nullable=False),
    one_of("severity", "info", "warning", "critical"),
    one_of("state", "open", "acknowledged", "resolved"),
    Index("uq_alerts_unresolved", "store_id", "group_key", unique=True, postgresql_where=sql("state <> 'resolved'")),
    Index("ix_alerts_kind", "store_id", "kind", sql("last_at DESC"), "id"),
    Index("ix_alerts_severity", "store_id", "severity", sql("last_at DESC"), "id"),
    Index("ix_alerts_subject", "store_id", "subject_id"),
    Index("ix_alerts_unresolved", "store_id", sql("last_at DESC"), "id", postgresql_where=sql("state <> 'resolved'")),
    Index("ix_alerts_recent", "store_id", sql("last_at DESC"), "id"),
    Index("ix_alerts_changed", "store_id", "changed_at"),
    Index("ix_alerts_open", "store_id", "severity", postgresql_where=sql("state = 'open'")),
)

alert_causes = Table(
    "alert_causes",
    metadata,
    # One row for each cause that was counted: the same cause told twice counts once.
    store_key(),
    text("cause", primary_key=True, nullable=False),
    Column("alert_id", Uuid, nullable=False),
    moment("at", nullable=False),
    Index("ix_alert_causes_alert", "store_id", "alert_id", "at"),
    Index("ix_alert_causes_at", "at", postgresql_using="brin"),
)

alert_channels = Table(
    "alert_channels",
    metadata,
    store_key(),
    key(),
    text("name", nullable=False),
    text("kind", nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the URL and the secret
    text("shown", nullable=False),  # what of the URL may be seen
    text("least_severity", nullable=False, server_default="warning"),
    Column("kinds", ARRAY(TEXT), nullable=False, server_default="{}"),  # empty: all
    json_column("quiet"),  # hours of quiet: {from, until, timezone}
    Column("for_escalation", Boolean, nullable=False, server_default="false"),
    Column("enabled", Boolean, nullable=False, server_default="true"),
    text("created_by", nullable=False),
    moment("created_at", nullable=False),
    moment("updated_at", nullable=False),
    moment("last_delivered_at"),
    moment("last_failed_at"),
    text("last_error"),
    moment("resting_until"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("lease", Uuid),  # who sends now; the same worker or none may send until it ends
    moment("leased_until"),
    one_of("kind", "apprise", "webhook"),
    one_of("least_severity", "info", "warning", "critical"),
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    store_key(),
    Column("id", BigInteger, Identity(always=True), primary_key=True),  # the order in which a channel is told
    Column("channel_id", Uuid, nullable=False),
    Column("alert_id", Uuid),
    text("message_id", nullable=False),
    text("kind", nullable=False),
    Column("urgent", Boolean, nullable=False, server_default="false"),  # leaves in hours of quiet as well
    json_column("body"),
    text("state", nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    moment("created_at", nullable=False),
    moment("due_at", nullable=False),
    moment("finished_at"),
    Column("status_code", Integer),
    text("last_error"),
    one_of("kind", "raised", "repeated", "escalated", "resolved", "test"),
    one_of("state", "pending", "delivered", "dead"),
    UniqueConstraint("store_id", "channel_id", "message_id"),
    Index("ix_alert_deliveries_due", "channel_id", "id", postgresql_where=sql("state = 'pending'")),
    Index("ix_alert_deliveries_alert", "store_id", "alert_id"),
    Index("ix_alert_deliveries_recent", "store_id", "channel_id", sql("id DESC")),
)
