"""The ledger of questions to vendors: claimed before a call leaves, settled after it, so that each is paid for once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import asyncpg
import msgspec

from shopwarden.domain.answers import Answer
from shopwarden.domain.ids import CustomerId, StoreId
from shopwarden.domain.text import clean_text
from shopwarden.store.database import Database

State = Literal["asking", "answered", "missed", "failed", "lost"]

LOST_FOR = timedelta(hours=24)
"""How long a question whose answer was lost on the way is not asked again: it may have been charged."""
NOT_AGAIN_WITHIN = timedelta(minutes=1)
"""Even a person who asks by hand gets what was asked a moment ago."""
_BATCH = 5_000


class Question(NamedTuple):
    """The address of an answer within a store: the look-up's key, and a keyed digest of what makes it the same question."""

    lookup: str
    digest: bytes


class KeptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger. `answers` outlive a later fault: they are the newest ones there are, from `answered_at`.

    `fresh_until` is when the state ends: an answer gets old, a fault may be tried again, a claim's process counts as dead.
    None: never. `tries` counts the claims, and so names the present one.
    """

    state: State
    answers: tuple[Answer, ...] = ()
    reference: str | None = None
    made_up: bool = False
    asked_at: datetime
    answered_at: datetime | None = None
    fresh_until: datetime | None = None
    fault_kind: str | None = None
    fault: str | None = None
    tries: int = 1

    def is_over(self, now: datetime) -> bool:
        return self.fresh_until is not None and self.fresh_until <= now


_COLUMNS = ", ".join(KeptAnswer.__struct_fields__)
_READ = f"""
SELECT a.lookup, a.digest, clock_timestamp() AS now, {", ".join(f"a.{name}" for name in KeptAnswer.__struct_fields__)}
  FROM unnest($2::text[], $3::bytea[]) AS q (lookup, digest)
  JOIN vendor_answers a ON a.store_id = $1 AND a.lookup = q.lookup AND a.digest = q.digest
"""  # noqa: S608


class Read(NamedTuple):
    """What is kept, and the database's own time when it was read: clocks of several machines differ."""

    rows: dict[Question, KeptAnswer]
    now: datetime | None


async def read_answers(connection: asyncpg.Connection, store_id: StoreId, questions: Sequence[Question]) -> Read:
    """The rows there are of these questions; one round trip."""
    found = await connection.fetch(_READ, store_id, [each.lookup for each in questions], [each.digest for each in questions])
    rows = {Question(row["lookup"], row["digest"]): _kept(row) for row in found}
    return Read(rows, found[0]["now"] if found else None)


def _kept(row: asyncpg.Record) -> KeptAnswer:
    values = {name: row[name] for name in KeptAnswer.__struct_fields__}
    try:
        return msgspec.convert(values, KeptAnswer)
    except msgspec.ValidationError:
        # Written by a version whose answers had another shape: as good as none.
        return msgspec.convert(values | {"answers": [], "answered_at": None}, KeptAnswer)


# The conditions are those of `may_be_claimed`; here they hold against everybody else asking at this moment.
_CLAIM = """
INSERT INTO vendor_answers AS a (store_id, lookup, digest, state, asked_at, fresh_until)
VALUES ($1, $2, $3, 'asking', clock_timestamp(), clock_timestamp() + $4::interval)
ON CONFLICT (store_id, lookup, digest) DO UPDATE SET
    state = 'asking', asked_at = excluded.asked_at, fresh_until = excluded.fresh_until, tries = a.tries + 1,
    fault_kind = NULL, fault = NULL
WHERE CASE a.state
    WHEN 'asking' THEN a.fresh_until <= clock_timestamp() AND ($5::boolean OR $6::boolean)
    WHEN 'lost' THEN $5 OR a.fresh_until <= clock_timestamp() OR $6 AND a.asked_at <= clock_timestamp() - $7::interval
    ELSE a.fresh_until <= clock_timestamp() OR $6 AND a.asked_at <= clock_timestamp() - $7::interval END
RETURNING tries
"""
_LOSE = """
UPDATE vendor_answers SET state = 'lost', fresh_until = asked_at + $4::interval, fault_kind = 'lost',
    fault = 'the call was cut off; it may have been charged'
WHERE store_id = $1 AND lookup = $2 AND digest = $3 AND state = 'asking' AND fresh_until <= clock_timestamp()
RETURNING asked_at
"""


def may_be_claimed(kept: KeptAnswer | None, now: datetime, *, repeatable: bool, force: bool) -> bool:
    """Whether a question may be asked (again): never while somebody else does, and not while its answer is fresh.

    `repeatable`: asking twice costs nothing. `force`: a person wants it anew.
    """
    if kept is None:
        return True
    by_hand = force and kept.asked_at <= now - NOT_AGAIN_WITHIN
    if kept.state == "asking":
        return kept.is_over(now) and (repeatable or force)
    if kept.state == "lost":
        return repeatable or kept.is_over(now) or by_hand
    return kept.is_over(now) or by_hand


async def claim(
    connection: asyncpg.Connection,
    store_id: StoreId,
    question: Question,
    lease: timedelta,
    *,
    repeatable: bool,
    force: bool,
) -> int | None:
    """The number of the claim for exactly one of all who ask at once, None for the others. It counts once it is committed.

    `lease`: after this long without an answer whoever claimed it counts as dead.
    """
    number: int | None = await connection.fetchval(_CLAIM, store_id, *question, lease, repeatable, force, NOT_AGAIN_WITHIN)
    return number


