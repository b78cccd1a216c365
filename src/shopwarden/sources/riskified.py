"""Riskified's notifications: what it decided on an order, some time after the order was handed in.

Contract: hex HMAC-SHA256 of the raw body under the auth token. There is no delivery id: the same bytes are the same one.
"""

from __future__ import annotations

from datetime import UTC, datetime

from shopwarden.contracts.source import Envelope, Headers, Source
from shopwarden.domain.answers import Opinion, RiskAnswer, RiskReason
from shopwarden.domain.events import DomainEvent, VendorDecided, version_of
from shopwarden.domain.signing import fits, hmac_hex
from shopwarden.errors import SkipError
from shopwarden.sources.vendor_body import member, number_of, object_of, text_of

SIGNATURE = "x-riskified-hmac-sha256"
TOPIC = "decision"
OPINIONS: dict[str, Opinion] = {"approved": "approve", "declined": "decline", "chargeback": "decline"}


def verify(headers: Headers, body: bytes, secrets: tuple[str, ...]) -> bool:
    given = headers.get(SIGNATURE, "").strip().lower()
    return fits(given, [hmac_hex(secret, body) for secret in secrets if secret])


def read_envelope(headers: Headers) -> Envelope:
    """Nothing in it says when it was decided: the time it came is the nearest there is."""
    return Envelope(topic=TOPIC, triggered_at=datetime.now(UTC))


def translate(topic: str, body: bytes, triggered_at: datetime | None) -> tuple[DomainEvent, ...]:
    order = member(object_of(body), "order")
    identity, status = text_of(order.get("id"), 200), text_of(order.get("status"), 60)
    if identity is None or status is None:
        raise SkipError("a notification of Riskified's needs order.id and order.status")
    code = text_of(order.get("decision_code"), 100)
    score = number_of(order.get("risk_score"))
    answer = RiskAnswer(
        score=score if score is not None else number_of(order.get("score")),
        opinion=OPINIONS.get(status.lower()),
        status=status.lower(),
        category=text_of(order.get("category"), 100),
        reasons=(RiskReason(code=code, text=text_of(order.get("description"), 500)),) if code else (),
        reference=identity,
    )
    at = triggered_at or datetime.now(UTC)
    decided = VendorDecided(
        version=version_of(None, triggered_at, body),
        at=at,
        source="riskified",
        subject="order",
        external_id=identity,
        answer=answer,
    )
    return (decided,)


SOURCE = Source(
    name="riskified",
    verify=verify,
    envelope=read_envelope,
    topics=frozenset({TOPIC}),
    translate=translate,
    signature_headers=("X-RISKIFIED-HMAC-SHA256",),
    secret_variables=("RISKIFIED_API_KEY",),
)
