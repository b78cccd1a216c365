"""Alerts and their channels over the API: what may be asked, what is refused, what is never shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.sealing import Sealer
from shopwarden.steps.alert_sending import open_secrets
from shopwarden.store.alert_channels import find_channel
from shopwarden.store.alerts import raise_alerts
from shopwarden.store.database import Database
from tests.alerts.stage import NOON, Stage, raising

HOOK = {"name": "Fraud desk", "kind": "webhook", "url": "https://hooks.example/in/very-secret"}


async def make(client: httpx.AsyncClient, base: str, **more: Any) -> dict[str, Any]:
    answer = await client.post(f"{base}/alert-channels", json=HOOK | more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture
def base(store_id: UUID) -> str:
    return f"/api/stores/{store_id}"


async def test_a_list_is_read_page_by_page_and_filtered(client: httpx.AsyncClient, stage: Stage, base: str) -> None:
    for number in range(7):
        kind = "list" if number % 2 else "rule"
        at = NOON + timedelta(minutes=number // 2)
        severity = "critical" if number == 6 else "info"
        await stage.raise_now(raising(f"t{number}", at=at, kind=kind, severity=severity, subject_id=str(number)))
    seen: list[str] = []
    cursor = ""
    while True:
        answer = (await client.get(f"{base}/alerts", params={"limit": 3, "cursor": cursor})).json()
        seen += [each["title"] for each in answer["alerts"]]
        if (cursor := answer["next_cursor"]) is None:
            break
    assert sorted(seen) == [f"t{number}" for number in range(7)]
    assert answer["open"] == {"info": 6, "warning": 0, "critical": 1}

    async def titles(**asked: str) -> list[str]:
        found = await client.get(f"{base}/alerts", params=asked)
        assert found.status_code == 200, found.text
        return sorted(each["title"] for each in found.json()["alerts"])

    assert await titles(kind="list") == ["t1", "t3", "t5"]
    assert await titles(severity="critical,warning") == ["t6"]
    assert await titles(subject_id="4") == ["t4"]
    assert await titles(state="resolved") == []
    assert await titles(state="open", since="2026-03-10T12:02:30Z") == ["t6"]
    refused = await client.get(f"{base}/alerts", params={"kind": "nonsense"})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "kind"


async def test_many_are_acknowledged_and_resolved_with_an_outcome_each(
    client: httpx.AsyncClient,
    stage: Stage,
    base: str,
) -> None:
    first, second = await stage.raise_now(raising("a"), raising("b"))
    stranger = str(UUID(int=7))
    chosen = {"alerts": [str(first), stranger, str(first)]}
    answer = await client.post(f"{base}/alerts/acknowledge", json=chosen)
    assert [(each["outcome"], each["state"]) for each in answer.json()["results"]] == [
        ("changed", "acknowledged"),
        ("not_found", None),
    ]
    answer = await client.post(f"{base}/alerts/resolve", json={"alerts": [str(first), str(second)]})
    assert [each["outcome"] for each in answer.json()["results"]] == ["changed", "changed"]
    answer = await client.post(f"{base}/alerts/acknowledge", json={"alerts": [str(second)]})
    assert [(each["outcome"], each["state"]) for each in answer.json()["results"]] == [("unchanged", "resolved")]
    whole = (await client.get(f"{base}/alerts/{first}")).json()
    assert whole["alert"]["acknowledged_by"].startswith("key:")
    assert [each["cause"] for each in whole["causes"]] == ["a"]


async def test_a_channel_keeps_its_address_and_secret_to_itself(
    client: httpx.AsyncClient,
    database: Database,
    base: str,
) -> None:
    made = await make(client, base)
    assert made["secret"].startswith("whsec_")
    assert made["channel"]["shown"] == "https://hooks.example/***"
    apprise = await make(client, base, kind="apprise", url="slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general")
    assert apprise["secret"] is None
    listed = (await client.get(f"{base}/alert-channels")).text
    for secret in ("very-secret", "whsec_", "TIiajkdnlazkcOXrIdevi7FQ"):
        assert secret not in listed
    rows = await database.pool.fetch("SELECT sealed, shown FROM alert_channels")
    audit = await database.pool.fetch("SELECT before, after FROM audit_log")
    assert "very-secret" not in str(rows) + str(audit)


async def test_a_new_secret_leaves_the_former_one_a_day(
    client: httpx.AsyncClient,
    database: Database,
    store_id: UUID,
    base: str,
    settings: Any,
) -> None:
    made = await make(client, base)
    channel = UUID(made["channel"]["id"])
    answer = (await client.post(f"{base}/alert-channels/{channel}/secret", json={})).json()
    async with database.pool.acquire() as connection:
        found = await find_channel(connection, store_id, channel)  # type: ignore[arg-type]
    assert found is not None
    secrets = open_secrets(Sealer.of(settings.encryption_keys), store_id, channel, found[1])  # type: ignore[arg-type]
    assert secrets.former_until is not None
    in_time, late = secrets.former_until - timedelta(seconds=1), secrets.former_until
    assert secrets.in_use(in_time) == [answer["secret"], made["secret"]]
    assert secrets.in_use(late) == [answer["secret"]]
    assert secrets.url == HOOK["url"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "ftp://hooks.example"}, "url"),
        ({"url": "https://user:password@hooks.example"}, "url"),
        ({"url": "http://["}, "url"),
        ({"kind": "apprise", "url": "nonsense://x"}, "url"),
        ({"kind": "apprise", "url": "syslog://"}, "url"),
        ({"secret": "whsec_short"}, "secret"),
        ({"quiet": {"from": "22:00", "until": "22:00"}}, "quiet.until"),
        ({"quiet": {"from": "22:00", "until": "07:00", "timezone": "Mars/Olympus"}}, "quiet.timezone"),
        ({"quiet": {"from": "25:00", "until": "07:00"}}, "quiet.from"),
        ({"name": "   "}, "name"),
        ({"kinds": ["nonsense"]}, "kinds.0"),
    ],
)
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient,
    base: str,
    body: dict[str, Any],
    field: str,
) -> None:
    answer = await client.post(f"{base}/alert-channels", json=HOOK | body)
    assert answer.status_code == 400, answer.text
    assert field in [each["field"].replace("[", ".").replace("]", "") for each in answer.json()["errors"]]


async def test_a_channel_is_changed_tried_and_removed(client: httpx.AsyncClient, base: str) -> None:
    made = await make(client, base, quiet={"from": "22:00", "until": "07:00"})
    path = f"{base}/alert-channels/{made['channel']['id']}"
    changed = (await client.patch(path, json={"quiet": None, "least_severity": "critical"})).json()
    assert (changed["quiet"], changed["least_severity"], changed["name"]) == (None, "critical", "Fraud desk")
    tried = await client.post(f"{path}/test")
    assert tried.status_code == 202
    log = (await client.get(f"{path}/deliveries")).json()
    [delivery] = log["deliveries"]
    assert (delivery["kind"], delivery["state"], delivery["message_id"]) == ("test", "pending", tried.json()["message_id"])
    assert (await client.get(path)).json()["waiting"] == 1
    assert (await client.post(f"{path}/deliveries/{delivery['id']}/again")).status_code == 202
    assert (await client.post(f"{path}/deliveries/{2**70}/again")).status_code == 404
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_settings_are_kept_and_shown(client: httpx.AsyncClient, base: str) -> None:
    wanted = {"muted": ["list"], "escalate_after_minutes": None, "thresholds": {"failed_payments_10_minutes": 5}}
    assert (await client.put(f"{base}/alert-settings", json=wanted)).status_code == 200
    shown = (await client.get(f"{base}/alert-settings")).json()
    assert (shown["muted"], shown["escalate_after_minutes"], shown["repeat_after_minutes"]) == (["list"], None, 60)
    assert shown["thresholds"]["failed_payments_10_minutes"] == 5
    assert (await client.put(f"{base}/alert-settings", json={"repeat_after_minutes": 0})).status_code == 400


async def test_fifty_channels_are_enough(client: httpx.AsyncClient, database: Database, store_id: UUID, base: str) -> None:
    made = await make(client, base)
    await database.pool.execute(
        "INSERT INTO alert_channels (store_id, id, name, kind, sealed, shown, created_by, created_at, updated_at)"
        " SELECT store_id, gen_random_uuid(), name, kind, sealed, shown, created_by, created_at, updated_at"
        " FROM alert_channels, generate_series(1, 49) WHERE id = $1",
        UUID(made["channel"]["id"]),
    )
    assert (await client.post(f"{base}/alert-channels", json=HOOK)).status_code == 409


async def test_the_document_tells_what_a_webhook_sends(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    operation = document["webhooks"]["alert"]["post"]
    assert {each["name"] for each in operation["parameters"]} == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert set(document["components"]["schemas"][schema]["properties"]) == {"type", "timestamp", "data"}


async def test_one_raised_elsewhere_is_listed(
    client: httpx.AsyncClient, database: Database, store_id: UUID, base: str
) -> None:
    async with database.transaction() as connection:
        await raise_alerts(connection, store_id, [raising("a")])  # type: ignore[arg-type]
    assert len((await client.get(f"{base}/alerts", params={"state": "open"})).json()["alerts"]) == 1
