"""How many people share an address or a device, and how far counting them has come."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Uuid

from shopwarden.store.tables.columns import metadata, moment, one_of, store_key, text

crowds = Table(
    "crowds",
    metadata,
    # Only what several people share, or very many visitors: the rest is counted quickly enough when it is asked for.
    store_key(),
    text("kind", nullable=False, primary_key=True),
    text("value", nullable=False, primary_key=True),  # the address, or the device's id
    Column("people", Integer, nullable=False),
    moment("counted_at", nullable=False),
    one_of("kind", "ip", "device"),
)

crowd_progress = Table(
    "crowd_progress",
    metadata,
    # The visitor (by last_seen, id) up to whom crowds are counted.
    store_key(),
    moment("last_seen", nullable=False),
    Column("visitor_id", Uuid, nullable=False),
)
