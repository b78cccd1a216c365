"""Upserts of the collect path: each takes whole rows and goes over the wire as one pipelined statement."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

Row = tuple[object, ...]


def upsert(table: str, columns: Sequence[str], key: Sequence[str], changes: dict[str, str], condition: str = "") -> str:
    """INSERT ... ON CONFLICT (key) DO UPDATE with the named changes; `{0}` in a change stands for the column itself."""
    sets = ", ".join(f"{column} = {change.replace('{0}', f'excluded.{column}')}" for column, change in changes.items())
    marks = ", ".join(f"${index}" for index in range(1, len(columns) + 1))
    action = f"DO UPDATE SET {sets}{' WHERE ' + condition if condition else ''}" if changes else "DO NOTHING"
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
        f" ON CONFLICT ({', '.join(key)}) {action}"
    )


def _taken(columns: Sequence[str], key: Sequence[str]) -> dict[str, str]:
    return {column: "{0}" for column in columns if column not in key}


VISITOR_COLUMNS = (
    "store_id", "anonymous_id", "id", "first_seen", "last_seen", "sessions", "page_views", "events", "session_seconds",
    "bounced_sessions", "converted_sessions", "abandoned_carts", "orders", "revenue", "device_changes", "location_changes",
    "fastest_travel_kmh", "ip", "country_code", "region", "city", "device_id", "device_fingerprint", "user_agent",
    "is_bot", "bot_name", "vpn_detected", "patterns", "state",
)  # fmt: skip
_KEPT_IF_UNKNOWN = ("ip", "country_code", "region", "city", "device_id", "device_fingerprint", "user_agent", "bot_name")
_visitor_changes = _taken(VISITOR_COLUMNS, ("store_id", "anonymous_id", "id"))
_visitor_changes |= {column: f"coalesce({{0}}, visitors.{column})" for column in _KEPT_IF_UNKNOWN}
_visitor_changes |= {flag: f"visitors.{flag} OR {{0}}" for flag in ("is_bot", "vpn_detected")}
_VISITORS = upsert(
    "visitors", VISITOR_COLUMNS, ("store_id", "anonymous_id"), _visitor_changes, "visitors.id = excluded.id"
)  # fmt: skip

SESSION_COLUMNS = (
    "store_id", "id", "visitor_id", "started_at", "ended_at", "events", "page_views", "product_views", "cart_adds",
    "checkouts_started", "orders", "revenue", "failed_payments", "checkout_at", "direct_checkout", "median_page_seconds",
    "page_rhythm", "patterns", "entry_page", "exit_page", "referrer", "campaign", "ip", "country_code", "device_id",
)  # fmt: skip
_SESSIONS = upsert(
    "sessions", SESSION_COLUMNS, ("store_id", "id"), _taken(SESSION_COLUMNS, ("store_id", "id", "visitor_id"))
)

DEVICE_COLUMNS = (
    "store_id", "id", "fingerprint", "is_strong", "user_agent", "browser", "browser_version", "os", "os_version", "kind",
    "brand", "model", "timezone", "screen", "is_bot", "is_automated", "first_seen", "last_seen",
)  # fmt: skip
_DEVICES = upsert(
    "devices",
    DEVICE_COLUMNS,
    ("store_id", "id"),
    {
        "first_seen": "least(devices.first_seen, {0})",
        "last_seen": "greatest(devices.last_seen, {0})",
        "is_automated": "devices.is_automated OR {0}",
    },
)

_VISITOR_IPS = upsert(
    "visitor_ips",
    ("store_id", "visitor_id", "ip", "first_seen", "last_seen", "events"),
    ("store_id", "visitor_id", "ip"),
    {
        "first_seen": "least(visitor_ips.first_seen, {0})",
        "last_seen": "greatest(visitor_ips.last_seen, {0})",
        "events": "visitor_ips.events + {0}",
    },
)

_TOKENS = upsert(
    "checkout_tokens",
    ("store_id", "token", "kind", "visitor_id", "session_id", "seen_at"),
    ("store_id", "token", "kind"),
    {"visitor_id": "{0}", "session_id": "{0}", "seen_at": "{0}"},
    "checkout_tokens.seen_at <= excluded.seen_at",
)

_PAYMENTS = upsert(
    "payment_attempts",
    (
        "store_id", "id", "external_id", "checkout_token", "visitor_id", "customer_id", "ip", "device_id",
        "status", "error_code", "gateway", "card_key", "amount", "currency", "at",
    ),
    ("store_id", "external_id"),
    {},
)  # fmt: skip


async def write_visitors(connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
    await connection.executemany(_VISITORS, rows)


async def write_sessions(connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
    await connection.executemany(_SESSIONS, rows)


async def write_devices(connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
    await connection.executemany(_DEVICES, rows)


async def write_visitor_ips(connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
    await connection.executemany(_VISITOR_IPS, rows)


async def write_tokens(connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
    await connection.executemany(_TOKENS, rows)


async def write_payments(connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
    await connection.executemany(_PAYMENTS, rows)
