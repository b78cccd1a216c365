"""An analyst's day over the API: the next case, its evidence, a decision, second thoughts, many at once, the figures."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from uuid import UUID

import httpx
import pytest

from shopwarden.domain.policy import Effect
from tests.api.conftest import ClientFor
from tests.api.rows import add_customer
from tests.review.desk import REVIEW, Desk, rule

ANALYST = ("decisions:read", "decisions:write", "pii:read")


@pytest.fixture
async def at(desk: Desk) -> str:
    await desk.rules(rule(Effect(advice="review")))
    return f"/api/stores/{desk.store_id}/cases"


async def test_a_day(desk: Desk, at: str, client_for: ClientFor) -> None:
    anna, ben = await client_for(ANALYST), await client_for(ANALYST)
    for number, total in enumerate((20, 900, 300)):
        await desk.reviewed(f"N{number}", total=Decimal(total))
    queue = (await anna.get(at)).json()
    assert (queue["total"], [case["amount"] for case in queue["cases"]]) == (3, ["900.00", "300.00", "20.00"])

    mine = (await anna.post(f"{at}/next", json={})).json()["case"]
    theirs = (await ben.post(f"{at}/next", json={})).json()["case"]
    assert (mine["amount"], theirs["amount"]) == ("900.00", "300.00")
    assert mine["assigned_to"]["name"] == "test"

    evidence = (await anna.get(f"{at}/{mine['id']}/evidence")).json()
    assert evidence["verdict"]["verdict_id"] == mine["verdict_id"]
    assert evidence["receipt"] == f"/api/verdicts/{mine['verdict_id']}/receipt"

    assert (await anna.post(f"{at}/{mine['id']}/notes", json={"body": "Called, no answer."})).status_code == 201
    wanted = {"version": mine["version"], "decision": "decline", "reason_code": "stolen_card"}
    declined = (await anna.post(f"{at}/{mine['id']}/decide", json=wanted)).json()
    assert (declined["state"], declined["decision"]) == ("decided", "decline")
    again = (await anna.post(f"{at}/{mine['id']}/reopen", json={"version": declined["version"]})).json()
    assert (again["state"], again["decision"], again["version"]) == ("open", None, declined["version"] + 1)
    approved = {"version": again["version"], "decision": "approve", "reason_code": "verified"}
    assert (await anna.post(f"{at}/{mine['id']}/decide", json=approved)).status_code == 200

    figures = (await anna.get(f"{at}/figures")).json()
    assert (figures["waiting"]["open"], figures["waiting"]["unassigned"]) == (2, 1)
    assert (figures["decided"]["decided"], figures["decided"]["approved"]) == (1, 1)
    assert [each["analyst"]["name"] for each in figures["analysts"]] == ["test"]
    told = (await anna.get(f"{at}/{mine['id']}")).json()
    kinds = [event["kind"] for event in told["events"]]
    assert kinds == ["opened", "claimed", "decided", "reopened", "decided"]
    assert [note["body"] for note in told["notes"]] == ["Called, no answer."]


async def test_a_label_taken_back_counts_no_more(desk: Desk, at: str, client_for: ClientFor) -> None:
    anna = await client_for(ANALYST)
    case = await desk.reviewed()
    first = (await anna.post(f"{at}/{case.id}/decide", json={"version": 1, "decision": "decline"})).json()
    reopened = (await anna.post(f"{at}/{case.id}/reopen", json={"version": first["version"]})).json()
    await anna.post(f"{at}/{case.id}/decide", json={"version": reopened["version"], "decision": "approve"})
    labels = await desk.rows("SELECT label, withdrawn_at FROM labels WHERE store_id = $1 ORDER BY created_at")
    assert [(row["label"], row["withdrawn_at"] is None) for row in labels] == [("fraud", False), ("legitimate", True)]
    (order,) = await desk.rows("SELECT decision FROM orders WHERE store_id = $1")
    assert order["decision"] == "approve"


async def test_a_decision_carried_out_is_not_taken_back(desk: Desk, at: str, client_for: ClientFor) -> None:
    anna = await client_for(ANALYST)
    case = await desk.reviewed()
    decided = (await anna.post(f"{at}/{case.id}/decide", json={"version": 1, "decision": "decline"})).json()
    await desk.run_jobs(even_later=True)
    refused = await anna.post(f"{at}/{case.id}/reopen", json={"version": decided["version"]})
    assert refused.status_code == 409
    assert "carried out" in refused.json()["detail"]
    assert "is with" not in refused.json()["detail"], "whose it was does not matter any more"
    opened = await anna.post(at, json={"subject": "order", "subject_id": str(case.subject_id), "reason": "Customer called"})
    assert opened.status_code == 201
    assert opened.json()["state"] == "open"


async def test_a_decision_taken_back_in_time_goes_nowhere(desk: Desk, at: str, client_for: ClientFor) -> None:
    anna = await client_for(ANALYST)
    case = await desk.reviewed()
    decided = (await anna.post(f"{at}/{case.id}/decide", json={"version": 1, "decision": "decline"})).json()
    await anna.post(f"{at}/{case.id}/reopen", json={"version": decided["version"]})
    await desk.run_jobs(even_later=True)
    now = await desk.case_of(case.subject_id)
    assert now is not None
    assert (now.state, now.settled_at) == ("open", None)


async def test_who_comes_second_is_told_by_name(desk: Desk, at: str, client_for: ClientFor) -> None:
    anna, ben = await client_for(ANALYST), await client_for(ANALYST)
    case = await desk.reviewed()
    await anna.post(f"{at}/{case.id}/claim", json={"version": 1})
    refused = await ben.post(f"{at}/{case.id}/decide", json={"version": 1, "decision": "approve"})
    assert refused.status_code == 409
    assert refused.json()["detail"].startswith(
        "Somebody else has this case; send take_over to take it from them. test claimed it at"
    )
    taken = {"version": 2, "decision": "approve", "take_over": True}
    assert (await ben.post(f"{at}/{case.id}/decide", json=taken)).status_code == 200


async def test_who_else_has_it_open_is_told(desk: Desk, at: str, client_for: ClientFor) -> None:
    anna, ben = await client_for(ANALYST), await client_for(ANALYST)
    case = await desk.reviewed()
    assert (await anna.put(f"{at}/{case.id}/presence")).json()["is_yours"] is True
    other = (await ben.put(f"{at}/{case.id}/presence")).json()
    assert (other["is_yours"], other["seen_by"]["name"]) == (False, "test")
    assert (await ben.post(f"{at}/next", json={})).json()["case"] is None
    await anna.delete(f"{at}/{case.id}/presence")
    assert (await ben.put(f"{at}/{case.id}/presence")).json()["is_yours"] is True


async def test_many_at_once_each_by_itself(desk: Desk, at: str, client_for: ClientFor) -> None:
    anna, ben = await client_for(ANALYST), await client_for(ANALYST)
    cases = [await desk.reviewed(f"N{number}") for number in range(4)]
    await ben.post(f"{at}/{cases[1].id}/claim", json={"version": 1})
    await anna.post(f"{at}/{cases[2].id}/decide", json={"version": 1, "decision": "approve"})
    items = [{"id": str(case.id), "version": 1} for case in cases] + [{"id": str(desk.store_id), "version": 1}]
    answer = (await anna.post(f"{at}/bulk", json={"action": "approve", "cases": items})).json()
    assert [one["outcome"] for one in answer["outcomes"]] == ["done", "conflict", "unchanged", "done", "missing"]
    assert answer["done"] == 2


async def test_all_who_ask_at_once_are_given_different_cases(desk: Desk, at: str, client_for: ClientFor) -> None:
    cases = {str((await desk.reviewed(f"N{number}")).id) for number in range(7)}
    analysts = [await client_for(ANALYST) for _ in range(8)]
    given = await asyncio.gather(*(analyst.post(f"{at}/next", json={}) for analyst in analysts))
    taken = [answer.json()["case"]["id"] for answer in given if answer.json()["case"] is not None]
    assert sorted(taken) == sorted(cases)


async def test_escalated_cases_are_for_who_asks_for_them(desk: Desk, at: str, client_for: ClientFor) -> None:
    anna, ben = await client_for(ANALYST), await client_for(ANALYST)
    case = await desk.reviewed()
    body = {"version": 1, "note": "Beyond me"}
    escalated = (await anna.post(f"{at}/{case.id}/escalate", json=body)).json()
    assert (escalated["state"], escalated["urgency"], escalated["assigned_to"]) == ("escalated", 1, None)
    assert (await anna.post(f"{at}/next", json={})).json()["case"] is None
    assert (await ben.post(f"{at}/next", json={"escalated": True})).json()["case"]["id"] == str(case.id)


async def test_accounts_that_share_something_are_shown(desk: Desk, at: str, client_for: ClientFor) -> None:
    fraudster = await add_customer(desk.database, desk.store_id, email="ring@bad.example")
    await desk.order("OLD", browser_ip="203.0.113.9", shipping_key="k", customer_id=fraudster, email="ring@bad.example")
    case = await desk.reviewed("NEW", browser_ip="203.0.113.9", shipping_key="k")
    seeing, masked = await client_for(ANALYST), await client_for(("decisions:read",))
    (linked,) = (await seeing.get(f"{at}/{case.id}/evidence")).json()["linked"]
    assert (linked["customer_id"], sorted(linked["shares"]), linked["orders"]) == (str(fraudster), ["address", "ip"], 1)
    assert linked["email"] == "ring@bad.example"
    assert (await masked.get(f"{at}/{case.id}/evidence")).json()["linked"][0]["email"] == "r***@b***.example"


async def test_pages_go_on_where_they_ended(desk: Desk, at: str, client: httpx.AsyncClient) -> None:
    expected = [str((await desk.reviewed(f"N{n}", total=Decimal(5000 - n // 2 * 100))).id) for n in range(5)]
    for sort in ("priority", "due"):
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await client.get(at, params={"limit": 2, "sort": sort, "cursor": cursor})).json()
            seen += [case["id"] for case in page["cases"]]
            cursor = page["next_cursor"] or ""
            if not cursor:
                break
        assert sorted(seen) == sorted(expected)
        assert seen == expected


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("decide", {"version": 1, "decision": "approve", "reason_code": "stolen_card"}, "reason_code"),
        ("decide", {"version": 1, "decision": "perhaps"}, "decision"),
        ("assign", {"version": 1, "to": "user:nobody"}, "to"),
        ("notes", {"body": " \n"}, "body"),
        ("escalate", {"version": 1}, "note"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    desk: Desk, at: str, client_for: ClientFor, path: str, body: dict[str, object], field: str
) -> None:
    case = await desk.reviewed()
    answer = await (await client_for(ANALYST)).post(f"{at}/{case.id}/{path}", json=body)
    assert answer.status_code == 400, answer.text
    assert field in {error["field"] for error in answer.json()["errors"]} or field in answer.json()["detail"]


async def test_settings_are_kept_and_audited(desk: Desk, store_id: UUID, client: httpx.AsyncClient) -> None:
    path = f"/api/stores/{store_id}/review-settings"
    changed = await client.put(path, json={"target_minutes": 15, "urgent_from": 500})
    assert changed.status_code == 200, changed.text
    assert (await client.get(path)).json()["settings"]["target_minutes"] == 15
    (entry,) = await desk.rows("SELECT * FROM audit_log WHERE store_id = $1 AND action = 'review_settings.changed'")
    assert (entry["before"], entry["after"]) == (
        {"target_minutes": 240, "urgent_from": None}, {"target_minutes": 15, "urgent_from": 500},
    )  # fmt: skip
    await desk.rules(rule(REVIEW))
    case = await desk.reviewed()
    assert case.due_at is not None
    assert (case.due_at - case.opened_at).total_seconds() == 30 * 60  # a rule's case is urgent


async def test_who_may_only_look_may_not_decide(desk: Desk, at: str, client_for: ClientFor) -> None:
    case = await desk.reviewed()
    viewer = await client_for(("decisions:read",))
    assert (await viewer.get(f"{at}/{case.id}")).status_code == 200
    assert (await viewer.post(f"{at}/{case.id}/claim", json={"version": 1})).status_code == 403
