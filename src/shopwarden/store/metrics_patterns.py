"""The ways of fraudulent and of legitimate visits, and which patterns tell them apart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from shopwarden.contracts.store_metrics import Pattern, Patterns
from shopwarden.domain.comparison import ENOUGH, ratio
from shopwarden.domain.flow_period import Period
from shopwarden.domain.fraud_ways import Finding, Size, find, of_fraud, sentence, weighted_lift
from shopwarden.domain.ids import StoreId
from shopwarden.domain.page_kind import NAMES
from shopwarden.domain.sequences import Support, contains
from shopwarden.store.database import Database
from shopwarden.store.fraud_sql import fraud_sessions
from shopwarden.store.metrics_reading import read_rows

MOST_FRAUD = 4_000
"""Fraudulent visits compared."""

TIMES_LEGITIMATE, LEAST_LEGITIMATE = 4, 1_000
"""As many legitimate ones, or at least these: more would hardly sharpen the comparison, and cost the more."""

# A session's order is made in it or shortly after. By a hash of the id: any of them alike, and the same ones every time.
_WAYS = f"""
WITH visit AS MATERIALIZED (
  SELECT s.path, o.is_fraud, md5(s.id::text) AS dice
    FROM ({fraud_sessions("$2", "$3::timestamptz + interval '1 day'")}) AS o
    JOIN sessions s ON s.store_id = $1 AND s.id = o.session_id
   WHERE s.started_at >= $2 AND s.started_at < $3 AND s.path <> ''),
there AS (SELECT count(*) FILTER (WHERE is_fraud) AS fraud, count(*) FILTER (WHERE NOT is_fraud) AS legitimate FROM visit),
chosen AS (
  (SELECT path, true AS is_fraud FROM visit WHERE is_fraud ORDER BY dice LIMIT $4)
  UNION ALL
  (SELECT path, false FROM visit WHERE NOT is_fraud ORDER BY dice
    LIMIT (SELECT least($4, greatest($6, $5 * fraud)) FROM there)))
SELECT path, count(*) FILTER (WHERE is_fraud) AS fraud, count(*) FILTER (WHERE NOT is_fraud) AS legitimate,
       (SELECT fraud FROM there) AS all_fraud, (SELECT legitimate FROM there) AS all_legitimate
  FROM chosen GROUP BY path
"""  # noqa: S608 - SQL of our own


class SeenWays(msgspec.Struct, frozen=True):
    """Distinct ways with (fraudulent, legitimate) visits that took them, and how many of each there are."""

    ways: dict[str, Support]
    size: Size


async def read_seen(database: Database, store_id: StoreId, period: Period) -> SeenWays:
    """Ways of the sessions begun in the period that an order was made in; of many, some chosen evenly."""
    rows = await read_rows(
        database, _WAYS, store_id, period.since, period.until, MOST_FRAUD, TIMES_LEGITIMATE, LEAST_LEGITIMATE
    )
    ways = {row["path"]: Support(row["fraud"], row["legitimate"]) for row in rows}
    seen = Support(sum(one.one for one in ways.values()), sum(one.other for one in ways.values()))
    there = Support(rows[0]["all_fraud"], rows[0]["all_legitimate"]) if rows else Support(0, 0)
    return SeenWays(ways, Size(seen, there))


async def patterns(database: Database, store_id: StoreId, period: Period) -> Patterns:
    """What tells the period's fraudulent visits from its legitimate ones."""
    seen = await read_seen(database, store_id, period)
    findings, tested = await asyncio.to_thread(find, seen.ways, seen.size)
    return _told(seen.size, [_pattern(finding, seen.size) for finding in findings], tested)


async def counted_again(database: Database, store_id: StoreId, period: Period, known: Patterns) -> Patterns:
    """The `known` patterns of another period counted in this one, not searched for anew."""
    seen = await read_seen(database, store_id, period)
    letters = {name: letter for letter, name in NAMES.items()}
    told = []
    for pattern in (*known.of_fraud, *known.of_legitimate):
        word = "".join(letters[step] for step in pattern.steps)
        having = [support for way, support in seen.ways.items() if contains(way, word, run=pattern.direct)]
        support = Support(sum(one.one for one in having), sum(one.other for one in having))
        finding = Finding(word, pattern.direct, support, weighted_lift(support, seen.size), 1.0)
        told.append(msgspec.structs.replace(_pattern(finding, seen.size), p_value=None))
    there = _told(seen.size, [], 0)
    return msgspec.structs.replace(there, of_fraud=told[: len(known.of_fraud)], of_legitimate=told[len(known.of_fraud) :])


def _pattern(finding: Finding, size: Size) -> Pattern:
    support = finding.support
    fraud, legitimate = ratio(support.one, size.seen.one), ratio(support.other, size.seen.other)
    return Pattern(
        steps=[NAMES[letter] for letter in finding.word],
        direct=finding.run,
        fraud_visits=support.one,
        legitimate_visits=support.other,
        fraud_share=fraud,
        legitimate_share=legitimate,
        lift=None if finding.lift is None else round(finding.lift, 4),
        times_as_common=ratio(fraud, legitimate),
        p_value=finding.p_value,
        sentence=sentence(finding, size.seen),
    )


def _told(size: Size, listed: Iterable[Pattern], tested: int) -> Patterns:
    split: dict[bool, list[Pattern]] = {True: [], False: []}
    for pattern in listed:
        split[of_fraud(Support(pattern.fraud_visits, pattern.legitimate_visits), size.seen)].append(pattern)
    enough = min(size.seen) >= ENOUGH
    return Patterns(
        fraud_visits=size.all.one,
        legitimate_visits=size.all.other,
        compared_fraud_visits=size.seen.one,
        compared_legitimate_visits=size.seen.other,
        tested=tested,
        of_fraud=split[True],
        of_legitimate=split[False],
        enough=enough,
        note=_note(size, enough),
    )


def _note(size: Size, enough: bool) -> str:
    if not enough:
        return (
            f"Only {size.all.one} fraudulent and {size.all.other} legitimate visits with a known way ended in an order:"
            " patterns may stay hidden."
        )
    if size.seen != size.all:
        return f"Compared are {size.seen.one} fraudulent and {size.seen.other} legitimate visits, chosen evenly."
    return ""
