"""A connected shop: its tokens, installations under way, first syncs, checks for lost events, and what was written back."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Integer, LargeBinary, Table, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shopwarden.store.tables.columns import json_column, key, metadata, moment, one_of, store_key, text

shop_tokens = Table(
    "shop_tokens",
    metadata,
    store_key(),
    text("shop_domain", nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),  # JSON: access_token, refresh_token, the pair before
    moment("expires_at"),  # None: a token that does not expire
    moment("refresh_expires_at"),
    Column("scopes", ARRAY(TEXT), nullable=False, server_default="{}"),
    text("state", nullable=False, server_default="active"),
    text("api_version"),  # the version the shop answered with last
    text("last_error"),
    moment("installed_at", nullable=False),
    moment("updated_at", nullable=False),
    one_of("state", "active", "needs_reauth", "uninstalled"),
)

shop_installs = Table(
    "shop_installs",
    metadata,
    # Installations begun and not yet come back: the state sent along, good once and for minutes.
    Column("digest", LargeBinary, primary_key=True),
    text("shop_domain", nullable=False),
    Column("store_id", Uuid),
    moment("created_at", nullable=False),
)

shop_syncs = Table(
    "shop_syncs",
    metadata,
    store_key(),
    key("id"),
    text("kind", nullable=False),
    text("state", nullable=False),
    text("operation_id"),  # the shop's own id of the bulk operation
    Column("task_id", Uuid),
    Column("objects", BigInteger),  # as the shop counts them, while it collects
    Column("lines", BigInteger, nullable=False, server_default="0"),  # taken over so far
    Column("total_lines", BigInteger),
    Column("byte_offset", BigInteger, nullable=False, server_default="0"),  # where to go on reading
    json_column("detail"),
    text("last_error"),
    moment("created_at", nullable=False),
    moment("updated_at", nullable=False),
    moment("finished_at"),
    one_of("kind", "customers", "orders"),
    one_of("state", "asked", "collecting", "reading", "done", "failed"),
)

shop_checks = Table(
    "shop_checks",
    metadata,
    # One comparison of the shop's own figures with ours.
    store_key(),
    Column("day", Date, primary_key=True),
    text("kind", nullable=False, primary_key=True),
    Column("theirs", Integer, nullable=False),
    Column("ours", Integer, nullable=False),
    Column("found", Integer, nullable=False, server_default="0"),  # lost ones fetched
    json_column("detail"),
    moment("checked_at", nullable=False),
)

shop_subscriptions = Table(
    "shop_subscriptions",
    metadata,
    store_key(),
    text("topic", nullable=False, primary_key=True),
    text("external_id"),
    text("state", nullable=False),
    text("last_error"),
    moment("checked_at", nullable=False),
    moment("repaired_at"),
    one_of("state", "there", "repaired", "refused", "by_hand"),
)

shop_writes = Table(
    "shop_writes",
    metadata,
    # What was last written into the shop about a subject: the same is not written twice.
    store_key(),
    text("subject", nullable=False, primary_key=True),
    Column("subject_id", Uuid, primary_key=True),
    text("what", nullable=False, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    text("last_error"),
    moment("written_at", nullable=False),
)
