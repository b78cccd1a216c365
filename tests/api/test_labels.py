"""Labels over the API: added by order or customer, listed, withdrawn, taken in and given out as CSV."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.ids import new_id
from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.api.rows import MARCH, add_customer
from tests.store.test_fraud_sql import add_order


@pytest.fixture
def path(store_id: UUID) -> str:
    return f"/api/stores/{store_id}/labels"


async def test_a_label_is_added_once_seen_and_withdrawn(
    client: httpx.AsyncClient, database: Database, store_id: UUID, path: str
) -> None:
    customer = await add_customer(database, store_id)
    order = await add_order(database, store_id, "1", customer_id=customer)
    wanted = {"label": "fraud", "order_external_id": "1", "reference": "case 7", "note": "Her son", "amount": "12.50"}
    added = await client.post(path, json=wanted)
    assert added.status_code == 201, added.text
    label = added.json()["label"]
    assert (label["order_id"], label["customer_id"], label["source"]) == (str(order), str(customer), "api")
    again = await client.post(path, json=wanted)
    assert (again.status_code, again.json()["is_new"], again.json()["label"]["id"]) == (200, False, label["id"])
    other = await client.post(path, json={**wanted, "label": "legitimate"})
    assert other.status_code == 409
    assert (await client.get(f"{path}/{label['id']}")).json() == label
    listed = (await client.get(path, params={"order": "1"})).json()
    assert [row["id"] for row in listed["labels"]] == [label["id"]]
    assert listed["standing"]["id"] == label["id"]
    before = (await client.get(path, params={"order": "1", "known_at": "2026-01-01"})).json()
    assert (before["labels"], before["standing"]) == ([], None), "nobody knew it then"
    for _ in range(2):
        gone = await client.post(f"{path}/{label['id']}/withdraw", json={"reason": "a mistake"})
        assert gone.json()["withdrawn_by"].startswith("key:")
    assert (await client.get(path, params={"order": "1"})).json()["standing"] is None
    actions = await database.pool.fetch("SELECT action, reason FROM audit_log WHERE store_id = $1 ORDER BY id", store_id)
    assert [tuple(row) for row in actions] == [("label.added", "Her son"), ("label.withdrawn", "a mistake")]
    jobs = await database.pool.fetch("SELECT payload FROM outbox WHERE store_id = $1 AND queue = 'risk-analysis'", store_id)
    assert {row["payload"]["subject"] for row in jobs} == {"customers"}, "whose score it changes is judged anew"


async def test_of_a_customer_and_without_personal_data(
    client: httpx.AsyncClient, client_for: ClientFor, database: Database, store_id: UUID, path: str
) -> None:
    customer = await add_customer(database, store_id)
    added = await client.post(path, json={"label": "legitimate", "customer_id": str(customer), "note": "her sister"})
    assert added.json()["label"]["order_id"] is None
    analyst = await client_for(["decisions:read"])
    assert (await analyst.get(path)).json()["labels"][0]["note"] is None
    assert (await analyst.post(path, json={"label": "fraud", "customer_id": str(customer)})).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"label": "fraud"}, "label"),
        ({"label": "fraud", "order_external_id": "nothing"}, "order_external_id"),
        ({"label": "fraud", "order_id": str(new_id())}, "order_id"),
        ({"label": "fraud", "customer_id": str(new_id())}, "customer_id"),
        ({"label": "fraud", "order_external_id": "1", "event_at": "2999-01-01T00:00:00Z"}, "event_at"),
        ({"label": "fraud", "order_external_id": "1", "event_at": "2026-02-01T00:00:00Z",
          "known_at": "2026-01-01T00:00:00Z"}, "known_at"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient, database: Database, store_id: UUID, path: str, body: dict[str, str], field: str
) -> None:
    await add_order(database, store_id, "1")
    refused = await client.post(path, json=body)
    assert refused.status_code == 400, refused.text
    assert [error["field"] for error in refused.json()["errors"]] == [field]


async def test_pages_go_on_where_they_ended(
    client: httpx.AsyncClient, database: Database, store_id: UUID, path: str
) -> None:
    await add_order(database, store_id, "1")
    for number in range(5):
        await client.post(path, json={"label": "fraud", "order_external_id": "1", "reference": str(number)})
    seen, cursor = [], ""
    while True:
        page = (await client.get(path, params={"limit": 2, "cursor": cursor, "label": "fraud", "source": "api"})).json()
        seen += [row["reference"] for row in page["labels"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]
    assert (await client.get(path, params={"source": "dreams"})).status_code == 400


FILE = """\ufefforder;date;reason;amount;currency;label
1;2026-02-11;fraudulent;129.00;eur;
gid://shopify/Order/2;2026-02-12T10:00:00Z;unrecognized;;;chargeback
3;2026-02-12;;;;
1;someday;;;;
1;2026-02-13;;twelve;;
1;2026-02-13;;;;perhaps
;2026-02-13;;;;
2;2999-01-01;;;;
2;2026-02-14;;;;good
"""


async def test_a_file_of_chargebacks_is_taken_in(
    client: httpx.AsyncClient, database: Database, store_id: UUID, path: str
) -> None:
    for number in ("1", "2"):
        await add_order(database, store_id, number)
    sent = {"content": FILE.encode(), "headers": {"Content-Type": "text/csv"}}
    done = (await client.post(f"{path}/import", **sent)).json()
    assert (done["received"], done["created"], done["unchanged"], done["rejected"]) == (9, 3, 0, 6)
    assert [(error["line"], error["field"]) for error in done["errors"]] == [
        (4, "order"), (5, "date"), (6, "amount"), (7, "label"), (8, "order"), (9, "date"),
    ]  # fmt: skip
    again = (await client.post(f"{path}/import", **sent)).json()
    assert (again["created"], again["unchanged"]) == (0, 3)
    first = (await client.get(path, params={"order": "1"})).json()["standing"]
    assert (first["label"], first["amount"], first["currency"], first["known_at"]) == (
        "fraud", "129.00", "EUR", "2026-02-11T00:00:00Z",
    )  # fmt: skip
    assert (await client.get(path, params={"order": "2"})).json()["standing"]["label"] == "legitimate"
    text = (await client.get(f"{path}/export", params={"label": "fraud"})).text
    assert text.splitlines()[0].startswith("order,label,date,known_at")
    assert len(text.splitlines()) == 3
    back = (await client.post(f"{path}/import", content=text.encode(), headers={"Content-Type": "text/csv"})).json()
    assert (back["created"], back["unchanged"], back["rejected"]) == (0, 2, 0), "what was given out is taken in again"


async def test_an_export_taken_in_again_doubles_no_label_and_brings_none_back(
    client: httpx.AsyncClient, database: Database, store_id: UUID, path: str
) -> None:
    for number, label in (("1", "fraud"), ("2", "legitimate")):
        await add_order(database, store_id, number)
        made = await client.post(path, json={"label": label, "order_external_id": number, "reference": f"mine-{number}"})
        assert made.status_code == 201
    assert (await client.post(f"{path}/{made.json()['label']['id']}/withdraw", json={})).status_code == 200
    text = (await client.get(f"{path}/export")).text
    back = (await client.post(f"{path}/import", content=text.encode(), headers={"Content-Type": "text/csv"})).json()
    assert (back["created"], back["unchanged"], back["rejected"]) == (0, 2, 0)
    assert await database.pool.fetchval("SELECT count(*) FROM labels") == 2
    assert (await client.get(path, params={"order": "2"})).json()["standing"] is None


async def test_a_file_without_columns_or_of_another_kind_is_refused(client: httpx.AsyncClient, path: str) -> None:
    for content, field in ((b"a,b\n1,2\n", "order"), (b"", "body"), (b"\xff\xfe\n", "header")):
        refused = await client.post(f"{path}/import", content=content, headers={"Content-Type": "text/csv"})
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == field
    assert (await client.post(f"{path}/import", json={})).status_code == 415


async def test_what_is_known_later_is_not_listed_as_of_before(
    client: httpx.AsyncClient, database: Database, store_id: UUID, path: str
) -> None:
    await add_order(database, store_id, "1")
    known = datetime.now(UTC) - timedelta(days=3)
    body = {"label": "fraud", "order_external_id": "1", "event_at": MARCH.isoformat(), "known_at": known.isoformat()}
    assert (await client.post(path, json=body)).status_code == 201
    for days, labels in ((4, 0), (2, 1)):
        at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        assert len((await client.get(path, params={"known_at": at})).json()["labels"]) == labels
