"""The ledger: one claim for each question, money set aside before it is spent, and nothing of a forgotten person."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import product

from shopwarden.domain.answers import EmailAnswer, IpAnswer, PersonAnswer, RiskAnswer
from shopwarden.domain.ids import CustomerId, new_id
from shopwarden.store.vendor_answers import (
    KeptAnswer,
    KeptFault,
    Question,
    claim,
    delete_old_answers,
    export_answers,
    forget_answers,
    keep_answers,
    keep_fault,
    link_customer,
    may_be_claimed,
    read_answers,
)

NOW = datetime.now(UTC)
LEASE = timedelta(seconds=30)
ASKED = Question("acme.ip", b"\x01" * 32)


def kept(**more) -> KeptAnswer:
    usual = {"state": "answered", "answers": (IpAnswer(fraud_score=9),), "asked_at": NOW, "answered_at": NOW}
    return KeptAnswer(**(usual | {"fresh_until": NOW + timedelta(days=1)} | more))


async def claimed(database, store_id, question=ASKED, *, repeatable=False, force=False) -> int | None:
    async with database.transaction() as connection:
        return await claim(connection, store_id, question, LEASE, repeatable=repeatable, force=force)


async def read(database, store_id, *questions) -> list[KeptAnswer | None]:
    async with database.pool.acquire() as connection:
        rows = (await read_answers(connection, store_id, questions or [ASKED])).rows
    return [rows.get(question) for question in (questions or [ASKED])]


async def test_exactly_one_of_all_who_ask_at_once_has_the_claim(database, store_id):
    numbers = await asyncio.gather(*(claimed(database, store_id) for _ in range(30)))
    assert [number for number in numbers if number is not None] == [1]


async def test_a_claim_rolled_back_is_none(database, store_id):
    async with database.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        assert await claim(connection, store_id, ASKED, LEASE, repeatable=False, force=False) == 1
        await transaction.rollback()
    assert await claimed(database, store_id) == 1


async def shift(database, store_id, state: str, asked: timedelta, fresh_until: timedelta | None) -> None:
    await database.pool.execute(
        "UPDATE vendor_answers SET state = $2, asked_at = now() - $3::interval, fresh_until = now() + $4::interval"
        " WHERE store_id = $1",
        store_id, state, asked, fresh_until,
    )  # fmt: skip


async def test_the_statement_and_the_rule_agree(database, store_id):
    states = ("asking", "answered", "missed", "failed", "lost")
    asked = (timedelta(seconds=5), timedelta(minutes=5))
    fresh_until = (timedelta(seconds=-1), timedelta(hours=1), None)
    await claimed(database, store_id)
    for state, since, until, repeatable, force in product(states, asked, fresh_until, (True, False), (True, False)):
        await shift(database, store_id, state, since, until)
        (row,) = await read(database, store_id)
        may = may_be_claimed(row, datetime.now(UTC), repeatable=repeatable, force=force)
        got = await claimed(database, store_id, repeatable=repeatable, force=force)
        assert (got is not None) == may, (state, since, until, repeatable, force)


async def test_what_comes_from_an_overtaken_claim_changes_nothing(database, store_id):
    first = await claimed(database, store_id)
    await shift(database, store_id, "asking", timedelta(hours=2), timedelta(seconds=-1))
    second = await claimed(database, store_id, force=True)
    assert (first, second) == (1, 2)
    async with database.pool.acquire() as connection:
        assert not await keep_answers(connection, store_id, ASKED, first, kept())
        assert await keep_answers(connection, store_id, ASKED, second, kept(answers=()))
        assert not await keep_fault(connection, store_id, ASKED, first, KeptFault("failed", "auth", "no", LEASE))
    assert (await read(database, store_id))[0].answers == ()


async def test_answers_of_every_kind_come_back_as_they_were(database, store_id):
    answers = (
        IpAnswer(fraud_score=1.5, reasons=("vpn",)),
        EmailAnswer(first_seen=date(2020, 1, 2)),
        PersonAnswer(full_name="A\u00e9 \U0001f600", interests=("a", "b")),
        RiskAnswer(scores={"payment_abuse": 7.0}),
    )
    number = await claimed(database, store_id)
    async with database.pool.acquire() as connection:
        await keep_answers(connection, store_id, ASKED, number, kept(answers=answers, reference="r\0"))
    (row,) = await read(database, store_id)
    assert (row.answers, row.reference, row.state) == (answers, "r", "answered")


async def test_a_fault_leaves_the_older_answer_where_it_is(database, store_id):
    number = await claimed(database, store_id)
    async with database.pool.acquire() as connection:
        await keep_answers(connection, store_id, ASKED, number, kept(fresh_until=NOW - timedelta(1)))
    number = await claimed(database, store_id)
    async with database.pool.acquire() as connection:
        await keep_fault(connection, store_id, ASKED, number, KeptFault("failed", "unavailable", "down", LEASE))
    (row,) = await read(database, store_id)
    assert (row.state, row.fault_kind, row.answers) == ("failed", "unavailable", (IpAnswer(fraud_score=9),))


async def test_an_answer_of_another_shape_is_as_good_as_none(database, store_id):
    number = await claimed(database, store_id)
    async with database.pool.acquire() as connection:
        await keep_answers(connection, store_id, ASKED, number, kept())
    await database.pool.execute("""UPDATE vendor_answers SET answers = '[{"type": "unheard-of"}]'""")
    (row,) = await read(database, store_id)
    assert (row.answers, row.answered_at) == ((), None)


async def test_stores_do_not_see_each_others_answers(database, store_id):
    await claimed(database, store_id)
    other = new_id()
    assert await read(database, other) == [None]
    assert await claimed(database, other) == 1


async def answered(database, store_id, question: Question, *customers: CustomerId) -> None:
    number = await claimed(database, store_id, question)
    async with database.pool.acquire() as connection:
        await keep_answers(connection, store_id, question, number, kept())
        for customer in customers:
            await link_customer(connection, store_id, [question], customer)


async def test_forgetting_a_customer_takes_what_was_said_of_nobody_else(database, store_id):
    ann, bob = CustomerId(new_id()), CustomerId(new_id())
    hers, shared, his = (Question("acme.email", bytes([n]) * 32) for n in range(3))
    await answered(database, store_id, hers, ann)
    await answered(database, store_id, shared, ann, bob)
    await answered(database, store_id, his, bob)
    async with database.transaction() as connection:
        assert await forget_answers(connection, store_id, ann) == 1
    assert [row is not None for row in await read(database, store_id, hers, shared, his)] == [False, True, True]
    async with database.transaction() as connection:
        assert await forget_answers(connection, store_id, ann, bob) == 2
    assert await database.pool.fetchval("SELECT count(*) FROM vendor_subjects") == 0


async def test_a_person_is_told_what_was_said_of_them(database, store_id):
    ann, bob = CustomerId(new_id()), CustomerId(new_id())
    await answered(database, store_id, ASKED, ann)
    async with database.pool.acquire() as connection:
        (told,) = await export_answers(connection, store_id, [ann])
        assert (told["lookup"], told["answers"]) == ("acme.ip", [{"type": "ip", "fraud_score": 9.0}])
        assert await export_answers(connection, store_id, [bob]) == []


async def test_what_is_old_is_deleted_with_its_links(database, store_id):
    ann = CustomerId(new_id())
    await answered(database, store_id, ASKED, ann)
    new = Question("acme.email", b"2" * 32)
    await answered(database, store_id, new, ann)
    await database.pool.execute("UPDATE vendor_answers SET asked_at = now() - interval '500 days' WHERE lookup = 'acme.ip'")
    assert await delete_old_answers(database, NOW - timedelta(days=400)) == 1
    assert [row is not None for row in await read(database, store_id, ASKED, new)] == [False, True]
    assert await database.pool.fetchval("SELECT count(*) FROM vendor_subjects") == 1
