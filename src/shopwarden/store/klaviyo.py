"""Consent, engagement and predictions of profiles, and what is kept of lists and segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from shopwarden.domain.engagement import COUNTS, TIMES, Engagement
from shopwarden.domain.identity import Identifier
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.merge import CUSTOM
from shopwarden.store.database import Connection

SOURCE = "klaviyo"


class ConsentRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one profile agreed to on one channel, as of `updated_at`."""

    profile_id: str
    channel: str
    consent: str
    at: datetime | None
    method: str | None
    can_receive: bool | None
    suppressed_for: str | None
    suppressed_at: datetime | None
    updated_at: datetime


class DeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One dealing with a message, as an activity. `id` follows from the source's own id."""

    id: UUID
    at: datetime
    customer_id: CustomerId | None
    type: str
    data: dict[str, object]


class Predicted(NamedTuple):
    lifetime_value: Decimal | None
    churn_probability: Decimal | None
    next_order_date: date | None


_CONSENT_COLUMNS = ConsentRow.__struct_fields__
_PUT_CONSENTS = """
INSERT INTO consents (store_id, source, profile_id, channel, consent, at, method, can_receive, suppressed_for,
                      suppressed_at, updated_at)
SELECT $1, $2, w.* FROM unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::boolean[],
                               $9::text[], $10::timestamptz[], $11::timestamptz[]) AS w
ON CONFLICT (store_id, source, profile_id, channel) DO UPDATE SET
    consent = EXCLUDED.consent, at = EXCLUDED.at, method = EXCLUDED.method, can_receive = EXCLUDED.can_receive,
    suppressed_for = EXCLUDED.suppressed_for, suppressed_at = EXCLUDED.suppressed_at, updated_at = EXCLUDED.updated_at
WHERE (EXCLUDED.updated_at, EXCLUDED.consent, coalesce(EXCLUDED.method, ''), coalesce(EXCLUDED.suppressed_for, ''))
    > (consents.updated_at, consents.consent, coalesce(consents.method, ''), coalesce(consents.suppressed_for, ''))
"""

_OWNERS = """
SELECT value, customer_id FROM customer_identifiers
 WHERE store_id = $1 AND kind = 'klaviyo' AND value = ANY($2) AND customer_id IS NOT NULL
"""

# The activity's id follows from the event's own: what is there already was counted already.
_PUT_DEEDS = """
INSERT INTO customer_activities (store_id, id, created_at, customer_id, activity_type, activity_data, source)
SELECT $1, w.*, $7 FROM unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::jsonb[]) AS w
ON CONFLICT DO NOTHING RETURNING id
"""

_COUNT_COLUMNS = ", ".join(COUNTS)
_TIME_COLUMNS = ", ".join(TIMES)
_COUNT_SUMS = ", ".join(f"{name} = engagements.{name} + EXCLUDED.{name}" for name in COUNTS)
_TIME_SUMS = ", ".join(f"{name} = greatest(engagements.{name}, EXCLUDED.{name})" for name in TIMES)
_ADD = f"""
INSERT INTO engagements (store_id, source, profile_id, channel, {_COUNT_COLUMNS}, {_TIME_COLUMNS}, updated_at)
SELECT $1, $2, w.*, $16 FROM unnest($3::text[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[],
    $10::int[], $11::int[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[]) AS w
ON CONFLICT (store_id, source, profile_id, channel) DO UPDATE SET {_COUNT_SUMS}, {_TIME_SUMS},
    updated_at = EXCLUDED.updated_at
"""  # noqa: S608

_OF_CUSTOMERS = f"""
SELECT i.customer_id, e.channel, {", ".join(f"sum(e.{name})::int AS {name}" for name in COUNTS)},
       {", ".join(f"max(e.{name}) AS {name}" for name in TIMES)}
  FROM customer_identifiers i JOIN engagements e
    ON e.store_id = $1 AND e.source = $2 AND e.profile_id = i.value
 WHERE i.store_id = $1 AND i.kind = 'klaviyo' AND i.customer_id = ANY($3) GROUP BY i.customer_id, e.channel
"""  # noqa: S608

