"""Promises of the journey about people: nothing personal without the scope for it, and never more than a fixed choice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.journey_text import page_without_people, whole, without_people
from shopwarden.store.database import Database
from tests.api.conftest import ClientFor
from tests.ingest.sending import CHROME, collecting, one_visitor

SECRETS = (
    "ann@example.com",
    "Ann",
    "Archer",
    "+49 151 2345678",
    "491512345678",
    "81.2.69.142",
    "4242",
    "s3cret",
    "Elm Street 5",
)
AT = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
CONTEXT = {"userAgent": CHROME, "ip": "81.2.69.142", "page": {"path": "/account/ann@example.com?token=s3cret",
           "referrer": "https://mail.example/?to=ann@example.com"}}  # fmt: skip
PERSONAL = {
    "email": "ann@example.com", "first_name": "Ann", "last_name": "Archer", "phone": "+49 151 2345678", "card_last4": "4242",
    "address": {"street": "Elm Street 5"}, "checkout_token": "s3cret",
}  # fmt: skip


async def visited(database: Database, store_id: UUID) -> UUID:
    def event(name: str, **properties: object) -> dict[str, object]:
        return {"type": "track", "event": name, "anonymousId": "anon-1", "timestamp": AT, "context": CONTEXT,
                "properties": PERSONAL | properties}  # fmt: skip

    events = [
        {"type": "page", "anonymousId": "anon-1", "timestamp": AT, "context": CONTEXT, "properties": {"title": "Archer"}},
        {"type": "identify", "anonymousId": "anon-1", "userId": "7", "timestamp": AT, "context": CONTEXT,
         "traits": {"email": "ann@example.com", "firstName": "Ann", "phone": "+49 151 2345678"}},
        event("Products Searched", query="parcel for ann@example.com or +49 151 2345678"),
        event("Payment Failed", error_code="declined for ann@example.com"),
        event("Order Completed", total=5),
    ]  # fmt: skip
    async with collecting(database, store_id) as sender:
        assert (await sender.post("batch", {"batch": events})).status_code == 200
    found: UUID = (await one_visitor(database))["id"]
    return found


async def test_without_the_scope_nothing_personal_is_told(client_for: ClientFor, database: Database, store_id: UUID) -> None:
    visitor = await visited(database, store_id)
    text = (await (await client_for(["visitors:read"])).get(f"/api/visitors/{visitor}/journey")).text
    assert [secret for secret in SECRETS if secret in text] == []
    assert '"ip":"81.2.69.x"' in text
    assert "parcel for ***" in text


async def test_with_the_scope_still_only_a_choice_is_told(client_for: ClientFor, database: Database, store_id: UUID) -> None:
    visitor = await visited(database, store_id)
    answer = await (await client_for(["visitors:read", "pii:read"])).get(f"/api/visitors/{visitor}/journey")
    (session,) = answer.json()["sessions"]
    assert session["ip"] == "81.2.69.142"
    (search,) = [event for event in session["events"] if event["type"] == "search"]
    assert search["what"] == "parcel for ann@example.com or +49 151 2345678"
    for hidden in ("Archer", "Elm Street 5", "4242", "claim", "card_last4", "traits"):
        assert hidden not in answer.text


@given(
    before=st.text(max_size=30),
    person=st.sampled_from(["ann@example.com", "203.0.113.7", "2001:db8:0:1::5", "+4915112345678", "0151 234 56 78"]),
    after=st.text(max_size=30),
)
def test_text_around_a_person_hides_nobody_in_it(before: str, person: str, after: str) -> None:
    assert person not in (without_people(f"{before} {person} {after}") or "")


@given(st.text(max_size=400))
def test_any_text_can_be_shown(text: str) -> None:
    for show in (whole, without_people, page_without_people):
        shown = show(text)
        assert shown is None or len(shown) <= 300


def test_pages_stay_readable() -> None:
    assert page_without_people("/products/red-boot-1234567890?key=ann@example.com") == "/products/red-boot-1234567890"
    assert (
        page_without_people("https://shop.example/account/ann%40example.com/orders")
        == "https://shop.example/account/***/orders"
    )
    assert page_without_people("/tel/+491512345678") == "/tel/***"
    assert page_without_people(None) is None
