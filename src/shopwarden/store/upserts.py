"""Upserts of the collect path: many rows in one statement, each column sent as one array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shopwarden.store.database import Connection

Row = tuple[object, ...]
LIST = "list"  # a column that is itself an array of texts: it travels joined by commas, for arrays of arrays don't unnest


class Upsert:
    """INSERT ... SELECT FROM unnest(...) ON CONFLICT (key) DO UPDATE.

    `columns` maps each column to its type; `changes` overrides what happens to a column that is there already (`{0}` is the
    incoming value); columns that are neither in the key nor in `changes` are taken as they come, unless `only_changes`.
    """

    def __init__(
        self,
        table: str,
        columns: Mapping[str, str],
        key: Sequence[str],
        changes: Mapping[str, str],
        *,
        only_changes: bool = False,
        condition: str = "",
    ) -> None:
        taken = {} if only_changes else {column: "{0}" for column in columns if column not in key}
        sets = ", ".join(
            f"{column} = {change.replace('{0}', f'excluded.{column}')}" for column, change in (taken | dict(changes)).items()
        )
        action = f"DO UPDATE SET {sets}{f' WHERE {condition}' if condition else ''}" if sets else "DO NOTHING"
        arrays = ", ".join(f"${n}::{'text' if kind == LIST else kind}[]" for n, kind in enumerate(columns.values(), 1))
        values = ", ".join(f"string_to_array({c}, ',')" if kind == LIST else c for c, kind in columns.items())
        self.columns = columns
        self.statement = (
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"  # noqa: S608
            f" FROM unnest({arrays}) AS w ({', '.join(columns)}) ON CONFLICT ({', '.join(key)}) {action}"
        )

    async def write(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Rows must be distinct by key. No rows, no round trip."""
        if rows:
            await connection.execute(self.statement, *map(list, zip(*rows, strict=True)))


_KEPT_IF_UNKNOWN = ("ip", "country_code", "region", "city", "device_id", "device_fingerprint", "user_agent", "bot_name")

VISITORS = Upsert(
    "visitors",
    {
        "store_id": "uuid", "anonymous_id": "text", "id": "uuid", "first_seen": "timestamptz", "last_seen": "timestamptz",
        "sessions": "int", "page_views": "int", "events": "int", "session_seconds": "float8", "bounced_sessions": "int",
        "converted_sessions": "int", "abandoned_carts": "int", "orders": "int", "revenue": "numeric",
        "device_changes": "int", "location_changes": "int", "fastest_travel_kmh": "float8", "ip": "inet",
        "country_code": "text", "region": "text", "city": "text", "device_id": "uuid", "device_fingerprint": "text",
        "user_agent": "text", "is_bot": "bool", "bot_name": "text", "vpn_detected": "bool", "patterns": LIST,
        "state": "jsonb",
    },
    ("store_id", "anonymous_id", "id"),
    {column: f"coalesce({{0}}, visitors.{column})" for column in _KEPT_IF_UNKNOWN}
    | {flag: f"visitors.{flag} OR {{0}}" for flag in ("is_bot", "vpn_detected")},
)  # fmt: skip
# The id of a visitor that is there already was read with its lock, so the two never differ.
VISITORS.statement = VISITORS.statement.replace("(store_id, anonymous_id, id) DO", "(store_id, anonymous_id) DO")

SESSIONS = Upsert(
    "sessions",
    {
        "store_id": "uuid", "id": "uuid", "visitor_id": "uuid", "started_at": "timestamptz", "ended_at": "timestamptz",
        "events": "int", "page_views": "int", "product_views": "int", "cart_adds": "int", "checkouts_started": "int",
        "orders": "int", "revenue": "numeric", "failed_payments": "int", "checkout_at": "timestamptz",
        "direct_checkout": "bool", "median_page_seconds": "float8", "page_rhythm": "float8", "patterns": LIST,
        "entry_page": "text", "exit_page": "text", "referrer": "text", "campaign": "jsonb", "ip": "inet",
        "country_code": "text", "device_id": "uuid",
    },
    ("store_id", "id"),
    {},
)  # fmt: skip

DEVICES = Upsert(
    "devices",
    {
        "store_id": "uuid", "id": "uuid", "fingerprint": "text", "is_strong": "bool", "user_agent": "text",
        "browser": "text", "browser_version": "text", "os": "text", "os_version": "text", "kind": "text", "brand": "text",
        "model": "text", "timezone": "text", "screen": "text", "is_bot": "bool", "is_automated": "bool",
        "first_seen": "timestamptz", "last_seen": "timestamptz",
    },
    ("store_id", "id"),
    {
        "first_seen": "least(devices.first_seen, {0})",
        "last_seen": "greatest(devices.last_seen, {0})",
        "is_automated": "devices.is_automated OR {0}",
    },
    only_changes=True,
)  # fmt: skip

VISITOR_IPS = Upsert(
    "visitor_ips",
    {
        "store_id": "uuid", "visitor_id": "uuid", "ip": "inet", "first_seen": "timestamptz", "last_seen": "timestamptz",
        "events": "int",
    },
    ("store_id", "visitor_id", "ip"),
    {
        "first_seen": "least(visitor_ips.first_seen, {0})",
        "last_seen": "greatest(visitor_ips.last_seen, {0})",
        "events": "visitor_ips.events + {0}",
    },
    only_changes=True,
)  # fmt: skip

CUSTOMER_IPS = Upsert(
    "customer_ips",
    {
        "store_id": "uuid", "id": "uuid", "customer_id": "uuid", "ip_address": "inet", "country_code": "text",
        "region": "text", "city": "text", "postal_code": "text", "latitude": "float8", "longitude": "float8",
        "timezone": "text", "isp": "text", "organization": "text", "connection_type": "text", "is_vpn": "bool",
        "is_proxy": "bool", "is_tor": "bool", "is_datacenter": "bool", "is_mobile": "bool", "user_agent": "text",
        "browser": "text", "browser_version": "text", "os": "text", "os_version": "text", "device_type": "text",
        "device_brand": "text", "device_model": "text", "first_seen_at": "timestamptz", "last_seen_at": "timestamptz",
        "activity_count": "int",
    },
    ("store_id", "customer_id", "ip_address"),
    {
        "first_seen_at": "least(customer_ips.first_seen_at, {0})",
        "last_seen_at": "greatest(customer_ips.last_seen_at, {0})",
        "activity_count": "customer_ips.activity_count + {0}",
    },
    only_changes=True,
)  # fmt: skip

TOKENS = Upsert(
    "checkout_tokens",
    {
        "store_id": "uuid", "token": "text", "kind": "text", "visitor_id": "uuid", "session_id": "uuid",
        "seen_at": "timestamptz",
    },
    ("store_id", "token", "kind"),
    {},
    condition="checkout_tokens.seen_at <= excluded.seen_at",
)  # fmt: skip

PAYMENTS = Upsert(
    "payment_attempts",
    {
        "store_id": "uuid", "id": "uuid", "external_id": "text", "checkout_token": "text", "visitor_id": "uuid",
        "customer_id": "uuid", "ip": "inet", "device_id": "uuid", "status": "text", "error_code": "text",
        "gateway": "text", "card_key": "text", "amount": "numeric", "currency": "text", "at": "timestamptz",
    },
    ("store_id", "external_id"),
    {},
    only_changes=True,
)  # fmt: skip
