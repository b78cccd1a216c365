"""The evidence of a case: places, vendors' answers and their age, and nothing of people for who may not see them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec

from shopwarden.api.case_evidence import points_of, vendors_said
from shopwarden.domain.answers import RiskAnswer, Unanswered, VendorFacts
from shopwarden.domain.facts import EmailFacts, Facts, IpFacts, OrderFacts, PlaceFacts, StoreFacts
from shopwarden.domain.ids import CustomerId
from shopwarden.domain.policy import Effect
from shopwarden.store.forgetting import forget
from shopwarden.store.privacy import Subject
from tests.api.conftest import ClientFor
from tests.api.rows import add_customer
from tests.review.desk import Desk, rule

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PERSON = {
    "first_name": "Wilhelmina", "last_name": "Quackenbush", "address1": "17 Secret Lane", "city": "Porto", "zip": "90210",
    "country_code": "PT",
}  # fmt: skip
FACTS = Facts(
    at=NOW,
    store=StoreFacts(),
    ip=IpFacts(address="203.0.113.7", country="DE", latitude=52.5, longitude=13.4),
    email=EmailFacts(address="a@b.example", domain="b.example"),
    order=OrderFacts(shipping=PlaceFacts(country="PT", city="Porto"), billing=PlaceFacts(country="QQ"), card_country="BR"),
)


def test_places_are_as_near_as_may_be_told() -> None:
    seeing = {point.what: point for point in points_of(FACTS, may_see=True)}
    assert (seeing["ip"].latitude, seeing["ip"].is_exact) == (52.5, True)
    assert (seeing["shipping"].is_exact, seeing["shipping"].city) == (False, "Porto")
    assert "billing" not in seeing  # nowhere
    assert seeing["card"].country == "BR"
    masked = {point.what: point for point in points_of(FACTS, may_see=False)}
    assert (masked["ip"].is_exact, masked["ip"].country) == (False, "DE")
    assert masked["ip"].latitude != 52.5


async def test_vendors_answers_have_their_age(desk: Desk) -> None:
    await desk.rules(rule(Effect(advice="review")))
    stored = await desk.judge(await desk.order())
    vendor = VendorFacts(
        risk={"sift.score": RiskAnswer(score=71.0)},
        answered_at={"sift.score": stored.created_at - timedelta(hours=2)},
        missing={"riskified.decide": Unanswered(kind="timeout", sentence="Riskified did not answer in time.")},
    )
    told = msgspec.structs.replace(stored, facts=msgspec.structs.replace(stored.facts, vendor=vendor))
    answer, missing = vendors_said(told, stored.created_at + timedelta(hours=1), may_see=True)
    assert (answer.lookup, answer.age_at_verdict, answer.age_now) == ("sift.score", 7200.0, 10800.0)
    assert (missing.lookup, missing.missing) == ("riskified.decide", "Riskified did not answer in time.")


async def test_nothing_of_the_person_for_who_may_not_see_it(desk: Desk, client_for: ClientFor) -> None:
    await desk.rules(rule(Effect(advice="review")))
    email = "wilhelmina@quackenbush-family.example"
    customer = await add_customer(desk.database, desk.store_id, email=email, first_name="Wilhelmina")
    shared = {"browser_ip": "203.0.113.77", "shipping_address": PERSON, "billing_address": PERSON, "shipping_key": "x"}
    await desk.order("OLD", email="other@quackenbush-family.example", **shared)
    case = await desk.reviewed("NEW", email=email, customer_id=customer, phone="+351912345678", **shared)
    at = f"/api/stores/{desk.store_id}/cases/{case.id}"
    seeing = await client_for(("decisions:read", "decisions:write", "pii:read"))
    await seeing.post(f"{at}/notes", json={"body": "Wilhelmina called"})
    decided = {"version": 1, "decision": "approve", "note": "Wilhelmina is a friend"}
    assert (await seeing.post(f"{at}/decide", json=decided)).status_code == 200
    whole = (await seeing.get(f"{at}/evidence")).text
    assert "203.0.113.77" in whole
    masked = await client_for(("decisions:read",))
    for path in (at, f"{at}/evidence", f"/api/stores/{desk.store_id}/cases?state=decided"):
        answer = await masked.get(path)
        assert answer.status_code == 200, answer.text
        found = json.dumps(answer.json())
        for secret in ("Wilhelmina", "Quackenbush", "quackenbush", "Secret Lane", "203.0.113.77", "912345678", "90210"):
            assert secret not in found, (path, secret)


async def test_who_is_forgotten_is_forgotten_here_too(desk: Desk, client_for: ClientFor) -> None:
    await desk.rules(rule(Effect(advice="review")))
    customer = await add_customer(desk.database, desk.store_id, email="gone@example.com")
    case = await desk.reviewed("NEW", customer_id=customer)
    writer = await client_for(("decisions:read", "decisions:write", "pii:read"))
    at = f"/api/stores/{desk.store_id}/cases/{case.id}"
    await writer.post(f"{at}/notes", json={"body": "A word about them"})
    async with desk.database.transaction() as connection:
        subject = Subject(customer_ids=(CustomerId(customer),), order_ids=(), texts=("gone@example.com",), shopify_ids=())
        await forget(connection, desk.store_id, subject)
    left = (await writer.get(at)).json()
    assert (left["notes"], left["case"]["customer_id"], left["case"]["order_name"]) == ([], None, "#NEW")


async def test_a_customer_is_looked_at_by_hand_with_who_shares_their_latest_order(desk: Desk, client_for: ClientFor) -> None:
    one = await add_customer(desk.database, desk.store_id, email="one@example.com")
    other = await add_customer(desk.database, desk.store_id, email="two@example.com")
    for name, customer in (("1", one), ("2", other)):
        await desk.order(name, customer_id=customer, card_key="same card")
    analyst = await client_for(("decisions:read", "decisions:write", "pii:read"))
    at = f"/api/stores/{desk.store_id}/cases"
    wanted = {"subject": "customer", "subject_id": str(one), "reason": "Odd calls", "urgent": True}
    opened = (await analyst.post(at, json=wanted)).json()
    assert (opened["opened_for"], opened["urgency"], opened["verdict_id"]) == ("Odd calls", 1, None)
    assert (await analyst.post(at, json=wanted)).status_code == 409
    evidence = (await analyst.get(f"{at}/{opened['id']}/evidence")).json()
    assert [(each["customer_id"], each["shares"]) for each in evidence["linked"]] == [(str(other), ["card"])]
    decided = {"version": 1, "decision": "decline", "reason_code": "fraud_ring"}
    assert (await analyst.post(f"{at}/{opened['id']}/decide", json=decided)).status_code == 200
    (label,) = await desk.rows("SELECT label, customer_id, order_id FROM labels WHERE store_id = $1")
    assert tuple(label) == ("fraud", one, None)
