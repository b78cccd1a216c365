"""The digests answers are kept under: the same for the same question, unguessable, and outliving changed keys."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.contracts.vendor import Account
from shopwarden.errors import StopError
from shopwarden.steps.ask_vendors import ask_accounts
from shopwarden.steps.vendor_questions import open_questions, question_digest, question_secret
from tests.outbound.local_server import Said, always, serving
from tests.steps.vendor_stage import INQUIRY, KEY, connected, stage

SECRET = b"s" * 32
parts = st.lists(st.text(max_size=20), max_size=6).map(tuple)


@given(parts, parts)
def test_other_parts_are_another_question(one, other):
    assert (question_digest(SECRET, one) == question_digest(SECRET, other)) == (one == other)


def test_parts_can_not_run_into_each_other():
    assert question_digest(SECRET, ("ab", "c")) != question_digest(SECRET, ("a", "bc"))


def test_without_the_secret_an_address_is_not_found_by_trying():
    (asked,) = open_questions({"acme": connected("http://127.0.0.1:9")}, INQUIRY, SECRET)
    (other,) = open_questions({"acme": connected("http://127.0.0.1:9")}, INQUIRY, b"t" * 32)
    assert asked.question.digest != other.question.digest
    assert asked.question.digest != hashlib.sha256(str(INQUIRY.ip).encode()).digest()
    assert str(INQUIRY.ip) not in repr(asked)


def test_a_stand_ins_answers_never_stand_for_a_vendors_own():
    made_up = connected("http://127.0.0.1:9")
    real = replace(made_up, account=Account("acme", {"key": "planted-key"}))
    (one,), (other,) = (open_questions({"acme": each}, INQUIRY, SECRET) for each in (made_up, real))
    assert one.question != other.question


async def secret_of(database, store_id, keys: str) -> bytes:
    made = stage(database, store_id, keys=keys)
    async with database.pool.acquire() as connection:
        return await question_secret(made.tools, connection, store_id)


async def test_all_processes_have_the_same_secret_and_other_stores_another(database, store_id):
    from shopwarden.store.stores import create_store

    found = await asyncio.gather(*(secret_of(database, store_id, KEY) for _ in range(8)))
    assert len(set(found)) == 1
    assert await secret_of(database, await create_store(database, name="other"), KEY) != found[0]
    # Nothing of it lies open.
    kept = await database.pool.fetchval("SELECT settings ->> 'question_key' FROM stores WHERE id = $1", store_id)
    assert found[0].hex() not in kept


async def test_it_outlives_new_encryption_keys_and_the_first_ones(database, store_id):
    old, new = "o" * 40, "n" * 40
    first = await secret_of(database, store_id, "")
    assert await secret_of(database, store_id, old) == first
    assert await secret_of(database, store_id, f"{new},{old}") == first
    # Sealed anew on the way, so that the old key can be thrown away.
    assert await secret_of(database, store_id, new) == first
    with pytest.raises(StopError):
        await secret_of(database, store_id, old)


async def test_a_caller_who_rolls_back_leaves_the_secret_as_everybody_sees_it(database, store_id):
    made = stage(database, store_id)
    async with database.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        found = await question_secret(made.tools, connection, store_id)
        await transaction.rollback()
    assert await secret_of(database, store_id, KEY) == found


async def test_without_the_right_key_nobody_is_asked_and_it_is_told_why(database, store_id):
    await secret_of(database, store_id, "o" * 40)
    made = stage(database, store_id)
    async with serving(always(Said())) as server:
        settled = await ask_accounts(made.tools, {"acme": connected(server.url)}, store_id, INQUIRY)
    assert not server.heard
    assert "ENCRYPTION_KEYS" in settled.missing["acme.ip"].sentence


def test_what_the_inquiry_does_not_hold_is_not_asked():
    nobody = msgspec.structs.replace(INQUIRY, ip=None)
    assert open_questions({"acme": connected("http://127.0.0.1:9")}, nobody, SECRET) == []
