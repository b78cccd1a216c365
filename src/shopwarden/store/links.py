"""Ties between visitors and customers, and what follows: whose a visitor is, and which customers are one person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import asyncpg
import msgspec

from shopwarden.domain.ids import CustomerId, StoreId, VisitorId
from shopwarden.domain.persons import Tie, owner_of_visitor, stretches
from shopwarden.domain.rows import Move
from shopwarden.store.customer_ips import Describe, refresh_customer_ips
from shopwarden.store.figures import refresh_figures
from shopwarden.store.identifiers import lock_people
from shopwarden.store.person_rows import refresh_persons


class VisitorLink(msgspec.Struct, frozen=True):
    visitor_id: VisitorId
    customer_id: CustomerId
    kind: Literal["identify", "checkout", "order"]
    at: datetime
    identifier: str = ""
    """By which identifier ("email:ann@example.com") the customer was found: should it move to another row, the tie goes too.
    Left out: the strongest one of the customer's."""


# New pairs are told apart from ones that were only seen again: those change nothing else.
_TIE = """
INSERT INTO identities (store_id, visitor_id, kind, identifier, customer_id, first_seen, last_seen)
SELECT $1, l.visitor_id, l.kind, named.identifier, (array_agg(l.customer_id))[1], min(l.at), max(l.at)
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[])
    AS l (visitor_id, customer_id, kind, at, identifier)
CROSS JOIN LATERAL (SELECT coalesce(nullif(l.identifier, ''), (
    SELECT i.kind || ':' || i.value FROM customer_identifiers i
    WHERE i.store_id = $1 AND i.customer_id = l.customer_id AND i.first_at IS NOT NULL
    ORDER BY array_position(ARRAY['shopify', 'email', 'user', 'klaviyo', 'phone'], i.kind), i.value LIMIT 1),
    'row:' || l.customer_id) AS identifier) AS named
GROUP BY l.visitor_id, l.kind, named.identifier ORDER BY l.visitor_id, l.kind, named.identifier
ON CONFLICT (store_id, visitor_id, kind, identifier) DO UPDATE SET customer_id = excluded.customer_id,
    first_seen = least(identities.first_seen, excluded.first_seen),
    last_seen = greatest(identities.last_seen, excluded.last_seen)
    WHERE identities.first_seen > excluded.first_seen OR identities.last_seen < excluded.last_seen
        OR identities.customer_id <> excluded.customer_id
RETURNING visitor_id, customer_id, (xmax = 0) AS is_new
"""


async def link_visitors(
    connection: asyncpg.Connection,
    store_id: StoreId,
    links: Sequence[VisitorLink],
    describe: Describe | None = None,
) -> None:
    """Ties visitors to customers; sets whose the visitors are, and whose their activities, IP addresses and persons.

    Links whose customer row is gone are left out. `describe` tells where a newly known IP address of a customer is;
    without it those columns stay empty until the customer is refreshed. Runs inside the caller's transaction.
    """
    if not links:
        return
    alive = await connection.fetch(
        "SELECT id FROM customers WHERE store_id = $1 AND id = ANY($2)", store_id, [link.customer_id for link in links]
    )
    known = {row["id"] for row in alive}
    kept = [link for link in links if link.customer_id in known]
    await lock_people(connection, store_id)
    changed = await connection.fetch(
        _TIE,
        store_id,
        [link.visitor_id for link in kept],
        [link.customer_id for link in kept],
        [link.kind for link in kept],
        [link.at for link in kept],
        [link.identifier for link in kept],
    )
    if not changed:
        return
    visitors = {VisitorId(row["visitor_id"]) for row in changed}
    # One more tie to the customer a visitor belongs to already changes no activity: each got its customer when it came.
    moved = await settle_visitors(connection, store_id, visitors, ())
    if moved:
        await refresh_customer_ips(connection, store_id, moved, describe)
        await refresh_figures(connection, store_id, moved)
    if any(row["is_new"] for row in changed):
        await refresh_persons(connection, store_id, {CustomerId(row["customer_id"]) for row in changed} | moved)


