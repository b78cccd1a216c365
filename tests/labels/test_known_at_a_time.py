"""No evaluation sees the future: what is known after a time changes nothing evaluated as of it, in SQL or out of it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwarden.domain.fraud_label import ToldLabel, label_of, standing
from shopwarden.domain.ids import StoreId, new_id
from shopwarden.domain.label import LABEL_SOURCES, LabelName
from shopwarden.store.database import Database
from shopwarden.store.fraud_sql import labelled_orders
from tests.api.rows import MARCH, insert
from tests.store.test_fraud_sql import add_order

DAYS = st.integers(0, 20).map(lambda days: MARCH + timedelta(days=days))


@st.composite
def told_labels(draw: st.DrawFn) -> ToldLabel:
    known = draw(DAYS)
    later = draw(st.none() | st.integers(0, 10).map(lambda days: known + timedelta(days=days)))
    source = draw(st.sampled_from(LABEL_SOURCES))
    label: LabelName = "legitimate" if source == "delivered" else draw(st.sampled_from(("fraud", "legitimate")))
    return ToldLabel(id=new_id(), label=label, source=source, known_at=known, withdrawn_at=later)


@given(st.lists(told_labels(), max_size=8), st.lists(told_labels(), max_size=4), DAYS, st.randoms())
def test_what_is_known_later_changes_nothing(labels, more, at, dice) -> None:
    later = [label for label in more if label.known_at > at]
    mixed = [*labels, *later]
    dice.shuffle(mixed)
    assert standing(mixed, at) == standing(labels, at)


@given(told_labels(), DAYS, DAYS)
def test_a_label_withdrawn_later_still_counts(label, at, withdrawn) -> None:
    kept = ToldLabel(id=label.id, label=label.label, source=label.source, known_at=label.known_at)
    gone = ToldLabel(id=label.id, label=label.label, source=label.source, known_at=label.known_at, withdrawn_at=withdrawn)
    assert (standing([gone], at) is None) == (standing([kept], at) is None or withdrawn <= at)


def a_label(label: LabelName, source: str, day: int) -> ToldLabel:
    return ToldLabel(id=new_id(), label=label, source=source, known_at=MARCH + timedelta(days=day))  # type: ignore[arg-type]


def test_who_is_believed() -> None:
    at = MARCH + timedelta(days=200)
    approved, charged_back = a_label("legitimate", "analyst", 1), a_label("fraud", "dispute", 40)
    cleared, delivered = a_label("legitimate", "analyst", 60), a_label("legitimate", "delivered", 120)
    won, refused = a_label("legitimate", "dispute", 80), a_label("fraud", "analyst", 2)
    assert standing([approved, charged_back], at) == charged_back, "the bank knows better than an approval before it"
    assert standing([approved, charged_back, cleared], at) == cleared, "a person who saw the chargeback knows better"
    assert standing([charged_back, delivered], at) == charged_back, "silence says nothing against a chargeback"
    assert standing([refused, won], at) == refused, "a bank that takes a claim back does not clear a person's word"
    assert standing([won, a_label("fraud", "sift", 10)], at) == won
    assert standing([delivered], at) == delivered
    assert standing([], at) is None


@pytest.fixture
def read_as_of(database: Database, store_id: UUID):
    async def read(at: datetime) -> dict[str, str]:
        sql = labelled_orders("$2", "$3", "$4")
        rows = await database.pool.fetch(sql, store_id, MARCH - timedelta(days=1), MARCH + timedelta(days=1), at)
        return {row["external_id"]: row["label"] for row in rows}

    return read


async def put(database: Database, store_id: StoreId | UUID, order: str, label: ToldLabel) -> None:
    row = {"store_id": store_id, "id": label.id, "order_external_id": order, "label": label.label, "source": label.source,
           "reference": str(label.id), "event_at": MARCH, "known_at": label.known_at, "created_by": "test",
           "created_at": MARCH, "withdrawn_at": label.withdrawn_at}  # fmt: skip
    await insert(database, "labels", row)


async def test_sql_says_the_same_at_every_time(database: Database, store_id: UUID, read_as_of) -> None:
    """Many orders with labels of all kinds, put in one after the other: each time, as of each day, both say the same, and
    what was put in later with a later day changed nothing."""
    drawn: list[list[ToldLabel]] = []

    @settings(max_examples=60, database=None)
    @given(st.lists(told_labels(), max_size=5))
    def draw(labels: list[ToldLabel]) -> None:
        drawn.append(labels)

    await asyncio.to_thread(draw)
    for place in range(len(drawn)):
        await add_order(database, store_id, str(place), advice="decline" if place % 3 == 0 else "approve")
    days = [MARCH + timedelta(days=day) for day in range(0, 31, 5)]
    for wave, upto in enumerate(days):
        for place, labels in enumerate(drawn):
            since = days[wave - 1] if wave else datetime.min.replace(tzinfo=MARCH.tzinfo)
            for label in labels:
                if since < label.known_at <= upto:
                    await put(database, store_id, str(place), label)
    for at in days:
        expected = {}
        for place, labels in enumerate(drawn):
            found = standing(labels, at)
            expected[str(place)] = str(
                label_of((), None, "decline" if place % 3 == 0 else "approve", None, found.label if found else None)
            )
        assert await read_as_of(at) == expected


async def test_a_label_known_later_changes_no_evaluation_before_it(database: Database, store_id: UUID, read_as_of) -> None:
    await add_order(database, store_id, "1")
    at = MARCH + timedelta(days=10)
    before = await read_as_of(at)
    for source in set(LABEL_SOURCES) - {"delivered"}:
        await put(database, store_id, "1", a_label("fraud", source, 11))
    assert await read_as_of(at) == before == {"1": "legitimate"}
    assert await read_as_of(at + timedelta(days=1)) == {"1": "confirmed"}
