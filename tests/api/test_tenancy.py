"""One store never sees another's rows: every route that names a thing answers 404, found by listing the routes."""

from __future__ import annotations

import json
import re
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.alert import Raising
from shopwarden.domain.ids import new_id
from shopwarden.domain.label import NewLabel
from shopwarden.domain.list_entry import NewEntry
from shopwarden.store.alerts import raise_alerts
from shopwarden.store.api_keys import create_key
from shopwarden.store.database import Database
from shopwarden.store.labels import put_labels
from shopwarden.store.list_entries import put_entries
from shopwarden.store.tasks import begin_task
from shopwarden.web import Application, openapi_document
from tests.api.conftest import ClientFor
from tests.api.rows import MARCH, add_case, add_customer, add_visitor, insert


async def things_of(database: Database, store_id: UUID) -> dict[str, str]:
    """One thing of each kind in a store, by the name its path parameter has."""
    customer = await add_customer(database, store_id, email="theirs@example.com")
    order = new_id()
    await insert(database, "orders", {"store_id": store_id, "id": order, "external_id": "1", "customer_id": customer,
                                      "created_at": MARCH, "updated_at": MARCH, "version": ""})  # fmt: skip
    verdict = new_id()
    await insert(database, "verdicts", {
        "store_id": store_id, "id": verdict, "subject": "customer", "subject_id": customer, "customer_id": customer,
        "trigger": "check", "event_key": "x", "score": 1, "points": 0.0, "level": "low", "advice": "approve",
        "code_version": "1", "created_at": MARCH,
    })  # fmt: skip
    task, _ = await begin_task(database, store_id, "import")
    key = await create_key(database, name="theirs", scopes=["customers:read"], store_id=store_id)  # type: ignore[arg-type]
    return {
        **await deciding_things(database, store_id),
        "customer_id": str(customer), "order_id": str(order), "task_id": str(task.id), "key_id": str(key.key.id),
        "visitorId": str(await add_visitor(database, store_id)), "storeId": str(store_id), "verdict_id": str(verdict),
        "case_id": str(await add_case(database, store_id, order)), "vendor": "sendgrid",
        "weights_version": "0",
        "ruleset_version": "1",
    }  # fmt: skip


async def deciding_things(database: Database, store_id: UUID) -> dict[str, str]:
    """Of those things, what a store decides by and who works in it."""
    rule = new_id()
    await insert(database, "rules", {"store_id": store_id, "id": rule, "name": "theirs", "condition": "true",
                                     "created_by": "x", "created_at": MARCH, "updated_by": "x",
                                     "updated_at": MARCH})  # fmt: skip
    user, provider = new_id(), new_id()
    await insert(database, "users", {"id": user, "email": f"{user}@example.com", "role": "viewer", "store_id": store_id,
                                     "created_at": MARCH})  # fmt: skip
    await insert(database, "sso_providers", {"id": provider, "name": str(provider), "issuer": "https://sign-on.example",
                                             "client_id": "x", "created_at": MARCH, "updated_at": MARCH,
                                             "enabled": False})  # fmt: skip
    async with database.transaction() as connection:
        entry = NewEntry(list="block", kind="ip", value="203.0.113.7/32")
        listed = (await put_entries(connection, store_id, [entry], "key:x"))[0]  # type: ignore[arg-type]
    channel = new_id()
    await insert(database, "alert_channels", {"store_id": store_id, "id": channel, "name": "theirs", "kind": "webhook",
                                              "sealed": b"", "shown": "", "created_by": "x", "created_at": MARCH,
                                              "updated_at": MARCH})  # fmt: skip
    raised = Raising(kind="rule", severity="info", group_key="x", cause="x", title="theirs", at=MARCH)
    async with database.transaction() as connection:
        alert = (await raise_alerts(connection, store_id, [raised]))[0]  # type: ignore[arg-type]
    async with database.transaction() as connection:
        label = NewLabel(label="fraud", source="api", reference="x", event_at=MARCH, known_at=MARCH, created_by="x")
        labelled = (await put_labels(connection, store_id, [label]))[0]  # type: ignore[arg-type]
    trial = new_id()
    await insert(database, "backtests", {"store_id": store_id, "id": trial, "created_by": "x", "created_at": MARCH,
                                         "first_at": MARCH, "until_at": MARCH, "policy": {
                                             "present": {"weights": {}}, "candidate": {"weights": {}}}})  # fmt: skip
    return {
        "rule_id": str(rule), "label_id": str(labelled), "backtest_id": str(trial), "channel_id": str(channel),
        "alert_id": str(alert), "delivery_id": "1", "entry_id": str(listed.id), "user_id": str(user),
        "provider_id": str(provider),
    }  # fmt: skip