async def move_links(connection: asyncpg.Connection, store_id: StoreId, moves: Sequence[Move]) -> set[CustomerId]:
    """Ties follow the identifiers they were made by; answers the customers for whom that changed something."""
    moved: set[VisitorId] = set()
    for move in moves:
        rows = await connection.fetch(
            "UPDATE identities SET customer_id = $3 WHERE store_id = $1 AND customer_id = $2 AND identifier = $4"
            " RETURNING visitor_id",
            store_id,
            move.was,
            move.now,
            str(move.identifier),
        )
        moved |= {VisitorId(row["visitor_id"]) for row in rows}
    return await settle_visitors(connection, store_id, moved, moved) if moved else set()


async def settle_visitors(
    connection: asyncpg.Connection, store_id: StoreId, visitors: Iterable[VisitorId], again: Iterable[VisitorId]
) -> set[CustomerId]:
    """Sets whose the visitors are by all their ties; answers the customers who gained or lost one, or activities of one.

    Visitors of several customers, and those in `again`, get their activities dealt out anew.
    """
    rows = await connection.fetch(
        "SELECT i.visitor_id, i.customer_id, i.kind, i.first_seen, i.last_seen, v.customer_id AS owner"
        " FROM identities i JOIN visitors v ON v.store_id = i.store_id AND v.id = i.visitor_id"
        " WHERE i.store_id = $1 AND i.visitor_id = ANY($2)",
        store_id,
        list(visitors),
    )
    ties: dict[VisitorId, list[Tie]] = {}
    owners: dict[VisitorId, CustomerId | None] = {}
    for row in rows:
        visitor_id = VisitorId(row["visitor_id"])
        ties.setdefault(visitor_id, []).append(Tie(*tuple(row)[:5]))
        owners[visitor_id] = row["owner"]
    changed: set[CustomerId] = set()
    once_more = set(again)
    for visitor_id in sorted(ties):
        owner = owner_of_visitor(ties[visitor_id])
        if owner != owners[visitor_id]:
            await connection.execute(
                "UPDATE visitors SET customer_id = $3 WHERE store_id = $1 AND id = $2", store_id, visitor_id, owner
            )
            changed |= {one for one in (owner, owners[visitor_id]) if one}
        several = len({tie.customer_id for tie in ties[visitor_id]}) > 1
        if several or visitor_id in once_more or owner != owners[visitor_id]:
            changed |= await _deal_out(connection, store_id, visitor_id, ties[visitor_id])
    return changed


async def _deal_out(
    connection: asyncpg.Connection, store_id: StoreId, visitor_id: VisitorId, ties: list[Tie]
) -> set[CustomerId]:
    """Gives each collected activity of a visitor to the customer the visitor then was."""
    begins = stretches(ties)
    ends: list[datetime | None] = [begin for begin, _ in begins[1:]]
    changed: set[CustomerId] = set()
    for (begin, customer_id), end in zip(begins, [*ends, None], strict=True):
        rows = await connection.fetch(
            "WITH mine AS (SELECT s.id FROM visitors v JOIN sessions s ON s.store_id = v.store_id"
            " AND s.visitor_id = coalesce(v.merged_into, v.id) WHERE v.store_id = $1 AND v.id = $2), given AS ("
            " UPDATE customer_activities a SET customer_id = $3 FROM mine WHERE a.store_id = $1 AND a.session_id = mine.id"
            " AND a.visitor_id = $2 AND a.customer_id IS DISTINCT FROM $3 AND a.source = 'collect'"
            " AND ($4::timestamptz IS NULL OR a.created_at >= $4) AND ($5::timestamptz IS NULL OR a.created_at < $5)"
            " RETURNING 1) SELECT count(*) AS given FROM given",
            store_id,
            visitor_id,
            customer_id,
            begin,
            end,
        )
        if rows[0]["given"]:
            changed.add(customer_id)
    return changed
