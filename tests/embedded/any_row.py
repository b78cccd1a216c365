"""Writes rows into any table, whatever its columns."""

from __future__ import annotations

import asyncpg

TABLES = (
    "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    " AND relname <> 'alembic_version' ORDER BY 1"
)

# A check of one column names the values it takes.
_MUST_BE_GIVEN = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS kind,
       (SELECT substring(pg_get_constraintdef(c.oid) FROM '''([^'']+)''') FROM pg_constraint c
        WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND c.conkey = ARRAY[a.attnum] LIMIT 1) AS taken
FROM pg_attribute a
WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
"""

_VALUES = {
    "text": "'left behind'",
    "uuid": "gen_random_uuid()",
    "inet": "inet '203.0.113.1'",
    "boolean": "true",
    "bytea": "bytea 'x'",
    "jsonb": "jsonb '{}'",
}


async def write_rows(connection: asyncpg.Connection, table: str, count: int = 1) -> None:
    columns = await connection.fetch(_MUST_BE_GIVEN, table)
    names = ", ".join(f'"{column["name"]}"' for column in columns)
    values = ", ".join(_value(table, column["kind"], column["taken"]) for column in columns)
    await connection.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM generate_series(1, {count})")


def _value(table: str, kind: str, taken: str | None) -> str:
    if kind.endswith("[]"):
        return f"'{{}}'::{kind}"
    if kind in ("timestamp with time zone", "date"):
        # A month's partition takes days of that month alone.
        month = table.removeprefix("customer_activities_").replace("_", "-")
        return f"{kind} '{month}-02'" if month[:2] == "20" else f"{kind} '1999-01-02'"
    if kind == "text" and taken is not None:
        return f"'{taken}'"
    return _VALUES.get(kind, "1")
