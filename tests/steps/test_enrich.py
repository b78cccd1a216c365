"""The whole way of an order with vendors: judged at once, enriched, written down, judged again by what is new."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest

from shopwarden.domain.facts import Facts
from shopwarden.domain.verdict import Verdict
from shopwarden.steps.vendor_tools import VendorTools, open_tools
from shopwarden.steps.vendor_view import forget_accounts
from shopwarden.store.database import Database
from tests.sandbox.running import Sandbox, running_sandbox, sandbox  # noqa: F401
from tests.steps.enriched_shop import judge_first, order_body, place, settle

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def tools(database: Database, sandbox: Sandbox) -> AsyncIterator[VendorTools]:  # noqa: F811
    forget_accounts()
    made = open_tools(
        database, redis_url="", encryption_keys=KEY, environment={}, sandbox_url=sandbox.url, internal_hosts=("127.0.0.1",)
    )
    yield made
    await made.close(patience=0.2)


@pytest.fixture
async def always(database: Database, store_id: UUID) -> None:
    for vendor in ("ipqualityscore", "maxmind", "sendgrid", "peopledatalabs", "fullcontact", "sift", "riskified"):
        await policy(database, store_id, vendor, "always")


async def policy(database: Database, store_id: UUID, vendor: str, wanted: str) -> None:
    await database.pool.execute(
        "INSERT INTO vendor_accounts (store_id, vendor, policy, created_at, updated_at) VALUES ($1, $2, $3, now(), now())"
        " ON CONFLICT (store_id, vendor) DO UPDATE SET policy = excluded.policy",
        store_id, vendor, wanted,
    )  # fmt: skip


async def verdicts(database: Database, store_id: UUID, subject: str) -> list[tuple[str, Verdict, Facts]]:
    rows = await database.pool.fetch(
        "SELECT trigger, verdict, facts FROM verdicts WHERE store_id = $1 AND subject = $2 ORDER BY created_at, id",
        store_id, subject,
    )  # fmt: skip
    return [
        (row["trigger"], msgspec.convert(row["verdict"], Verdict), msgspec.convert(row["facts"], Facts)) for row in rows
    ]  # fmt: skip


async def one(database: Database, store_id: UUID, table: str) -> dict[str, Any]:
    return dict(await database.pool.fetchrow(f"SELECT * FROM {table} WHERE store_id = $1", store_id))


async def test_an_order_is_judged_at_once_enriched_and_judged_again(
    database: Database, store_id: UUID, tools: VendorTools, always: None
) -> None:
    await place(database, store_id, order_body())
    await judge_first(database, tools)
    assert set(await settle(database, tools)) == {"done"}
    for subject in ("order", "customer"):
        told = await verdicts(database, store_id, subject)
        assert [trigger for trigger, _, _ in told] == ["webhook", "enrichment"]
        (_, first, _), (_, second, facts) = told
        gaps = [gap for gap in first.gaps if gap.key.startswith("vendor.")]
        assert gaps
        assert all(gap.why for gap in gaps)
        assert facts.vendor is not None
        assert {"ipqualityscore.ip", "sendgrid.email", "riskified.decide"} <= facts.vendor.answered_at.keys()
        assert second.made_up
        assert not any(key.endswith(".person") for key in facts.vendor.answered_at)
    customer = await one(database, store_id, "customers")
    assert customer["first_name"] == "Mary"
    assert customer["provenance"]["first_name"][1] == "shopify"
    assert {source for _, source in customer["provenance"].values()} >= {"shopify", "peopledatalabs"}
    assert "ipqualityscore.ip" in customer["fraud_checks"]["vendors"]
    assert customer["fraud_checks"]["vendors"]["ipqualityscore.ip"]["made_up"] is True
    assert customer["income_range"] is None
    ip = await one(database, store_id, "customer_ips")
    assert ip["fraud_score"] is not None
    assert ip["country_code"]


async def test_the_same_job_again_asks_nobody_and_judges_nothing(
    database: Database,
    store_id: UUID,
    tools: VendorTools,
    always: None,
    sandbox: Sandbox,  # noqa: F811
) -> None:
    await place(database, store_id, order_body())
    await settle(database, tools)
    calls, before = len(await sandbox.log()), len(await verdicts(database, store_id, "customer"))
    row = await one(database, store_id, "customers")
    await database.pool.execute(
        "INSERT INTO outbox (store_id, queue, subject, event, payload, run_after, created_at)"
        " VALUES ($1, 'customer-enrichment', 'x', 'again', $2, now(), now())",
        store_id, {"customer_id": str(row["id"])},
    )  # fmt: skip
    assert await settle(database, tools) == ["done"]
    assert len(await sandbox.log()) == calls
    assert len(await verdicts(database, store_id, "customer")) == before
    assert await one(database, store_id, "customers") == row


async def test_a_vendor_that_fails_leaves_a_verdict_that_says_so(
    database: Database,
    store_id: UUID,
    tools: VendorTools,
    always: None,
    sandbox: Sandbox,  # noqa: F811
) -> None:
    await sandbox.mode("ipqualityscore", "error")
    await place(database, store_id, order_body())
    await settle(database, tools)
    _, latest, facts = (await verdicts(database, store_id, "order"))[-1]
    assert facts.vendor is not None
    assert facts.vendor.missing["ipqualityscore.ip"].kind not in ("asking", "policy")
    why = next(gap.why for gap in latest.gaps if gap.key == "vendor.ipqualityscore_ip")
    assert why is not None
    assert "IPQualityScore" in why
    assert "sendgrid.email" in facts.vendor.answered_at


async def test_nothing_connected_asks_nobody_and_leaves_no_gap(
    database: Database,
    store_id: UUID,
    sandbox: Sandbox,  # noqa: F811
) -> None:
    forget_accounts()
    bare = open_tools(
        database, redis_url="", encryption_keys=KEY, environment={}, sandbox_url="", internal_hosts=()
    )  # fmt: skip
    await place(database, store_id, order_body())
    await settle(database, bare)
    await bare.close()
    assert [trigger for trigger, _, _ in await verdicts(database, store_id, "order")] == ["webhook"]
    _, verdict, facts = (await verdicts(database, store_id, "order"))[0]
    assert facts.vendor is None
    assert not [gap for gap in verdict.gaps if gap.why]
    assert await sandbox.log() == []


async def test_an_order_with_nothing_at_stake_is_worth_no_paid_call_and_the_first_verdict_says_so(
    database: Database,
    store_id: UUID,
    tools: VendorTools,
    sandbox: Sandbox,  # noqa: F811
) -> None:
    for vendor in ("ipqualityscore", "maxmind", "sendgrid", "riskified"):
        await policy(database, store_id, vendor, "worthwhile")
    await place(database, store_id, order_body(total=None))
    await settle(database, tools)
    _, verdict, facts = (await verdicts(database, store_id, "order"))[0]
    assert facts.vendor is not None
    assert facts.vendor.missing["riskified.decide"].kind == "policy"
    assert not [call for call in await sandbox.log("riskified") if call["path"].endswith("/decide")]
    assert "was not asked" in next(gap.why or "" for gap in verdict.gaps if gap.key == "vendor.riskified_doubts")