_CONSENTS_OF = """
SELECT c.* FROM customer_identifiers i JOIN consents c ON c.store_id = $1 AND c.source = $2 AND c.profile_id = i.value
 WHERE i.store_id = $1 AND i.kind = 'klaviyo' AND i.customer_id = $3 ORDER BY c.channel, c.updated_at DESC
"""

_SCORES = """
UPDATE customers SET email_engagement_score = w.score
  FROM unnest($2::uuid[], $3::numeric[]) AS w (id, score)
 WHERE store_id = $1 AND customers.id = w.id AND email_engagement_score IS DISTINCT FROM round(w.score, 2)
"""

_PREDICT = """
UPDATE customers AS c SET
    predicted_lifetime_value = coalesce(w.lifetime_value, c.predicted_lifetime_value),
    churn_probability = coalesce(w.churn, c.churn_probability),
    predicted_next_order_date = coalesce(w.next_order, c.predicted_next_order_date)
  FROM unnest($2::uuid[], $3::numeric[], $4::numeric[], $5::date[]) AS w (id, lifetime_value, churn, next_order)
 WHERE c.store_id = $1 AND c.id = w.id
"""

# Only what Klaviyo said: attributes of this name can be set by others too.
_STATED = """
SELECT i.customer_id, f.key AS name, f.value AS stated
  FROM customer_identifiers i CROSS JOIN LATERAL jsonb_each(i.fields) AS f
 WHERE i.store_id = $1 AND i.customer_id = ANY($2) AND starts_with(f.key, $3) AND f.value ->> 1 = 'klaviyo'
 ORDER BY (f.value ->> 0) COLLATE "C", (f.value ->> 2) COLLATE "C"
"""

_WHO = """
SELECT DISTINCT c.id, c.shopify_id, c.email, c.phone FROM unnest($2::text[], $3::text[]) AS wanted (kind, value)
  JOIN customer_identifiers i USING (kind, value) JOIN customers c ON c.store_id = $1 AND c.id = i.customer_id
 WHERE i.store_id = $1
"""

_NEXT_ENGAGED = """
SELECT DISTINCT i.customer_id FROM customer_identifiers i
 WHERE i.store_id = $1 AND i.kind = 'klaviyo' AND i.customer_id > $2 ORDER BY i.customer_id LIMIT $3
"""

_AUDIENCES = """
INSERT INTO audiences (store_id, source, external_id, kind, name, created_at, updated_at)
SELECT $1, $2, w.* FROM unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[]) AS w
ON CONFLICT (store_id, source, external_id) DO UPDATE SET name = EXCLUDED.name, updated_at = EXCLUDED.updated_at
"""


async def put_consents(connection: Connection, store_id: StoreId, rows: Sequence[ConsentRow]) -> None:
    """The newest telling of each profile and channel stays, whatever the order."""
    newest: dict[tuple[str, str], ConsentRow] = {}
    for row in sorted(rows, key=lambda one: (one.updated_at, one.consent, one.method or "", one.suppressed_for or "")):
        newest[row.profile_id, row.channel] = row
    if newest:
        columns = [[getattr(newest[key], name) for key in sorted(newest)] for name in _CONSENT_COLUMNS]
        await connection.execute(_PUT_CONSENTS, store_id, SOURCE, *columns)


async def owners_of(connection: Connection, store_id: StoreId, profile_ids: Iterable[str]) -> dict[str, CustomerId]:
    """Profile -> the customer it belongs to."""
    rows = await connection.fetch(_OWNERS, store_id, sorted(set(profile_ids)))
    return {row["value"]: CustomerId(row["customer_id"]) for row in rows}


async def put_deeds(connection: Connection, store_id: StoreId, rows: Sequence[DeedRow]) -> set[UUID]:
    """Ids of those that were not there yet."""
    if not rows:
        return set()
    columns = [[getattr(row, name) for row in rows] for name in DeedRow.__struct_fields__]
    return {row["id"] for row in await connection.fetch(_PUT_DEEDS, store_id, *columns, SOURCE)}


async def add_engagement(connection: Connection, store_id: StoreId, found: Mapping[tuple[str, str], Engagement]) -> None:
    """(profile, channel) -> what comes on top."""
    if not found:
        return
    keys = sorted(found)
    columns = [[key[0] for key in keys], [key[1] for key in keys]]
    columns += [[getattr(found[key], name) for key in keys] for name in (*COUNTS, *TIMES)]
    await connection.execute(_ADD, store_id, SOURCE, *columns, datetime.now(UTC))