BODIES: dict[str, dict[str, object]] = {
    "/backtests": {"first_at": "2026-03-01T00:00:00Z", "until_at": "2026-04-01T00:00:00Z"},
    "/what-if": {"verdict_id": str(new_id())},
    "/alert-channels": {"name": "x", "kind": "webhook", "url": "https://hooks.example"},
    "/alerts/acknowledge": {"alerts": [str(new_id())]},
    "/alerts/resolve": {"alerts": [str(new_id())]},
    "/labels": {"label": "fraud"},
    "/entries": {"list": "block", "kind": "ip", "value": "203.0.113.7"},
    "/entries/remove": {"ids": [str(new_id())]},
    "/rules": {"name": "x", "condition": "true"},
    "/rules/order": {"rules": []},
    "/rules/test": {"condition": "true"},
    "/cases": {"subject": "order", "subject_id": str(new_id()), "reason": "x"},
    "/cases/bulk": {"action": "claim", "cases": [{"id": str(new_id()), "version": 1}]},
    "/claim": {"version": 1},
    "/release": {"version": 1},
    "/reopen": {"version": 1},
    "/escalate": {"version": 1, "note": "x"},
    "/decide": {"version": 1, "decision": "approve"},
    "/assign": {"version": 1, "to": f"key:{new_id()}"},
    "/notes": {"body": "x"},
}
"""What a route needs in its body before it looks for what its path names, by the end of its path."""


def routes_that_name_a_thing() -> list[tuple[str, str]]:
    document = json.loads(json.dumps(openapi_document()))
    return [
        (method, path)
        for path, item in document["paths"].items()
        for method in item
        # What is about oneself names no store: tests/accounts holds it.
        if "{" in path and path.startswith("/api/") and not path.startswith("/api/auth/")
    ]


@pytest.mark.parametrize(("method", "path"), routes_that_name_a_thing())
async def test_another_stores_thing_is_not_there(
    client: httpx.AsyncClient, database: Database, other_store: UUID, method: str, path: str
) -> None:
    theirs = await things_of(database, other_store)
    body = {"reason": "x"} if path.endswith("block") else {}
    if path.endswith(("/merge", "/split")):
        body = {"other": theirs["visitorId"]}
    if "/sso-providers/" in path:
        body = {"name": "x", "issuer": "https://sign-on.example", "client_id": "x", "domains": ["example.com"]}
    if path.endswith("/shopify"):
        body = {"shop_domain": "theirs.myshopify.com"}
    body = next((dict(given) for end, given in BODIES.items() if path.endswith(end)), body)
    answer = await client.request(method, path.format(**theirs), json=body if method in ("post", "put", "patch") else None)
    assert answer.status_code == 404, answer.text
    assert answer.json()["type"] == "urn:shopwarden:problem:not-found"


async def test_naming_another_store_finds_none(client: httpx.AsyncClient, other_store: UUID) -> None:
    for path in ("/api/customers", "/api/customers/metrics"):
        assert (await client.get(path, params={"store_id": str(other_store)})).status_code == 404
        assert (await client.get(path, headers={"X-Store-Id": str(other_store)})).status_code == 404


async def test_a_key_for_every_store_names_one(
    client_for: ClientFor, database: Database, store_id: UUID, other_store: UUID
) -> None:
    theirs = await add_customer(database, other_store)
    everywhere = await client_for(store=None)
    refused = await everywhere.get("/api/customers")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "store_id"
    found = await everywhere.get("/api/customers", params={"store_id": str(other_store)})
    assert [row["id"] for row in found.json()["customers"]] == [str(theirs)]


def anything(parameter: str) -> str:
    """A value that fits the path parameter and names nothing."""
    if parameter in ("weights_version", "ruleset_version", "delivery_id"):
        return "1"
    return str(new_id()) if parameter.endswith("_id") else "x"


async def test_without_the_scope_nothing_opens(client_for: ClientFor, application: Application) -> None:
    client = await client_for(["ingest"])
    for method, path in routes_that_name_a_thing():
        url = re.sub(r"\{(\w+)\}", lambda found: anything(found[1]), path)
        answer = await client.request(method, url, json={} if method != "get" else None)
        assert answer.status_code == 403, (method, url, answer.text)