async def give_up_lost(connection: asyncpg.Connection, store_id: StoreId, question: Question) -> datetime | None:
    """A claim whose process died becomes `lost`; for the one caller who did it, when it was made."""
    asked_at: datetime | None = await connection.fetchval(_LOSE, store_id, *question, LOST_FOR)
    return asked_at


async def keep_answers(
    connection: asyncpg.Connection, store_id: StoreId, question: Question, number: int, kept: KeptAnswer
) -> bool:
    """Settles claim `number` with what came; False where a later claim has taken its place."""
    raw = msgspec.json.encode(_cleaned(msgspec.to_builtins(kept.answers)))
    done = await connection.execute(
        "UPDATE vendor_answers SET state = $5, answers = $6, reference = $7, made_up = $8, answered_at = $9,"
        " fresh_until = $10, fault_kind = NULL, fault = NULL"
        " WHERE store_id = $1 AND lookup = $2 AND digest = $3 AND tries = $4",
        store_id, *question, number, kept.state, raw, clean_text(kept.reference or "", 500) or None,
        kept.made_up, kept.answered_at, kept.fresh_until,
    )  # fmt: skip
    return bool(done.endswith(" 1"))


def _cleaned(value: object) -> object:
    """Without NUL bytes, which PostgreSQL does not take."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(member) for member in value]
    return value


class KeptFault(NamedTuple):
    """`state` failed or lost. `wait`: how long it is not asked again."""

    state: State
    kind: str
    text: str
    wait: timedelta


async def keep_fault(
    connection: asyncpg.Connection, store_id: StoreId, question: Question, number: int, fault: KeptFault
) -> bool:
    """Settles claim `number` without an answer; older ones stay. False where a later claim has taken its place."""
    done = await connection.execute(
        "UPDATE vendor_answers SET state = $5, fault_kind = $6, fault = $7, fresh_until = clock_timestamp() + $8::interval"
        " WHERE store_id = $1 AND lookup = $2 AND digest = $3 AND tries = $4",
        store_id, *question, number, fault.state, fault.kind, clean_text(fault.text, 500), fault.wait,
    )  # fmt: skip
    return bool(done.endswith(" 1"))


async def link_customer(
    connection: asyncpg.Connection, store_id: StoreId, questions: Iterable[Question], customer_id: CustomerId
) -> None:
    """Notes whom the answers are about, so that they are found for the person and go with them."""
    listed = sorted(set(questions))
    await connection.execute(
        "INSERT INTO vendor_subjects (store_id, lookup, digest, customer_id, asked_at)"
        " SELECT $1, q.lookup, q.digest, $4, now() FROM unnest($2::text[], $3::bytea[]) AS q (lookup, digest)"
        " ON CONFLICT DO NOTHING",
        store_id, [each.lookup for each in listed], [each.digest for each in listed], customer_id,
    )  # fmt: skip


_FORGET = """
WITH gone AS (
    DELETE FROM vendor_subjects WHERE store_id = $1 AND customer_id = ANY($2) RETURNING lookup, digest
)
DELETE FROM vendor_answers a USING gone WHERE a.store_id = $1 AND a.lookup = gone.lookup AND a.digest = gone.digest
   AND NOT EXISTS (SELECT FROM vendor_subjects s WHERE s.store_id = $1 AND s.lookup = a.lookup AND s.digest = a.digest
                      AND NOT s.customer_id = ANY($2))
"""


async def forget_answers(connection: asyncpg.Connection, store_id: StoreId, *customer_ids: CustomerId) -> int:
    """Deletes what vendors said about these customers and nobody else; answers how many answers went.

    What is known of something they share with others (an office's address) stays with those.
    """
    done = await connection.execute(_FORGET, store_id, list(customer_ids))
    return int(done.rpartition(" ")[2])


async def export_answers(
    connection: asyncpg.Connection, store_id: StoreId, customer_ids: Sequence[CustomerId]
) -> list[dict[str, object]]:
    """What vendors said about these customers, for the people themselves."""
    rows = await connection.fetch(
        "SELECT DISTINCT a.lookup, a.answers, a.answered_at, a.made_up FROM vendor_subjects s JOIN vendor_answers a"
        " ON a.store_id = s.store_id AND a.lookup = s.lookup AND a.digest = s.digest"
        " WHERE s.store_id = $1 AND s.customer_id = ANY($2) AND a.answered_at IS NOT NULL ORDER BY 1, 3",
        store_id, list(customer_ids),
    )  # fmt: skip
    return [{**row, "answered_at": row["answered_at"].isoformat()} for row in rows]


_OLD = """
WITH old AS (
    SELECT store_id, lookup, digest FROM vendor_answers WHERE asked_at < $1 ORDER BY asked_at LIMIT $2
), unlinked AS (
    DELETE FROM vendor_subjects s USING old
    WHERE s.store_id = old.store_id AND s.lookup = old.lookup AND s.digest = old.digest
)
DELETE FROM vendor_answers a USING old
 WHERE a.store_id = old.store_id AND a.lookup = old.lookup AND a.digest = old.digest AND a.asked_at < $1
"""


async def delete_old_answers(database: Database, before: datetime) -> int:
    """Deletes what was last asked before a time, of all stores, in short transactions; answers how many."""
    total = 0
    while (count := int((await database.pool.execute(_OLD, before, _BATCH)).rpartition(" ")[2])) > 0:
        total += count
    return total