async def engagement_of_customers(
    connection: Connection, store_id: StoreId, customers: Iterable[CustomerId]
) -> dict[CustomerId, dict[str, Engagement]]:
    """Customer -> channel -> what all their profiles come to."""
    found: dict[CustomerId, dict[str, Engagement]] = {}
    for row in await connection.fetch(_OF_CUSTOMERS, store_id, SOURCE, list(customers)):
        values = {name: row[name] for name in (*COUNTS, *TIMES)}
        found.setdefault(CustomerId(row["customer_id"]), {})[row["channel"]] = msgspec.convert(values, Engagement)
    return found


async def consents_of(connection: Connection, store_id: StoreId, customer_id: CustomerId) -> list[ConsentRow]:
    """One for each channel, the newest."""
    rows = await connection.fetch(_CONSENTS_OF, store_id, SOURCE, customer_id)
    newest: dict[str, ConsentRow] = {}
    for row in rows:
        newest.setdefault(row["channel"], ConsentRow(**{name: row[name] for name in _CONSENT_COLUMNS}))
    return list(newest.values())


async def write_scores(connection: Connection, store_id: StoreId, scores: Mapping[CustomerId, float | None]) -> None:
    """The column `email_engagement_score` of these customers."""
    if scores:
        values = [None if score is None else Decimal(str(score)) for score in scores.values()]
        await connection.execute(_SCORES, store_id, list(scores), values)


async def stated_of(
    connection: Connection, store_id: StoreId, customers: Iterable[CustomerId], prefix: str
) -> dict[CustomerId, dict[str, object]]:
    """Customer -> attribute -> what Klaviyo last said, of those attributes whose names begin with `prefix`."""
    found: dict[CustomerId, dict[str, object]] = {}
    for row in await connection.fetch(_STATED, store_id, list(customers), CUSTOM + prefix):
        found.setdefault(CustomerId(row["customer_id"]), {})[row["name"].removeprefix(CUSTOM)] = row["stated"][2]
    return found


async def write_predictions(connection: Connection, store_id: StoreId, found: Mapping[CustomerId, Predicted]) -> None:
    """What is not predicted of a customer stays as it was."""
    if found:
        columns = [list(column) for column in zip(*found.values(), strict=True)]
        await connection.execute(_PREDICT, store_id, list(found), *columns)


async def who_they_are(
    connection: Connection, store_id: StoreId, identifiers: Iterable[Identifier]
) -> dict[CustomerId, tuple[str | None, ...]]:
    """Customer -> (Shopify id, e-mail, phone) of those whom these identifiers name."""
    named = sorted(set(identifiers))
    rows = await connection.fetch(_WHO, store_id, [one.kind for one in named], [one.value for one in named])
    return {CustomerId(row["id"]): tuple(row)[1:] for row in rows}


async def engaged_after(connection: Connection, store_id: StoreId, after: CustomerId, limit: int) -> list[CustomerId]:
    """The next customers that have a profile, by id."""
    return [CustomerId(row["customer_id"]) for row in await connection.fetch(_NEXT_ENGAGED, store_id, after, limit)]


async def put_audiences(
    connection: Connection, store_id: StoreId, kind: str, found: Sequence[tuple[str, str, datetime | None]]
) -> None:
    """Lists or segments as (id, name, made)."""
    now = datetime.now(UTC)
    rows = {identity: (identity, kind, name, made, now) for identity, name, made in found}
    if rows:
        await connection.execute(
            _AUDIENCES, store_id, SOURCE, *[list(column) for column in zip(*rows.values(), strict=True)]
        )


async def list_audiences(connection: Connection, store_id: StoreId) -> list[dict[str, object]]:
    rows = await connection.fetch(
        "SELECT external_id, kind, name, created_at, updated_at FROM audiences WHERE store_id = $1 AND source = $2"
        " ORDER BY kind, name, external_id LIMIT 1000",
        store_id, SOURCE,
    )  # fmt: skip
    return [dict(row) for row in rows]
