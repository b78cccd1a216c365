"""Without `pii:read` no personal data leaves, whichever read is asked."""

from __future__ import annotations

from uuid import UUID

import pytest

from shopwarden.domain.ids import new_id
from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.api.rows import MARCH, add_customer, insert

SECRETS = (
    "jane.roe", "example.com", "Jane", "Roetrop", "+4930123456", "Secretstr", "203.0.113.77", "2001:db8:1:2:3::9",
    "prefers calls", "birthday", "10115", "blood",
)  # fmt: skip


@pytest.fixture
async def jane(database: Database, store_id: UUID) -> UUID:
    jane = await add_customer(
        database, store_id, email="jane.roe@example.com", phone="+4930123456", first_name="Jane", last_name="Roetrop",
        notes="prefers calls", custom_attributes={"birthday": "1980-02-03"}, blocked_reason="blood type",
        country_code="DE", external_ids={"shopify_id": "7001"},
    )  # fmt: skip
    own = {"store_id": store_id, "customer_id": jane}
    await insert(database, "customer_addresses", {
        **own, "id": new_id(), "type": "billing", "first_name": "Jane", "last_name": "Roetrop",
        "address_line1": "Secretstr 9",
        "city": "Berlin", "country_code": "DE", "postal_code": "10115", "phone": "+4930123456", "created_at": MARCH,
        "updated_at": MARCH, "place_key": "k",
    })  # fmt: skip
    for kind, value in (("email", "jane.roe@example.com"), ("phone", "+4930123456"), ("shopify", "7001")):
        await insert(database, "customer_identifiers", {**own, "kind": kind, "value": value})
    for ip in ("203.0.113.77", "2001:db8:1:2:3::9"):
        await insert(database, "customer_ips", {**own, "id": new_id(), "ip_address": ip, "country_code": "DE",
                                                "postal_code": "10115", "latitude": 52.53, "first_seen_at": MARCH,
                                                "last_seen_at": MARCH})  # fmt: skip
    await insert(database, "customer_activities", {
        **own, "id": new_id(), "activity_type": "page_view", "created_at": MARCH, "ip_address": "203.0.113.77",
        "activity_data": {"product_id": "42", "traits": {"email": "jane.roe@example.com"}, "query": "Jane",
                          "url": "https://shop.test/p?email=jane.roe@example.com"},
    })  # fmt: skip
    return jane


async def test_nothing_personal_leaves_without_the_scope(client_for: ClientFor, jane: UUID) -> None:
    client = await client_for(["customers:read", "admin"])
    for path in ("", f"/{jane}", f"/{jane}/ips", f"/{jane}/activities"):
        answer = await client.get(f"/api/customers{path}")
        assert answer.status_code == 200, answer.text
        for secret in SECRETS:
            assert secret not in answer.text, (path, secret)


async def test_what_is_left_is_still_useful(client_for: ClientFor, jane: UUID) -> None:
    client = await client_for(["customers:read"])
    profile = (await client.get(f"/api/customers/{jane}")).json()
    assert profile["email"] == "j***@e***.com"
    assert profile["first_name"] == "J***"
    assert profile["phone"] == "***56"
    assert profile["addresses"][0]["city"] == "Berlin"
    assert profile["external_ids"] == {"shopify_id": "7001"}
    ips = (await client.get(f"/api/customers/{jane}/ips")).json()["ips"]
    assert {ip["ip_address"] for ip in ips} == {"203.0.113.x", "2001:db8:1::x"}
    (activity,) = (await client.get(f"/api/customers/{jane}/activities")).json()["activities"]
    assert activity["activity_data"] == {"product_id": "42", "url": "https://shop.test/p"}


async def test_with_the_scope_everything_is_told(client_for: ClientFor, jane: UUID) -> None:
    client = await client_for(["customers:read", "pii:read"])
    profile = (await client.get(f"/api/customers/{jane}")).json()
    assert profile["email"] == "jane.roe@example.com"
    assert profile["notes"] == "prefers calls"
    assert profile["addresses"][0]["address_line1"] == "Secretstr 9"
    assert profile["ips_count"] == 2
    assert {"kind": "email", "value": "jane.roe@example.com"} in profile["identifiers"]


async def test_masked_data_can_not_be_fished(client_for: ClientFor, jane: UUID) -> None:
    client = await client_for(["customers:read"])
    for part in ("jane", "+49301234", "Roetrop"):
        assert (await client.get("/api/customers", params={"search": part})).status_code == 400
    for part in ("jane@", "roe@example.com", "jane.roe@example"):
        assert (await client.get("/api/customers", params={"search": part})).json()["customers"] == []
    whole = await client.get("/api/customers", params={"search": "Jane.Roe@Example.com"})
    assert [row["id"] for row in whole.json()["customers"]] == [str(jane)]
