"""What Klaviyo knows of people: consent by channel, engagement with mail and messages, lists and segments."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table

from shopwarden.store.tables.columns import json_column, metadata, moment, store_key, text

consents = Table(
    "consents",
    metadata,
    store_key(),
    text("source", nullable=False, primary_key=True),
    text("profile_id", nullable=False, primary_key=True),
    text("channel", nullable=False, primary_key=True),  # email, sms, push, whatsapp
    text("consent", nullable=False),
    moment("at"),
    text("method"),
    Column("can_receive", Boolean),
    text("suppressed_for"),  # hard_bounce, spam_complaint, unsubscribe ...
    moment("suppressed_at"),
    moment("updated_at", nullable=False),
)

engagements = Table(
    "engagements",
    metadata,
    # Counts by profile and channel since the beginning, and what is needed to keep them right when events come twice.
    store_key(),
    text("source", nullable=False, primary_key=True),
    text("profile_id", nullable=False, primary_key=True),
    text("channel", nullable=False, primary_key=True),
    Column("received", Integer, nullable=False, server_default="0"),
    Column("opened", Integer, nullable=False, server_default="0"),
    Column("opened_by_machine", Integer, nullable=False, server_default="0"),
    Column("clicked", Integer, nullable=False, server_default="0"),
    Column("bounced", Integer, nullable=False, server_default="0"),
    Column("spam_reports", Integer, nullable=False, server_default="0"),
    Column("unsubscribes", Integer, nullable=False, server_default="0"),
    moment("last_received_at"),
    moment("last_opened_at"),
    moment("last_clicked_at"),
    moment("unsubscribed_at"),
    moment("updated_at", nullable=False),
)

audiences = Table(
    "audiences",
    metadata,
    store_key(),
    text("source", nullable=False, primary_key=True),
    text("external_id", nullable=False, primary_key=True),
    text("kind", nullable=False),  # list or segment
    text("name", nullable=False),
    json_column("detail"),
    moment("created_at"),
    moment("updated_at", nullable=False),
    Index("ix_audiences_kind", "store_id", "source", "kind"),
)
