"""The identifiers a store knows: what was said under each, and whose row it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

import asyncpg

from shopwarden.domain.identity import Identifier, Known, identifier_of
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.merge import Stated


class Page(NamedTuple):
    known: Known
    row: CustomerId | None


async def lock_people(connection: asyncpg.Connection, store_id: StoreId) -> None:
    """Waits until this transaction alone may change who is who in this store, and what follows from it; held to its end.

    One lock for the whole store: finer ones, by name, met in circles (a customer's orders reach other customers' checkouts,
    visitors and persons), and each circle cost a second of waiting. The same transaction may ask again for nothing.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _lock_key(store_id))


def _lock_key(store_id: StoreId) -> int:
    return int.from_bytes(blake2b(b"people", digest_size=8, key=store_id.bytes).digest(), "big", signed=True)


_COLUMNS = "kind, value, customer_id, version, fields, seen_with, first_at, last_at"


async def read_pages(
    connection: asyncpg.Connection, store_id: StoreId, identifiers: Iterable[Identifier]
) -> dict[Identifier, Page]:
    wanted = list(identifiers)
    if not wanted:
        return {}
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM unnest($2::text[], $3::text[]) AS wanted (kind, value)"  # noqa: S608
        " JOIN customer_identifiers USING (kind, value) WHERE store_id = $1",
        store_id,
        [identifier.kind for identifier in wanted],
        [identifier.value for identifier in wanted],
    )
    return dict(map(_page, rows))


async def read_pages_of_rows(
    connection: asyncpg.Connection, store_id: StoreId, rows: Iterable[CustomerId]
) -> dict[Identifier, Page]:
    found = await connection.fetch(
        f"SELECT {_COLUMNS} FROM customer_identifiers WHERE store_id = $1 AND customer_id = ANY($2)",  # noqa: S608
        store_id,
        list(rows),
    )
    return dict(map(_page, found))


def _page(row: asyncpg.Record) -> tuple[Identifier, Page]:
    known = Known(
        fields={name: Stated(*stated) for name, stated in row["fields"].items()},
        seen_with={identifier_of(partner): version for partner, version in row["seen_with"].items()},
        version=row["version"],
        first_at=row["first_at"],
        last_at=row["last_at"],
    )
    return Identifier(row["kind"], row["value"]), Page(known, row["customer_id"])


_SAVE = """
INSERT INTO customer_identifiers (store_id, kind, value, customer_id, version, fields, seen_with, first_at, last_at)
SELECT $1, page.* FROM unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::jsonb[], $7::jsonb[],
                              $8::timestamptz[], $9::timestamptz[]) AS page
ON CONFLICT (store_id, kind, value) DO UPDATE SET customer_id = excluded.customer_id, version = excluded.version,
    fields = excluded.fields, seen_with = excluded.seen_with, first_at = excluded.first_at, last_at = excluded.last_at
"""


async def save_pages(connection: asyncpg.Connection, store_id: StoreId, pages: Mapping[Identifier, Page]) -> None:
    """Writes the pages over what was there."""
    if not pages:
        return
    order = sorted(pages)
    known = [pages[identifier].known for identifier in order]
    firsts: list[datetime | None] = [page.first_at for page in known]
    await connection.execute(
        _SAVE,
        store_id,
        [identifier.kind for identifier in order],
        [identifier.value for identifier in order],
        [pages[identifier].row for identifier in order],
        [page.version for page in known],
        [dict(sorted(page.fields.items())) for page in known],
        [{str(partner): version for partner, version in sorted(page.seen_with.items())} for page in known],
        firsts,
        [page.last_at for page in known],
    )
