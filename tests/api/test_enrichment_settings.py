"""What a store wants of vendors: kept, used by enrichment and order checks, refused with the field's name."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

import httpx
import pytest

from shopwarden.api.enrichment_settings import PersonField
from shopwarden.domain.answers import SENSITIVE
from shopwarden.domain.ids import StoreId
from shopwarden.steps.vendor_columns import wanted_fields
from shopwarden.steps.vendor_view import CHECK_MILLISECONDS, check_seconds
from shopwarden.store.database import Database
from shopwarden.store.stores import find_store


async def test_what_is_set_is_what_enrichment_and_checks_go_by(
    client: httpx.AsyncClient, database: Database, store_id: UUID
) -> None:
    place = f"/api/stores/{store_id}/enrichment"
    before = (await client.get(place)).json()
    assert before == {
        "person_fields": [],
        "person_fields_there_are": list(SENSITIVE),
        "check_deadline_ms": CHECK_MILLISECONDS,
    }
    wanted = {"person_fields": ["interests", "income_range"], "check_deadline_ms": 1500}
    assert (await client.put(place, json=wanted)).status_code == 200
    store = await find_store(database, StoreId(store_id))
    assert store is not None
    assert set(wanted_fields(store.settings)) == {"interests", "income_range"}
    assert check_seconds(store.settings) == 1.5
    assert (await client.get(place)).json()["person_fields"] == ["income_range", "interests"]
    assert (await client.put(place, json={})).json() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"check_deadline_ms": 49}, "check_deadline_ms"),
        ({"check_deadline_ms": 5001}, "check_deadline_ms"),
        ({"check_deadline_ms": True}, "check_deadline_ms"),
        ({"person_fields": ["shoe_size"]}, "person_fields"),
        ({"person_fields": "interests"}, "person_fields"),
        ({"wait": 1}, "wait"),
    ],
)
async def test_what_is_wrong_is_named(client: httpx.AsyncClient, store_id: UUID, body: object, field: str) -> None:
    answer = await client.put(f"/api/stores/{store_id}/enrichment", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith(field)


def test_all_sensitive_groups_can_be_asked_for() -> None:
    assert get_args(PersonField) == SENSITIVE
