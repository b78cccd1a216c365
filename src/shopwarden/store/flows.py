"""The ways sessions of a store went in a time, counted; and the views of people who are not recognised."""
# ruff: noqa: S608 - the texts put together here are conditions of this file; values are always bound

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import asyncpg
import msgspec

from shopwarden.domain.flow import ENDINGS, Ending, Passage
from shopwarden.domain.flow_period import Period
from shopwarden.domain.ids import StoreId
from shopwarden.domain.page_kind import CHECKOUT, NAMES, ORDERED
from shopwarden.store.database import Database
from shopwarden.store.fraud_sql import fraud_sessions
from shopwarden.store.metrics_reading import read_rows

Segment = Literal["all", "fraud", "legitimate", "new", "returning"]
CENT = Decimal("0.01")


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions. `country` ISO 3166-1 alpha-2, "" for all; `source` as domain/traffic_source.py names it."""

    segment: Segment = "all"
    country: str = ""
    source: str = ""
    with_bots: bool = False


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """`longer`: sessions that went farther than the depth; `unknown`: sessions of which no station is known."""

    passages: list[Passage]
    longer: int
    unknown: int


class Views(msgspec.Struct, frozen=True):
    """Page views of people who did not agree to be recognised, and of which kinds of pages, the most seen first."""

    total: int
    kinds: dict[str, int]


_PAID = "(s.orders > 0 OR o.session_id IS NOT NULL)"
_SEGMENTS: dict[str, str] = {
    "all": "",
    "fraud": " AND o.is_fraud",
    "legitimate": f" AND {_PAID} AND o.is_fraud IS NOT TRUE",
    "new": " AND s.number = 1",
    "returning": " AND s.number > 1",
}
# A visitor of a session of this time was last seen in it or later: the bots among them are few and found by an index.
_NO_BOTS = """
 AND NOT EXISTS (SELECT FROM visitors v WHERE v.store_id = $1 AND v.is_bot AND v.last_seen >= $2 AND v.id = s.visitor_id)"""


# Same ways are counted together before they are taken apart: shoppers mostly go the same few. A way is a word of `depth`
# stations, the rest filled with the letter of its ending; one more letter marks what was cut off.
_LETTERS = {ending: letter for letter, ending in ENDINGS.items()}
_ENDING = f"""CASE WHEN {_PAID} THEN '{_LETTERS[Ending.PAID]}'
       WHEN s.checkouts_started > 0 OR s.failed_payments > 0 OR strpos(s.path, '{CHECKOUT}') > 0
       THEN '{_LETTERS[Ending.ABANDONED_CHECKOUT]}'
       WHEN s.cart_adds > 0 OR s.basket_value > 0 THEN '{_LETTERS[Ending.ABANDONED_CART]}'
       ELSE '{_LETTERS[Ending.LEFT]}' END"""


def _statement(choice: Choice, by_source: bool) -> str:
    return f"""
WITH ordered AS MATERIALIZED ({fraud_sessions("$2", "$3::timestamptz + interval '1 day'")}),
session AS (
SELECT split_part(s.path, '{ORDERED}', 1) AS way, s.path = '' AS is_unknown, {_ENDING} AS ending,
       {"s.source" if by_source else "'entry'"} AS entry,
       (CASE WHEN s.orders > 0 THEN s.revenue ELSE s.basket_value END * 100)::bigint AS cents
  FROM sessions s LEFT JOIN ordered o ON o.session_id = s.id
 WHERE s.store_id = $1 AND s.started_at >= $2 AND s.started_at < $3
   AND ($5 = '' OR s.country_code = $5) AND ($6 = '' OR s.source = $6)
   {_SEGMENTS[choice.segment]}{"" if choice.with_bots else _NO_BOTS}),
word AS MATERIALIZED (
SELECT CASE WHEN is_unknown THEN '' ELSE rpad(left(way, $4), $4 + 1, ending)
            || CASE WHEN length(way) > $4 THEN '>' ELSE '' END END AS word,
       entry, count(*) AS sessions, sum(cents)::bigint AS cents
  FROM session GROUP BY 1, 2)
SELECT 0 AS step, entry AS origin, left(word, 1) AS target, sum(sessions)::bigint AS sessions, sum(cents) AS cents,
       coalesce(sum(sessions) FILTER (WHERE right(word, 1) = '>'), 0)::bigint AS longer
  FROM word GROUP BY 2, 3
UNION ALL
SELECT step, left(pair, 1), right(pair, 1), sessions, cents, 0
  FROM (SELECT step, substr(word, step, 2) AS pair, sum(sessions)::bigint AS sessions, sum(cents) AS cents
          FROM word, generate_series(1, $4) AS step GROUP BY 1, 2) AS later"""


async def read_ways(
    database: Database, store_id: StoreId, period: Period, choice: Choice, depth: int, *, by_source: bool = False
) -> Ways:
    """The ways of the sessions begun in the period, taken apart; each worth what was paid in it, else what its basket held.
    Entries are the sources, else one called `entry`."""
    rows = await read_rows(
        database, _statement(choice, by_source), store_id, period.since, period.until, depth, choice.country, choice.source
    )
    return Ways(
        passages=[_passage(row) for row in rows if row["target"] and (row["step"] == 0 or row["origin"] not in ENDINGS)],
        longer=sum(row["longer"] for row in rows),
        unknown=sum(row["sessions"] for row in rows if row["step"] == 0 and not row["target"]),
    )


def _passage(row: asyncpg.Record) -> Passage:
    return Passage(
        step=row["step"],
        origin=row["origin"],
        target=row["target"],
        sessions=row["sessions"],
        value=(row["cents"] / 100).quantize(CENT),
    )


async def unrecognised_views(database: Database, store_id: StoreId, period: Period, choice: Choice) -> Views:
    """By whole days of UTC, for that is how they are counted: the days the period touches."""
    rows = await database.pool.fetch(
        "SELECT page_kind, sum(views)::bigint AS views FROM page_counts"
        " WHERE store_id = $1 AND day >= $2::timestamptz::date AND day < $3::timestamptz AND ($4 = '' OR country_code = $4)"
        " AND ($5 = '' OR source = $5) GROUP BY page_kind ORDER BY views DESC, page_kind",
        store_id, period.since, period.until, choice.country, choice.source,
    )  # fmt: skip
    kinds = {NAMES.get(row["page_kind"], row["page_kind"]): row["views"] for row in rows}
    return Views(total=sum(kinds.values()), kinds=kinds)
