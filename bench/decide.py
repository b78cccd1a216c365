"""Order checks with everything on: all signals with fifty rules and more, and lists of a million entries."""

from __future__ import annotations

import asyncio

from bench.backtest import RULES, rules
from bench.events import Extent
from bench.questions import ask, checks, figure
from bench.report import Figure
from bench.servers import Stand
from shopwarden.domain.policy import Rule
from shopwarden.signals import find_signals
from shopwarden.store.database import Database
from shopwarden.store.rulesets import put_ruleset

ENTRIES, QUICK_ENTRIES = 1_000_000, 10_000
AT_LEAST = 200
"""Signals and rules together."""

# Every kind a shop blocks by, as many of each; the first thousand are gone by.
_ENTRIES = """
INSERT INTO list_entries (store_id, id, list, kind, value, created_by, created_at, expires_at)
SELECT $1, gen_random_uuid(), (ARRAY['block', 'watch', 'allow'])[1 + n / 8 % 3], kind,
       CASE kind WHEN 'customer' THEN 'shopify:' || (90000000 + n) WHEN 'email' THEN 'listed' || n || '@example.com'
                 WHEN 'domain' THEN 'd' || n || '.example' WHEN 'phone' THEN '+1202' || (5000000 + n)
                 WHEN 'ip' THEN (inet '10.0.0.0' + n)::text || '/32' WHEN 'device' THEN 'fingerprint-' || n
                 WHEN 'address' THEN 'US|' || n || '|1 main street' ELSE md5(n::text) END,
       'system', now(), CASE WHEN n < 1000 THEN now() - interval '1 day' END
  FROM generate_series(1, $2::int) n,
       LATERAL (SELECT (ARRAY['customer', 'email', 'domain', 'phone', 'ip', 'device', 'address', 'card'])[1 + n % 8]
               AS kind) k
ON CONFLICT DO NOTHING
"""


async def _equip(stand: Stand, entries: int, ruleset: tuple[Rule, ...]) -> int:
    database = await Database.connect(stand.database_url)
    try:
        await database.pool.execute(_ENTRIES, stand.store_id, entries, timeout=3600)
        await database.pool.execute("VACUUM (ANALYZE) list_entries", timeout=3600)
        async with database.transaction() as connection:
            await put_ruleset(connection, stand.store_id, ruleset, "system", "measuring")  # type: ignore[arg-type]
        count: int = await database.pool.fetchval("SELECT count(*) FROM list_entries WHERE store_id = $1", stand.store_id)
        return count
    finally:
        await database.close()


def decide(stand: Stand, port: int, extent: Extent, customers: int) -> Figure:
    """95th percentile of an order check; without vendors."""
    signals = len(find_signals())
    ruleset = rules(max(RULES, AT_LEAST - signals))
    count = asyncio.run(_equip(stand, ENTRIES if extent.rounds > 1 else QUICK_ENTRIES, ruleset))
    rounds = [asyncio.run(checks(stand, 100 + number, extent.checks)) for number in range(1, extent.rounds + 1)]
    results, limits = ask(stand, port, rounds)
    equipped = f"{signals} signals, {len(ruleset)} rules and {count:,} entries on lists"
    return figure("decide", f"Order check with {equipped} at {customers:,} customers, p95", results, limits)
