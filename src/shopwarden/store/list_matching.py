"""Which entries of a store's lists fit a decision: each possible spelling is one probe of one index.

An address and every network around it are as many probes: faster than an index of ranges, and nothing more to keep.
"""
# ruff: noqa: S608 - the texts put together here are statements of this file; values are always bound

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.domain.list_entry import WIDEST, Listable, keys_of
from shopwarden.domain.policy import ListHit, ListKind, ListName

MOST_HITS = 50


def digest_sql(store: str, value: str) -> str:
    """What an entry's value becomes when its owner is forgotten: of no use in another store."""
    return f"'sha256:' || encode(sha256(convert_to({store}::text || ':' || {value}, 'UTF8')), 'hex')"


_NETWORKS = f"""SELECT 'ip', network(set_masklen({{ip}}, n))::text
    FROM generate_series(CASE family({{ip}}) WHEN 4 THEN {WIDEST[4]} ELSE {WIDEST[6]} END, masklen({{ip}})) n"""
# OFFSET keeps the planner from joining the whole list: however full it is, each key is one descent into the index.
_FITTING = f"""
SELECT coalesce(jsonb_agg(jsonb_build_object('entry_id', id, 'list', list, 'kind', kind, 'value', coalesce(shown, value),
         'reason', reason, 'expires_at', expires_at) ORDER BY list, place, length(value) DESC, value), '[]') AS hits
  FROM (SELECT fitting.*, key.place FROM (
      SELECT kind, spelt.value, row_number() OVER () AS place FROM ({{keys}}) AS wanted (kind, value)
       CROSS JOIN LATERAL unnest(CASE WHEN kind IN ('email', 'phone') THEN ARRAY[value, {digest_sql("{store}", "value")}]
                                      ELSE ARRAY[value] END) AS spelt (value)) key
    CROSS JOIN LATERAL (
      SELECT e.id, e.list, e.kind, e.value, e.shown, e.reason, e.expires_at FROM list_entries e
       WHERE e.store_id = {{store}} AND e.kind = key.kind AND e.value = key.value
         AND (e.expires_at IS NULL OR e.expires_at > {{at}}) OFFSET 0) fitting
    LIMIT {MOST_HITS}) found
"""


def fitting_sql(store: str, at: str, keys: str, ip: str) -> str:
    """One row, one column `hits`. `keys`: a query for (kind, value). `ip`: an inet, or null."""
    return _FITTING.format(store=store, at=at, keys=f"{keys} UNION ALL {_NETWORKS.format(ip=ip)}")


class ListsRow(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that fit, as JSON objects in the fields of a ListHit."""

    hits: list[dict[str, object]]

    def read(self) -> tuple[ListHit, ...]:
        return msgspec.convert(tuple(self.hits), tuple[ListHit, ...])


LISTS = fitting_sql(
    "ask.store_id",
    "ask.at",
    """SELECT * FROM unnest(ask.list_kinds, ask.list_values)
    UNION ALL SELECT 'customer', 'shopify:' || c.shopify_id FROM customers c
     WHERE c.store_id = ask.store_id AND c.id = ask.customer_id
    UNION ALL SELECT 'phone', c.phone FROM customers c
     WHERE c.store_id = ask.store_id AND c.id = ask.customer_id AND NOT 'phone' = ANY(ask.list_kinds)
    UNION ALL SELECT 'device', unnest(ARRAY[d.fingerprint, lower(d.fingerprint)]) FROM devices d
     WHERE d.store_id = ask.store_id AND d.id = ask.strong_device_id""",
    "ask.ip",
)
"""The piece of a decision's one round trip; `ask` is the row of what is asked."""

_MANY = f"""
SELECT asked.hits FROM (
  SELECT place, lists.hits FROM unnest($2::text[], $3::jsonb[]) WITH ORDINALITY AS one (ip, keys, place)
   CROSS JOIN LATERAL ({
    fitting_sql(
        "$1::uuid", "$4::timestamptz", "SELECT k ->> 0, k ->> 1 FROM jsonb_array_elements(one.keys) k", "one.ip::inet"
    )
}) lists) asked ORDER BY place
"""


async def fitting_entries(
    connection: asyncpg.Connection, store_id: StoreId, asked: Sequence[Listable], at: datetime
) -> list[tuple[ListHit, ...]]:
    """The entries in force at `at` that fit each one asked about; one round trip for all."""
    if not asked:
        return []
    ips = [one.ip for one in asked]
    # As JSON already written: lists inside an array would be taken for one of more dimensions.
    keys = [msgspec.json.encode(keys_of(one)) for one in asked]
    rows = await connection.fetch(_MANY, store_id, ips, keys, at)
    return [msgspec.convert(tuple(row["hits"]), tuple[ListHit, ...]) for row in rows]


def names_of(hits: Sequence[ListHit]) -> list[tuple[ListName, ListKind]]:
    """Which lists fit and by what, each once; nothing personal."""
    return sorted({(hit.list, hit.kind) for hit in hits})
