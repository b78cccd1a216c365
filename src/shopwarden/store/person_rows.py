"""Keeps `customers.person_id` true: customers of one person share it (rules in `domain.persons`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import asyncpg

from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.persons import MOST_SHARING, name_key, persons
from shopwarden.store.identifiers import lock_people

MOST_LINKED = 500
"""A chain of links longer than this is not followed: no person has that many customer rows."""

# Each way in its own probe of an index: one condition with OR would read every customer of the store.
_SAME_PERSON = """
WITH named AS MATERIALIZED (SELECT id, person_id FROM customers WHERE store_id = $1 AND id = ANY($2)),
found AS (
    SELECT id FROM named
    UNION
    SELECT id FROM customers WHERE store_id = $1 AND person_id = ANY($2 || ARRAY(SELECT person_id FROM named)))
SELECT c.id, c.first_name, c.person_id FROM found JOIN customers c ON c.store_id = $1 AND c.id = found.id ORDER BY c.id
"""

_NEIGHBOURS = """
WITH here AS (SELECT unnest($2::uuid[]) AS id),
visitor AS (SELECT DISTINCT i.visitor_id FROM identities i JOIN here ON i.customer_id = here.id WHERE i.store_id = $1),
by_visitor AS (
    SELECT v.visitor_id::text AS shared, near.customer_id FROM visitor v
    JOIN LATERAL (SELECT DISTINCT customer_id FROM identities i WHERE i.store_id = $1 AND i.visitor_id = v.visitor_id
                  ORDER BY customer_id LIMIT $3) near ON true),
phone AS (
    SELECT DISTINCT c.phone FROM customers c JOIN here ON c.id = here.id WHERE c.store_id = $1 AND c.phone IS NOT NULL),
by_phone AS (
    SELECT p.phone AS shared, near.id FROM phone p
    JOIN LATERAL (SELECT id FROM customers c WHERE c.store_id = $1 AND c.phone = p.phone ORDER BY id LIMIT $3) near ON true)
SELECT shared, customer_id FROM by_visitor UNION ALL SELECT shared, id FROM by_phone
"""


class _Around(NamedTuple):
    """Customers near the ones asked for: name key and present person of each, and who shares what."""

    names: dict[CustomerId, str | None]
    present: dict[CustomerId, CustomerId]
    groups: list[list[CustomerId]]


async def refresh_persons(connection: asyncpg.Connection, store_id: StoreId, customer_ids: Iterable[CustomerId]) -> None:
    """Recomputes the persons of these customers and of all who are or were linked with them."""
    ids = set(customer_ids)
    if not ids:
        return
    around = await _look_around(connection, store_id, ids)
    alone = all(person == customer_id for customer_id, person in around.present.items())
    if alone and not any(len(group) > 1 for group in around.groups):
        return
    # Two transactions that each see half of a chain would each leave it broken: one at a time, and looking again.
    await lock_people(connection, store_id)
    around = await _look_around(connection, store_id, ids)
    whose = persons(around.names, around.groups)
    moved = {customer_id: person for customer_id, person in whose.items() if around.present[customer_id] != person}
    await connection.execute(
        "UPDATE customers SET person_id = m.person FROM unnest($2::uuid[], $3::uuid[]) AS m (id, person)"
        " WHERE store_id = $1 AND customers.id = m.id",
        store_id,
        list(moved),
        list(moved.values()),
    )


async def _look_around(connection: asyncpg.Connection, store_id: StoreId, ids: set[CustomerId]) -> _Around:
    around = _Around({}, {}, [])
    waiting, is_first = ids, True
    while waiting and len(around.names) < MOST_LINKED:
        rows = await connection.fetch(_SAME_PERSON, store_id, list(waiting))
        fresh = [row for row in rows if row["id"] not in around.names]
        around.names.update({row["id"]: name_key(row["first_name"]) for row in fresh})
        around.present.update({row["id"]: row["person_id"] for row in fresh})
        near: dict[str, list[CustomerId]] = {}
        for row in await connection.fetch(_NEIGHBOURS, store_id, [row["id"] for row in fresh], MOST_SHARING + 1):
            near.setdefault(row["shared"], []).append(CustomerId(row["customer_id"]))
        around.groups.extend(near.values())
        # What too many share links nobody, but those who were linked by it until now have to be looked at once.
        reached = {one for group in near.values() if is_first or len(group) <= MOST_SHARING for one in group}
        waiting, is_first = reached - around.names.keys(), False
    return around
